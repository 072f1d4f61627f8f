/** Programs of others through a forward: ssh and its sshd, curl and nginx, with cuts and new mappings on the way. */
import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { expect, test, type TestContext } from 'vitest';
import type { Host } from '../../source/lab/host.ts';
import type { Lab } from '../../source/lab/lab.ts';
import { ordinarySite } from '../helpers/chats/talk.ts';
import { eventually } from '../helpers/eventually.ts';
import { labOrSkip } from '../helpers/lab/lab.ts';
import { bareEnvironment } from '../helpers/programs/bare-environment.ts';
import { builtProgram, runPunchline } from '../helpers/lab/punchline-inside.ts';
import { skipWithout } from '../helpers/skip-without.ts';

const timeout = 180_000;
const CUT_MS = 10_000;

function newFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-forward-'));
  context.onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Bob allows these ports, and alice reaches them at the same numbers. */
async function forwardTo(context: TestContext, ports: readonly number[]): Promise<Lab> {
  const lab = await labOrSkip(context, { sites: { alice: ordinarySite, bob: ordinarySite } });
  const { alice, bob, rendezvous } = lab.hosts;
  await runPunchline(rendezvous!, ['serve']).line('listening');
  const common = ['--code', '5000-velvet-orbit', '--server', rendezvous!.addresses[0]!];
  function run(host: Host, words: readonly string[]) {
    return host.spawn([process.execPath, builtProgram, 'forward', ...words, ...common], {
      env: bareEnvironment,
    });
  }
  run(
    bob!,
    ports.flatMap((port) => ['--allow', `localhost:${port}`]),
  );
  const taker = run(
    alice!,
    ports.map((port) => `${port}:localhost:${port}`),
  );
  let said = '';
  taker.stderr.on('data', (text) => (said += String(text)));
  await eventually(() => expect(said).toContain('connected'));
  return lab;
}

function installed(context: TestContext, path: string, packages: string): void {
  if (!existsSync(path)) {
    skipWithout(context, `${path} is not installed (Debian package ${packages})`);
  }
}

/** Serves a folder at port 80 of the host. */
async function startNginx(context: TestContext, host: Host, folder: string): Promise<void> {
  installed(context, '/usr/sbin/nginx', 'nginx-light');
  const home = newFolder(context);
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${name};`,
  );
  writeFileSync(
    join(home, 'nginx.conf'),
    `daemon off; pid nginx.pid; error_log stderr; worker_processes 1; user root;
events {}
http { access_log off; ${paths.join(' ')} server { listen 127.0.0.1:80; root ${folder}; } }
`,
  );
  mkdirSync(join(home, 'logs'));
  host.spawn(['/usr/sbin/nginx', '-p', home, '-c', 'nginx.conf']);
  await eventually(async () => expect((await host.exec(['ss', '-Hltn'])).stdout).toContain('127.0.0.1:80'));
}

/** At port 22 of the host. Resolves with the options of ssh. */
async function startSshd(context: TestContext, host: Host): Promise<readonly string[]> {
  installed(context, '/usr/sbin/sshd', 'openssh-server');
  const keys = newFolder(context);
  for (const name of ['host', 'id']) {
    spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(keys, name)]);
  }
  mkdirSync('/run/sshd', { recursive: true });
  const options = {
    AuthorizedKeysFile: join(keys, 'id.pub'),
    StrictModes: 'no',
    UsePAM: 'no',
    PidFile: 'none',
    ListenAddress: '127.0.0.1',
    PermitRootLogin: 'yes',
  };
  const given = Object.entries(options).flatMap(([name, value]) => ['-o', `${name}=${value}`]);
  host.spawn(['/usr/sbin/sshd', '-D', '-e', '-f', '/dev/null', '-h', join(keys, 'host'), ...given]);
  await eventually(async () => expect((await host.exec(['ss', '-Hltn'])).stdout).toContain('127.0.0.1:22'));
  return [
    '-F',
    '/dev/null',
    '-i',
    join(keys, 'id'),
    ...[
      'BatchMode=yes',
      'LogLevel=ERROR',
      'StrictHostKeyChecking=no',
      'UserKnownHostsFile=/dev/null',
    ].flatMap((option) => ['-o', option]),
    'root@127.0.0.1',
  ];
}

function hash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

test(
  'ssh works through it, with input and output, for longer than a cut lasts',
  { timeout },
  async (context) => {
    installed(context, '/usr/bin/ssh', 'openssh-client');
    const lab = await forwardTo(context, [22]);
    const { alice, bob } = lab.hosts;
    const ssh = await startSshd(context, bob!);
    const hello = await alice!.exec(['ssh', ...ssh, 'echo hello; cat'], 'and input\n');
    expect(hello).toMatchObject({ code: 0, stdout: 'hello\nand input\n' });
    const running = alice!.exec(['ssh', ...ssh, 'for n in $(seq 200); do echo line $n; sleep 0.1; done']);
    await pause(2000);
    await lab.cut('bob');
    await pause(CUT_MS);
    await lab.restore('bob');
    const { code, stdout } = await running;
    expect(code).toBe(0);
    expect(stdout).toBe(Array.from({ length: 200 }, (_, n) => `line ${n + 1}\n`).join(''));
  },
);

test(
  'curl gets files from nginx, many at once, through a cut and a new mapping',
  { timeout },
  async (context) => {
    installed(context, '/usr/bin/curl', 'curl');
    const lab = await forwardTo(context, [80]);
    const { alice, bob } = lab.hosts;
    const served = newFolder(context);
    const hashes = Array.from({ length: 20 }, (_, n) => {
      const bytes = randomBytes(3_000_000 + n);
      writeFileSync(join(served, `${n}.bin`), bytes);
      return hash(bytes);
    });
    await startNginx(context, bob!, served);
    const into = newFolder(context);
    const curls = hashes.map((_, n) =>
      alice!.exec(['curl', '-sS', '-o', join(into, `${n}.bin`), `http://127.0.0.1:80/${n}.bin`]),
    );
    await pause(500);
    await lab.cut('alice');
    await pause(CUT_MS);
    await lab.restore('alice');
    await pause(1000);
    await lab.rebind('bob');
    const ends = await Promise.all(curls);
    expect(ends.map(({ code, stderr }) => [code, stderr])).toEqual(hashes.map(() => [0, '']));
    expect(hashes.map((_, n) => hash(readFileSync(join(into, `${n}.bin`))))).toEqual(hashes);
  },
);
