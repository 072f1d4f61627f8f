/**
 * The first code of a single executable. It gives the modules of `dist/`, which are inside, paths below the executable,
 * and starts the command. Called by the name `node`, it runs a file, as Node does: labs have a `node` for exercises.
 */
'use strict';

const { createRequire, registerHooks } = require('node:module');
const { basename, join, resolve } = require('node:path');
const { getAsset } = require('node:sea');
const { pathToFileURL } = require('node:url');

/** `source/storage/own-files.ts` reads texts below the same path. */
const inside = pathToFileURL(join(process.execPath, 'dist', '/')).href;

function formatOf(url) {
  return url.endsWith('.cjs') ? 'commonjs' : 'module';
}

registerHooks({
  resolve(specifier, context, next) {
    const isOurs = specifier.startsWith('./') && context.parentURL?.startsWith(inside) === true;
    const url = isOurs ? new URL(specifier, context.parentURL).href : specifier;
    return url.startsWith(inside)
      ? { url, format: formatOf(url), shortCircuit: true }
      : next(specifier, context);
  },
  load(url, context, next) {
    return url.startsWith(inside)
      ? { format: formatOf(url), source: getAsset(url.slice(inside.length), 'utf8'), shortCircuit: true }
      : next(url, context);
  },
});

if (/^node(?:\.exe)?$/.test(basename(process.argv0))) {
  const [, , file] = process.argv;
  if (file === undefined || file.startsWith('-')) {
    process.stderr.write('node: this one is inside punchline, and only runs a file: node FILE [WORD…]\n');
    process.exitCode = 9;
  } else {
    process.argv.splice(1, 2, resolve(file));
    const runner = createRequire(inside)(`${inside}run-file.cjs`);
    runner(pathToFileURL(process.argv[1]).href);
  }
} else {
  process.argv[1] = join(process.execPath, 'dist', 'punchline.cjs');
  createRequire(inside)(`${inside}punchline.cjs`);
}
