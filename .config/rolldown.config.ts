import { readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { basename, join, relative, resolve } from 'node:path';
import { defineConfig, type Plugin } from 'rolldown';
import { narrowCharacters } from '../source/ui/text/narrow-characters.ts';
import { manPage } from '../source/cli/man/man-page.ts';
import { leanLibraries } from './lean-libraries.ts';
import { licences } from './licences.ts';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

/**
 * string-width compiles \p{RGI_Emoji} for the first character beyond ASCII:
 * 20 ms of the first frame (measured). Its fast path for ASCII holds for more.
 * A version in which the place is not found fails the build.
 */
const quickStringWidth: Plugin = {
  name: 'quick-string-width',
  transform: {
    filter: { id: /node_modules\/string-width\/index\.js$/ },
    handler: (code) =>
      changed(
        code,
        'if (/^[\\u0020-\\u007E]*$/.test(string))',
        `if (/^[\\u0020-\\u007E]*$/.test(string) || (ambiguousIsNarrow && /^[${narrowCharacters}]*$/.test(string)))`,
      ),
  },
};

/**
 * Segmenters that libraries make when they are loaded: the first loads ICU's
 * data, 10 ms, and a screen may need none. What stands in for its segments has
 * all that these libraries use of them. Narrow characters and ESC are one
 * cluster each, in every pair of them (UAX #29; tried).
 */
const lazySegmenters: Plugin = {
  name: 'lazy-segmenters',
  transform: {
    filter: {
      id: /node_modules\/(string-width|wrap-ansi|slice-ansi|@alcalzone\/ansi-tokenize|ink)\//,
      code: /^const \w+ = new Intl\.Segmenter/m,
    },
    handler: (code) =>
      changed(
        code,
        /^const (\w+) = (new Intl\.Segmenter\(.*\));$/m,
        `let lazySegmenter; const clustersOf = text => { const all = Array.from(text, (segment, index) => ({segment, index, input: text})); return Object.assign(all, {containing: (at = 0) => all[at]}); }; const $1 = {segment: text => /^[\\u001B${narrowCharacters}]*$/.test(text) ? clustersOf(text) : (lazySegmenter ??= $2).segment(text)};`,
      ),
  },
};

/**
 * Patterns of Unicode's classes that string-width makes when it is loaded: 8 ms
 * (measured), and a screen may need none. What stands in for one has all that
 * string-width uses of it.
 */
const lazyPatterns: Plugin = {
  name: 'lazy-patterns',
  transform: {
    filter: { id: /node_modules\/string-width\/index\.js$/ },
    handler: (code) =>
      changed(
        code,
        /^const (\w+) = (\/.*\\p\{.*\/[a-z]+);$/gm,
        'const $1 = (make => { let made; const get = () => made ??= make(); return {test: text => get().test(text), [Symbol.match]: text => get()[Symbol.match](text), [Symbol.search]: text => get()[Symbol.search](text)}; })(() => $2);',
      ),
  },
};

/**
 * Loading a module of Node reads all that it exports, and so loads what Node
 * itself would load on use: for `util` worker threads and the comparison of
 * texts, for `process` reports. What is needed before the first frame goes
 * without them: 8 ms (measured).
 */
const sparingBuiltins: Plugin = {
  name: 'sparing-builtins',
  resolveId: {
    filter: { id: /^(?:node:)?(?:util|process|assert|child_process)$|^cliui$/ },
    handler: (id, importer = '') =>
      /node_modules\/(?:ink|cli-truncate|terminal-size|yargs|yargs-parser|y18n)\//.test(importer) ||
      id.replace('node:', '') === 'process'
        ? `\0sparing:${id.replace('node:', '')}`
        : null,
  },
  load: {
    filter: { id: /^\0sparing:/ },
    handler: (id) => sparing[id.replace('\0sparing:', '') as keyof typeof sparing],
  },
};

/** All that these libraries import. */
const sparing = {
  process: 'export default globalThis.process; export const { cwd, env } = globalThis.process;',
  util: `
    const real = () => globalThis.process.getBuiltinModule('util');
    export const inspect = (...all) => real().inspect(...all);
    export const stripVTControlCharacters = (text) => real().stripVTControlCharacters(text);
    export const format = (...all) =>
      all.length === 1 && typeof all[0] === 'string' ? all[0] : real().format(...all);
    export const types = new Proxy({}, { get: (_, key) => real().types[key] });`,
  assert: `
    const fail = (message) => { throw new Error(message); };
    export const strictEqual = (one, other, message) => void (Object.is(one, other) || fail(message));
    export const notStrictEqual = (one, other, message) => void (Object.is(one, other) && fail(message));`,
  // yargs lays out its help text with it.
  cliui: 'export default undefined;',
  child_process: `
    export const execFileSync = (...all) =>
      globalThis.process.getBuiltinModule('child_process').execFileSync(...all);`,
};

/**
 * What yargs does in vain. It would answer a shell that asks for completions,
 * look for the version of whatever package is near, and make its own help text
 * before each command: 20 KB and 12 ms of the first frame (measured).
 */
const leanYargs: readonly Plugin[] = [
  [
    'completion',
    'return new Completion(yargs, usage, command, shim);',
    'return {completionKey: Symbol(), setParsed: () => undefined};',
  ],
  ['yargs-factory', 'ver = this[kGuessVersion]();', ''],
  ['usage', 'self.help = function help() {', "self.help = () => ''; const unused = function help() {"],
].map(([file = '', from = '', to = '']) => ({
  name: `lean-yargs-${file}`,
  transform: {
    filter: { id: new RegExp(`node_modules/yargs/build/lib/${file}\\.js$`) },
    handler: (code) => changed(code, from, to),
  },
}));

/**
 * What the chat's first frame needs, in few files: each costs 1 ms (measured
 * with 30 of them; together they took a fifth of the start). A chunk holds what
 * its file imports, as far as none above does; what is imported by import() is
 * in a chunk of its own.
 *
 * The library shares them with the program, which would be twice as large
 * otherwise. So none that it loads holds a part of the command line or of the
 * screen. Its server, its doctor and its friends are in files of their own,
 * because a bundler leaves out whole files best.
 */
const chunks = [
  // It is CommonJS, so that a bundler cannot tell whether it does anything.
  { name: 'web-socket', test: /node_modules\/ws\//, priority: 8 },
  // Needed by the command line and by the library.
  {
    name: 'shared',
    test: /source\/(errors|storage\/file-trouble|text\/(?:failure-lines|suggest|system-words|utf8-reader)|protocol\/(?:chat-messages|pasted-line|relay-wish)|storage\/home-folder|network\/to-punchline-error|nat\/candidate-kind|friends\/friend-form)\.ts$|^\0sparing:/,
    priority: 7,
  },
  {
    name: 'base',
    test: /source\/(ui\/(?:text\/(?:text-layout|ascii-marks)|terminal\/(?:terminal-gone|job-control)|settings\/screen-settings|lines\/until-ended)|cli\/(?:options\/command-table|whole-output))\.ts$/,
    priority: 6,
  },
  { name: 'connection', test: /source\/connect\/connection\.ts$/, priority: 5 },
  partOf('server', /source\/server\/|node_modules\/rate-limiter-flexible\//, 4),
  partOf('doctor', /source\/doctor\//, 4),
  partOf('friends', /source\/friends\/(?!friend-form)/, 4),
  // The rest of what the library loads.
  partOf('network', /source\/(?:connect|nat|network|protocol|storage|text)\//, 3),
  {
    name: 'chat-command',
    // Lines of text share these with the screen, and load no screen for them.
    test: /source\/(cli\/commands\/chat-command|ui\/(conversation\/chat-state|commands\/slash-commands|text\/(line|sparkline)|transfers\/leave-twice))\.ts$/,
    priority: 2,
  },
  { name: 'screen', test: /source\/ui\/screen\/screen\.tsx$/, priority: 1 },
];

/** The files that match and are loaded at once, not by an import(), without those that they import. */
function partOf(name: string, test: RegExp, priority: number) {
  const tags: ['$initial'] = ['$initial'];
  return { name, test, tags, includeDependenciesRecursively: false, priority };
}

/** The program is another output, and stands beside the command in `dist/`. */
const besideTheBin: Plugin = {
  name: 'beside-the-bin',
  resolveId: (id) => (/^\.\/cli\/.*\.js$/.test(id) ? { id: `./${basename(id)}`, external: true } : null),
};

/** Folders of texts that the program reads, beside the program: as they are, but for the padding of tables and data. */
const texts: Plugin = {
  name: 'texts',
  generateBundle() {
    for (const folder of [
      'source/cli/manual',
      'source/cli/completion/shells',
      'source/server/rooms/redis/script',
      'source/workshop/exercises',
    ]) {
      const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
      for (const { name, parentPath } of entries.filter((entry) => entry.isFile())) {
        const path = join(parentPath, name);
        const fileName = join(basename(folder), relative(folder, path));
        const text = readFileSync(path, 'utf8');
        const source = name.endsWith('.md')
          ? withoutPadding(text)
          : name.endsWith('.json')
            ? JSON.stringify(JSON.parse(text))
            : text;
        this.emitFile({ type: 'asset', fileName, source });
      }
    }
  },
};

/** Tables are padded for whoever reads the source, and laid out anew when they are shown: a third of the manual. */
function withoutPadding(markdown: string): string {
  return markdown.replace(/^\|.*\|$/gm, (row) => row.replace(/ {2,}(?=\|)/g, ' ').replace(/-{4,}/g, '---'));
}

/** What `man punchline` shows. npm puts it where man looks. */
const man: Plugin = {
  name: 'man',
  generateBundle() {
    // A build that must be the same again names the time.
    const seconds = Number(process.env['SOURCE_DATE_EPOCH'] ?? Date.now() / 1000);
    const source = manPage({
      version,
      date: new Date(seconds * 1000).toISOString().slice(0, 10),
      chat: readFileSync('source/cli/manual/chat.md', 'utf8'),
      json: readFileSync('source/cli/manual/json.md', 'utf8'),
    });
    this.emitFile({ type: 'asset', fileName: 'man/punchline.1', source });
  },
};

/** Changes one line, so that the map of the lines stays true. */
function changed(code: string, from: string | RegExp, to: string) {
  const result = code.replace(from, to);
  if (result === code) {
    throw new Error(`the place to change is not found: ${from}`);
  }
  return { code: result, map: { mappings: '' } };
}

/**
 * Two outputs. The first has the program (`cli.js`), the library (`index.js`) and what answers a shell at a Tab
 * (`complete-names.js`), as ESM chunks: Ink sits in a chunk of its own, loaded only where a screen opens. `punchline.cjs`
 * is the command: old syntax, so that a Node that is too old can still read it and say so.
 */
export default defineConfig([
  {
    input: {
      cli: 'source/cli/cli.ts',
      index: 'source/index.ts',
      'complete-names': 'source/cli/completion/complete-names.ts',
    },
    platform: 'node',
    // A chunk without what it imports needs it.
    preserveEntrySignatures: 'allow-extension',
    // Ink imports it only under DEV=true, and it is not installed.
    external: ['react-devtools-core'],
    // Libraries would bring older copies along. What they use of them is in the newer ones, too.
    resolve: {
      alias: {
        chalk: resolve('node_modules/chalk/source/index.js'),
        'ansi-styles': resolve('node_modules/ansi-styles/index.js'),
        'string-width': resolve('node_modules/string-width/index.js'),
      },
    },
    plugins: [
      quickStringWidth,
      lazySegmenters,
      lazyPatterns,
      sparingBuiltins,
      ...leanYargs,
      ...leanLibraries,
      licences,
      texts,
      man,
    ],
    transform: {
      target: 'node22',
      define: {
        'process.env.NODE_ENV': '"production"',
        // yoga's loader would fetch() its own data: URL, which loads undici: 35 ms at start.
        fetch: 'undefined',
        // ws would look for native packages, which are not installed.
        'process.env.WS_NO_BUFFER_UTIL': '"1"',
        'process.env.WS_NO_UTF_8_VALIDATE': '"1"',
        PUNCHLINE_VERSION: JSON.stringify(version),
      },
    },
    output: {
      dir: 'dist',
      format: 'esm',
      minify: true,
      // The package has none, so that no file of it may name one. .config/map-stack.cjs reads them.
      sourcemap: 'hidden',
      cleanDir: true,
      codeSplitting: { groups: chunks },
    },
  },
  {
    input: { punchline: 'source/bin.ts' },
    platform: 'node',
    plugins: [besideTheBin],
    transform: { target: 'es2015', define: { PUNCHLINE_VERSION: JSON.stringify(version) } },
    output: {
      dir: 'dist',
      format: 'cjs',
      minify: true,
      entryFileNames: '[name].cjs',
      // Node knows the prefix since 14.18.
      paths: Object.fromEntries(builtinModules.map((name) => [`node:${name}`, name])),
    },
  },
]);
