/** Leaves out what libraries bring along and the program never runs: half a megabyte of the package (measured). */
import type { Plugin } from 'rolldown';

/**
 * A store is one Redis, asked with these commands: two of the library's own, and those of store-link.ts. A command that
 * is missing here is no function, and the tests of a store fail.
 */
const commands = {
  AUTH: 'AUTH',
  CLIENT_SETNAME: 'CLIENT_SETNAME',
  READONLY: 'READONLY',
  eval: 'EVAL',
  evalSha: 'EVALSHA',
  info: 'INFO',
  publish: 'PUBLISH',
  scriptLoad: 'SCRIPT_LOAD',
};

const members = Object.entries(commands).map(([name, file]) => `${name}: require('./${file}').default`);

/** By the end of a file's path: what stands in its place. */
const replaced: Readonly<Record<string, string>> = {
  // Without clusters, sentinels and pools of connections.
  '@redis/client/dist/index.js': `
    Object.defineProperty(exports, '__esModule', { value: true });
    exports.ErrorReply = require('./lib/errors').ErrorReply;
    exports.createClient = require('./lib/client').default.create;`,
  '@redis/client/dist/lib/commands/index.js': `
    Object.defineProperty(exports, '__esModule', { value: true });
    exports.NON_STICKY_COMMANDS = exports.default = { ${members.join(', ')} };`,
  // It says which answers may be cached, and which go to replicas: we do neither.
  '@redis/client/dist/lib/command-metadata/command-metadata-data.js': `
    Object.defineProperty(exports, '__esModule', { value: true });
    exports.COMMAND_METADATA = {};`,
  // Without workers of a cluster and without gateways.
  '@prometheus-io/client/index.js': `
    exports.Counter = require('./lib/counter');
    exports.Gauge = require('./lib/gauge');
    exports.Histogram = require('./lib/histogram');
    exports.Registry = require('./lib/registry');`,
  // Ink shows where an error was thrown, and shows the line as it is where it finds no place.
  'stack-utils/index.js': `
    module.exports = class {
      static nodeInternals() { return []; }
      parseLine() {}
    };`,
  // The bundle has them once already.
  'chalk/source/vendor/ansi-styles/index.js': `
    export { default, modifierNames, foregroundColorNames, backgroundColorNames, underlineColorNames, colorNames } from 'ansi-styles';`,
  // Without limits in databases.
  'rate-limiter-flexible/index.js': `exports.RateLimiterMemory = require('./lib/RateLimiterMemory');`,
};

export const leanLibraries: readonly Plugin[] = Object.entries(replaced).map(([file, code]) => ({
  name: `lean-${file}`,
  transform: {
    filter: { id: new RegExp(`node_modules/${file.replaceAll('.', String.raw`\.`)}$`) },
    handler: () => ({ code, map: { mappings: '' } }),
  },
}));
