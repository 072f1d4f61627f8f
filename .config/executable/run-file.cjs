/** Runs a file. The first code of a single executable cannot import one. */
'use strict';

module.exports = (url) => import(url);
