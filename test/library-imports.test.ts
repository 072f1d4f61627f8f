/** A program that imports `connect` alone gets neither the command line nor a screen nor the server along. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { rolldown, type OutputChunk } from 'rolldown';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { TestServer } from './helpers/servers/rendezvous-server.ts';

/** A project with the package and nothing else. */
const project = mkdtempSync(join(tmpdir(), 'punchline-imports-'));
afterAll(() => rmSync(project, { recursive: true, force: true }));
const dist = join(project, 'node_modules', 'punchline', 'dist');
mkdirSync(dist, { recursive: true });
cpSync('package.json', join(dist, '..', 'package.json'));
for (const name of readdirSync('dist').filter((one) => /\.(?:c?js|map)$/.test(one))) {
  cpSync(join('dist', name), join(dist, name));
}

const program = join(project, 'talk.mjs');
writeFileSync(
  program,
  `import { text } from 'node:stream/consumers';
   import { connect } from 'punchline';
   const [port, words] = process.argv.slice(2);
   const line = connect({ server: { host: '127.0.0.1', port: Number(port) }, code: { number: 4711, words: words.split('-') } });
   line.end('hello');
   console.log(await text(line));`,
);

/** The files of our source and of packages that went into these files of `dist/`. */
function sourcesOf(files: readonly string[]): string[] {
  return files
    .map((file) => join(dist, `${basename(file)}.map`))
    .filter((map) => existsSync(map))
    .flatMap((map) => (JSON.parse(readFileSync(map, 'utf8')) as { sources: string[] }).sources)
    .map((source) => source.replace(/^(?:\.\.\/)+/, ''));
}

/** What `connect` has no use for. */
function strangersIn(sources: readonly string[]): string[] {
  return sources.filter((source) =>
    /node_modules\/(?:yargs|ink|react|yoga-layout|pino|rate-limiter-flexible|@redis|@prometheus-io)|^source\/(?:cli|ui|chat|lab|workshop|ladder|server|doctor)\//.test(
      source,
    ),
  );
}

test('a bundle with connect has no module of the command line, the screen and the server', async () => {
  const bundle = await rolldown({ input: program, cwd: project, platform: 'node', logLevel: 'silent' });
  const { output } = await bundle.generate({ format: 'esm' });
  const chunks = new Map(output.flatMap((one) => (one.type === 'chunk' ? [[one.fileName, one]] : [])));
  const reached = new Set<OutputChunk>();
  function reach(name: string) {
    const chunk = chunks.get(name);
    if (chunk !== undefined && !reached.has(chunk)) {
      reached.add(chunk);
      for (const next of [...chunk.imports, ...chunk.dynamicImports]) {
        reach(next);
      }
    }
  }
  for (const { fileName, isEntry } of chunks.values()) {
    if (isEntry) {
      reach(fileName);
    }
  }
  const files = [...reached].flatMap(({ modules }) =>
    Object.entries(modules).flatMap(([file, { renderedLength }]) => (renderedLength > 0 ? [file] : [])),
  );
  const sources = sourcesOf(files);
  expect(sources).toEqual(
    expect.arrayContaining(['source/connect/connection.ts', 'source/connect/punch/punch-race.ts']),
  );
  expect(strangersIn(sources)).toEqual([]);
});

/** Runs the program, and returns the files of the package that it has loaded by its end. */
async function filesLoaded(port: number): Promise<string[]> {
  const trace = mkdtempSync(join(project, 'trace-'));
  const child = spawn(process.execPath, [program, `${port}`, 'velvet-orbit'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_V8_COVERAGE: trace },
  });
  const closed = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await closed;
  });
  expect(await text(child.stdout)).toBe('hello\n');
  await closed;
  return readdirSync(trace)
    .map((name) => JSON.parse(readFileSync(join(trace, name), 'utf8')) as { result: { url: string }[] })
    .flatMap(({ result }) => result.map(({ url }) => url))
    .filter((url) => url.includes('/punchline/dist/'))
    .map((url) => fileURLToPath(url));
}

test('two programs that meet load nothing of the command line and the screen', async () => {
  const { port } = await TestServer.start();
  const [files] = await Promise.all([filesLoaded(port), filesLoaded(port)]);
  const sources = sourcesOf(files);
  expect(sources).toContain('source/connect/connection.ts');
  // An import of the package loads its server, too: only a bundler leaves out what is not used.
  expect(strangersIn(sources).filter((source) => /yargs|ink|react|yoga|\/(?:cli|ui)\//.test(source))).toEqual(
    [],
  );
});
