import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect as connectTcp, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { text as textOf } from 'node:stream/consumers';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import type { ConnectionEvents, ConnectOptions, DiagnoseOptions, ServeOptions } from '../source/index.ts';
import { FriendBook } from '../source/friends/friend-book.ts';
import type { Host } from '../source/lab/host.ts';
import { ordinarySite } from './helpers/chats/talk.ts';
import { labOrSkip } from './helpers/lab/lab.ts';
import { TestServer } from './helpers/servers/rendezvous-server.ts';
import { certificate } from './helpers/servers/web-client.ts';

const manual = readFileSync('source/cli/manual/library.md', 'utf8');

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
const programs = [...manual.matchAll(/^```js\n\/\/ (\S+)\n([^]*?)^```$/gm)].map(
  ([, name = '', code = '']) => {
    writeFileSync(join(project, name), code);
    return name;
  },
);

/** A program, and what it has written when it has ended. It ends with the test. */
function followed<Child extends ChildProcess & { readonly stdout: Readable; readonly stderr: Readable }>(
  child: Child,
) {
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

/** Runs one of the programs of the manual. */
function run(name: string, ...args: string[]) {
  return runWith({}, name, ...args);
}

function runWith(env: Readonly<Record<string, string>>, name: string, ...args: string[]) {
  return followed(
    spawn(process.execPath, [join(project, name), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    }),
  );
}

/** Runs one of them in a host of a lab. */
function runInside(host: Host | undefined, name: string, ...args: string[]) {
  const [file = '', ...words] = host?.command([process.execPath, join(project, name), ...args]) ?? [];
  return followed(spawn(file, words, { stdio: ['ignore', 'pipe', 'pipe'] }));
}

/** The first of what a program writes. */
async function firstOf({ child }: { readonly child: { readonly stdout: Readable } }): Promise<string> {
  const [first] = (await once(child.stdout, 'data')) as [Buffer];
  return String(first);
}

async function runRendezvous() {
  const rendezvous = run('rendezvous.mjs', '0');
  const [, port = ''] =
    /^listening on port (\d+), for probes on \d+\n$/.exec(await firstOf(rendezvous)) ?? [];
  return { address: `127.0.0.1:${port}`, ...rendezvous };
}

describe('the programs in the manual', () => {
  test('are seven, and the one with serve() ends on SIGTERM', async () => {
    expect(programs).toEqual([
      'talk.mjs',
      'here.mjs',
      'friends.mjs',
      'forward.mjs',
      'rendezvous.mjs',
      'watch.mjs',
      'look.mjs',
    ]);
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

  test('a program is told what happens at its server', async () => {
    const watch = run('watch.mjs', '0');
    const [, port = ''] = /^listening on port (\d+)\n$/.exec(await firstOf(watch)) ?? [];
    const sides = ['Ada', 'Grace'].map((name) =>
      run('talk.mjs', `127.0.0.1:${port}`, '7777-velvet-orbit', name),
    );
    await Promise.all(sides.map(({ ended }) => ended));
    watch.child.kill('SIGTERM');
    const { stdout, stderr } = await watch.ended;
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^came \{"port":\d+,"from":"127\.0\.0\.x"\}$/m);
    expect(stdout).toMatch(/^matched \{"port":\d+,"session":".+","a":"127\.0\.0\.x","b":"127\.0\.0\.x"\}$/m);
    expect(stdout).toMatch(/^left \{"port":\d+,"from":"127\.0\.0\.x"\}$/m);
  });

  test('connect() meets at https', async () => {
    const { port } = await TestServer.start({ certificate });
    const place = `https://localhost:${port}`;
    const trusted = join(project, 'trusted.pem');
    writeFileSync(trusted, certificate.cert);
    const sides = ['Ada', 'Grace'].map((name) =>
      runWith({ NODE_EXTRA_CA_CERTS: trusted }, 'talk.mjs', place, '4711-velvet-orbit', name),
    );
    const ended = await Promise.all(sides.map((side) => side.ended));
    expect(ended.map(({ exit, stderr }) => [exit, stderr])).toEqual([
      [0, ''],
      [0, ''],
    ]);
    expect(ended[0]?.stdout).toMatch(/^path: \w+\nHello from Grace\n$/);
  });

  test('serveHere() makes the machine of one side the place', async (context) => {
    const open = { mapping: 'none', filtering: 'endpoint-independent' } as const;
    const lab = await labOrSkip(context, { sites: { alice: open, bob: ordinarySite } });
    const host = runInside(lab.hosts['alice'], 'here.mjs');
    const [, invite = ''] = /^invite: (\S+)\n$/.exec(await firstOf(host)) ?? [];
    const guest = runInside(lab.hosts['bob'], 'here.mjs', invite);
    expect(await host.ended).toEqual({
      stdout: `invite: ${invite}\nHello from the guest\n`,
      stderr: '',
      exit: 0,
    });
    expect(await guest.ended).toEqual({ stdout: 'Hello from the host\n', stderr: '', exit: 0 });
  });

  test('friends meet with a code once, and without one from then on', async () => {
    const { address } = await runRendezvous();
    async function meet(...code: string[]) {
      const sides = [
        run('friends.mjs', join(project, 'ada'), address, 'grace', ...code),
        run('friends.mjs', join(project, 'grace'), address, 'ada', ...code),
      ];
      return Promise.all(sides.map((side) => side.ended));
    }
    const first = { stdout: 'Nice to meet you\n', stderr: '', exit: 0 };
    expect(await meet('4711-velvet-orbit')).toEqual([first, first]);
    const again = { stdout: 'Hello again\n', stderr: '', exit: 0 };
    expect(await meet()).toEqual([again, again]);
  });

  test('ForwardStreams carries a connection to what the other side allows', async () => {
    const { address } = await runRendezvous();
    const closed = Promise.withResolvers<undefined>();
    const target = createServer((socket) => {
      socket.on('close', () => closed.resolve(undefined));
      socket.end('from the target');
    });
    await once(target.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void target.close());
    const where = `127.0.0.1:${(target.address() as AddressInfo).port}`;
    const words = [address, '4711-velvet-orbit'];
    const giver = run('forward.mjs', ...words, 'allow', where);
    const taker = run('forward.mjs', ...words, 'listen', `0:${where}`);
    const [, port = ''] = /^port (\d+)\n$/.exec(await firstOf(taker)) ?? [];
    expect(await textOf(connectTcp(Number(port), '127.0.0.1'))).toBe('from the target');
    await closed.promise;
    giver.child.kill('SIGTERM');
    expect([await giver.ended, await taker.ended]).toMatchObject([
      { stderr: '', exit: 0 },
      { stderr: '', exit: 0 },
    ]);
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
  const [, table = ''] = manual.split(new RegExp(`^\\| ${heading} +\\|.*\\n`, 'm'));
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
  signal: true,
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

  test('names every method of FriendBook, and no other', () => {
    const [, section = ''] = manual.split('\n## Friends\n');
    const [table = ''] = /^\| method of `FriendBook`[^]*?\n\n/m.exec(section) ?? [];
    const named = [...table.matchAll(/`(\w+)\([^)]*\)`/g)].map(([, name]) => name);
    const methods = Object.getOwnPropertyNames(FriendBook.prototype).filter((name) => name !== 'constructor');
    expect(new Set(named)).toEqual(new Set(methods));
  });

  test.each([
    ['serve', serveOptions],
    ['diagnose', diagnoseOptions],
  ])('names every option of %s(), and no other', (name, options) => {
    const [, text = ''] = manual.split(`\n\`${name}()\` `);
    const [paragraph = ''] = /^Its options are .*$/m.exec(text) ?? [];
    expect(new Set([...paragraph.matchAll(/`([a-z]\w*)`/g)].map(([, option]) => option))).toEqual(
      new Set(Object.keys(options)),
    );
  });
});

const consumer = `
import { connect, parseForward, parseInvite, parseServer, serve, serveHere, diagnose, ForwardStreams, FriendBook, openFriendMemory } from 'punchline';
import type { Connection, DoctorReport, Friend, Server } from 'punchline';
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
export async function keep(friend: Friend): Promise<number> {
  const held = await new FriendBook().hold(friend);
  const memory = await openFriendMemory(held.folder, friend.secret, { history: false });
  return memory.waiting.length;
}
const streams = new ForwardStreams({ allowed: [], onFailed: (target, reason) => [target, reason], onBroken: (error) => line.destroy(error) });
const port: Promise<number> = streams.listen(parseForward('0:localhost:80'));
export { running, report, port };
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
