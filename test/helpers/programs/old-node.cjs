/**
 * Preloaded with `--require`: makes this Node look too old to a program, by its
 * version, and by its modules, which exist only under their names without
 * `node:`.
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
