import { readFileSync } from 'node:fs';
import { defineConfig } from 'rolldown';

const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

/**
 * Two outputs. `cli.js` and `index.js` are the program and the library as ESM
 * chunks: Ink sits in a chunk of its own, loaded only where a screen opens.
 * `punchline.cjs` is the command: old syntax, so that a Node that is too old
 * can still read it and say so.
 */
export default defineConfig([
  {
    input: { cli: 'source/cli.ts', index: 'source/index.ts' },
    platform: 'node',
    // Ink imports it only under DEV=true, and it is not installed.
    external: ['react-devtools-core'],
    transform: {
      target: 'node22',
      define: {
        'process.env.NODE_ENV': '"production"',
        // yoga's loader would fetch() its own data: URL, which loads undici: 35 ms at start.
        fetch: 'undefined',
        PUNCHLINE_VERSION: JSON.stringify(version),
      },
    },
    output: { dir: 'dist', format: 'esm', minify: true, sourcemap: true, cleanDir: true },
  },
  {
    input: { punchline: 'source/bin.ts' },
    platform: 'node',
    external: ['./cli.js'],
    transform: { target: 'es2015', define: { PUNCHLINE_VERSION: JSON.stringify(version) } },
    output: { dir: 'dist', format: 'cjs', entryFileNames: '[name].cjs' },
  },
]);
