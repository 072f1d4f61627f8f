import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import type { ConnectionEvents, ConnectOptions, DiagnoseOptions, ServeOptions } from '../source/index.ts';

const manual = readFileSync('source/cli/manual/library.md', 'utf8');
const chapter = manual.split('\n## ')[0] ?? '';

/** A project with the package and nothing else, so that a file that the package lacks is missing here, too. */
const project = mkdtempSync(join(tmpdir(), 'punchline-project-'));
afterAll(() => rmSync(project, { recursive: true, force: true }));
const modules = join(project, 'node_modules');
for (const part of ['package.json', 'dist']) {
  cpSync(part, join(modules, 'punchline', part), { recursive: true });
}
mkdirSync(join(modules, '@types'));
for (const types of ['@types/node', 'undici-types']) {
  symlinkSync(resolve('node_modules', types), join(modules, types));
}
const programs = [...chapter.matchAll(/^```js\n\/\/ (\S+)\n([^]*?)^```$/gm)].map(
  ([, name = '', code = '']) => {
    writeFileSync(join(project, name), code);
    return name;
  },
);

/** Runs one of the programs of the manual until the test ends. */
function run(name: string, ...args: string[]) {
  const child = spawn(process.execPath, [join(project, name), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = Promise.all([
    textOf(child.stdout),
    textOf(child.stderr),
    new Promise<number | null>((done) => void child.once('close', done)),
  ]).then(([stdout, stderr, exit]) => ({ stdout, stderr, exit }));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { child, ended };
}

async function runRendezvous() {
  const { child, ended } = run('rendezvous.mjs', '0');
  const [said] = (await new Promise((done) => void child.stdout.once('data', (...data) => done(data)))) as [
    Buffer,
  ];
  const [, port = ''] = /^listening on port (\d+), for probes on \d+\n$/.exec(String(said)) ?? [];
  return { address: `127.0.0.1:${port}`, child, ended };
}

describe('the programs in the manual', () => {
  test('are three, and the one with serve() ends on SIGTERM', async () => {
    expect(programs).toEqual(['talk.mjs', 'rendezvous.mjs', 'look.mjs']);
    const { child, ended } = await runRendezvous();
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ exit: 0, stderr: '' });
  });

  test('connect() carries the text of each side to the other', async () => {
    const { address } = await runRendezvous();
    const [ada, grace] = ['Ada', 'Grace'].map((name) => run('talk.mjs', address, '4711-velvet-orbit', name));
    expect(await ada?.ended).toEqual({ stdout: 'path: lan\nHello from Grace\n', stderr: '', exit: 0 });
    expect(await grace?.ended).toEqual({ stdout: 'path: lan\nHello from Ada\n', stderr: '', exit: 0 });
  });

  test('connect() says what went wrong, and what to do', async () => {
    const { ended } = run('talk.mjs', '127.0.0.1:1', '4711-velvet-orbit', 'Ada');
    expect(await ended).toMatchObject({
      stdout: '',
      stderr: expect.stringMatching(
        /^ERR_RENDEZVOUS_UNREACHABLE: .*127\.0\.0\.1:1.*\. [A-Z].*\.\n$/,
      ) as string,
      exit: 1,
    });
  });

  test('diagnose() finds no NAT on the loopback', async () => {
    const { address } = await runRendezvous();
    const { stdout, stderr, exit } = await run('look.mjs', address).ended;
    expect({ stderr, exit }).toEqual({ stderr: '', exit: 0 });
    expect(stdout).toMatch(/^mapping: none\nopen: yes\n(.+: (yes|usually|no|unknown)\n)+$/);
  });
});

/** The first cells of the table under this heading. */
function namesIn(heading: string): string[] {
  const [, table = ''] = chapter.split(new RegExp(`^\\| ${heading} +\\|.*\\n`, 'm'));
  const rows = table.split('\n\n')[0] ?? '';
  return [...rows.matchAll(/^\| `(\w+)`/gm)].map(([, name = '']) => name);
}

/** All keys of the type; tsc fails if one is missing. */
const connectOptions: Record<keyof ConnectOptions, true> = {
  server: true,
  here: true,
  local: true,
  code: true,
  friend: true,
  name: true,
  mode: true,
  task: true,
  awaitsRestart: true,
  attempts: true,
  lan: true,
  relay: true,
  portMapping: true,
  family: true,
  waitMs: true,
  giveUpMs: true,
  quiet: true,
  report: true,
  probePort: true,
  stun: true,
  transit: true,
  proxies: true,
  freshPort: true,
  spraySize: true,
  downloads: true,
  acceptHidden: true,
  waits: true,
  signal: true,
};
const events: Record<keyof ConnectionEvents, true> = {
  happening: true,
  lost: true,
  resumed: true,
  restarted: true,
  acknowledged: true,
  offer: true,
  handedOver: true,
  goodbye: true,
};
const serveOptions: Record<keyof ServeOptions, true> = {
  port: true,
  host: true,
  probePort: true,
  probeHost: true,
  logger: true,
  logAddresses: true,
  limits: true,
  relay: true,
  exempt: true,
  metrics: true,
  store: true,
  advertise: true,
  proxyProtocol: true,
  certificate: true,
  forwarded: true,
};
const diagnoseOptions: Record<keyof DiagnoseOptions, true> = {
  server: true,
  https: true,
  probePort: true,
  family: true,
  signal: true,
  lifetimeUpToMs: true,
  onReport: true,
  onLifetime: true,
};

describe('the manual', () => {
  test('lists every option and every event of connect(), and no other', () => {
    expect(namesIn('option')).toEqual(Object.keys(connectOptions));
    expect(namesIn('event')).toEqual(Object.keys(events));
  });

  test.each([
    ['serve', serveOptions],
    ['diagnose', diagnoseOptions],
  ])('names every option of %s(), and no other', (name, options) => {
    const [, text = ''] = chapter.split(`\n\`${name}()\` `);
    const [paragraph = ''] = /^Its options are .*$/m.exec(text) ?? [];
    expect(new Set([...paragraph.matchAll(/`([a-z]\w*)`/g)].map(([, option]) => option))).toEqual(
      new Set(Object.keys(options)),
    );
  });
});

const consumer = `
import { connect, parseInvite, parseServer, serve, serveHere, diagnose, type Connection, type DoctorReport, type Server } from 'punchline';
const { code, server = { host: 'example.org', port: 8877 } } = parseInvite('7-velvet-orbit');
const line: Connection = connect({ server, code, mode: 'pipe' });
line.on('happening', (happening) => {
  if (happening.event === 'connected') happening.remote.port.toFixed();
  // @ts-expect-error no event has this field
  happening.nonsense;
});
line.once('resumed', (ms, bytes, path) => [ms.toFixed(), bytes.toFixed(), path.length]).setEncoding('utf8');
line.on('data', (chunk: Buffer) => chunk.length).on('close', () => line.destroy());
line.on('goodbye', (by: 'us' | 'peer') => by);
line.pipe(process.stdout);
connect({ here: { start: serveHere, port: 0 } }).destroy();
const running: Promise<Server> = serve({ port: 0, limits: { pingMs: 1 } });
const report: Promise<DoctorReport> = diagnose({ server: parseServer('example.org'), onLifetime: (idleMs) => idleMs.toFixed() });
export { running, report };
`;
const imported = `
export async function open(): Promise<import('punchline').Connection> {
  const { connect } = await import('punchline');
  return connect({ server: { host: 'example.org', port: 8877 } });
}
`;

test.each([
  ['nodenext', 'nodenext', { 'consumer.mts': consumer, 'imported.cts': imported }],
  ['esnext', 'bundler', { 'consumer.ts': consumer }],
])(
  'the types are complete without our dependencies: module %s, resolution %s',
  (module, moduleResolution, files) => {
    for (const [name, code] of Object.entries(files)) {
      writeFileSync(join(project, name), code);
    }
    const config = join(project, `tsconfig.${moduleResolution}.json`);
    const compilerOptions = {
      module,
      moduleResolution,
      target: 'es2024',
      lib: ['es2024'],
      types: ['node'],
      strict: true,
      noEmit: true,
    };
    writeFileSync(config, JSON.stringify({ compilerOptions, files: Object.keys(files) }));
    const { stdout, status } = spawnSync(resolve('node_modules/.bin/tsc'), ['-p', config], {
      encoding: 'utf8',
    });
    expect({ stdout, status }).toEqual({ stdout: '', status: 0 });
  },
);
