/**
 * Preloaded, it makes of this Node one that is too old, as far as a program can
 * tell: by its version, and by modules that it knows under their bare names alone.
 */
const { prototype } = require('node:module');

const { require: load } = prototype;
Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '12.22.9' } });
prototype.require = function (id) {
  if (id.startsWith('node:')) {
    throw new Error(`Cannot find module '${id}'`);
  }
  return load.call(this, id);
};
