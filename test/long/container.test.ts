/** The image that the shipped Containerfile makes: built and run by buildah, on a base that mmdebstrap makes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { expect, test, type TestContext } from 'vitest';
import { readEventLines, type Line } from '../../source/lab/program.ts';
import type { Host } from '../../source/lab/host.ts';
import { toolPath } from '../../source/lab/tools.ts';
import { parseSite } from '../../source/lab/plan/site-words.ts';
import { labOrSkip } from '../helpers/lab/lab.ts';
import { runPunchline } from '../helpers/lab/punchline-inside.ts';
import { skipWithout } from '../helpers/skip-without.ts';

const timeout = 300_000;
const checkout = fileURLToPath(new URL('../..', import.meta.url));
const node = `${checkout}node_modules/node-linux-${process.arch}/bin/node`;
/** Memory of its own is mounted here, in a mount namespace of the lab: all of it is gone with the lab, however the test ends. */
const folder = '/mnt';

/** What the image says about how to run it. */
interface Config {
  readonly User: string;
  readonly StopSignal: string;
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly ExposedPorts: Readonly<Record<string, object>>;
  readonly Healthcheck: { readonly Test: readonly string[] };
}

function needTools(context: TestContext): void {
  if (process.getuid?.() !== 0) {
    skipWithout(context, 'buildah needs root to run a container of another user');
  }
  for (const tool of ['buildah', 'mmdebstrap']) {
    if (!toolPath.split(':').some((place) => existsSync(`${place}/${tool}`))) {
      skipWithout(context, `${tool} is not installed (Debian package ${tool})`);
    }
  }
  if (!existsSync(node)) {
    skipWithout(context, `no package has Node for ${process.platform} on ${process.arch}`);
  }
}

/** A place where containers are kept: a host, and the folder that only programs started by `command` see. */
interface Storage {
  readonly host: Host;
  /** The words that run a program here. */
  readonly command: (argv: readonly string[]) => string[];
}

async function openStorage(host: Host): Promise<Storage> {
  const script = `mount -t tmpfs containers ${folder} && mkdir ${folder}/tmp && echo '{"event":"ready"}' && exec cat`;
  const [file = '', ...argv] = host.command(['unshare', '--mount', 'sh', '-ec', script]);
  const child = spawn(file, argv, { stdio: 'pipe', env: { PATH: toolPath } });
  const complaints = text(child.stderr);
  if ((await readEventLines(child.stdout).line('ready')) === undefined) {
    throw new Error(`no folder in memory: ${await complaints}`);
  }
  const mounts = `--mount=/proc/${lastChild(child.pid ?? 0)}/ns/mnt`;
  return { host, command: (words) => ['nsenter', mounts, '--', ...words] };
}

/** Runs a program to its end. Resolves with its stdout, and throws if it fails. */
async function must({ host, command }: Storage, argv: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await host.exec(command(argv));
  if (code !== 0) {
    throw new Error(`${argv.join(' ')} ended with ${code}: ${stderr}`);
  }
  return stdout;
}

/** The words before a command of buildah: it keeps all that it has in the folder of the lab. */
function buildah(...words: readonly string[]): string[] {
  const places = ['--root', `${folder}/images`, '--runroot', `${folder}/run`];
  return ['env', `TMPDIR=${folder}/tmp`, 'buildah', ...places, '--storage-driver', 'vfs', ...words];
}

/**
 * Makes a Debian that has only what Node needs, from the mirrors of this machine, as an archive in the lab. What is
 * made on the way is in memory of its own, too.
 */
async function makeBase(context: TestContext, { host, command }: Storage): Promise<void> {
  const script = [
    'mount -t tmpfs base /tmp',
    'sources=$(find /etc/apt/sources.list* -name "*.sources" -o -name "*.list")',
    'exec mmdebstrap --quiet --variant=extract --include=libstdc++6 "" - $sources',
  ].join(' && ');
  const isolation = ['--mount', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const maker = spawn('unshare', [...isolation, 'sh', '-ec', script], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: toolPath, TMPDIR: '/tmp' },
  });
  context.onTestFinished(() => void maker.kill('SIGKILL'));
  const writer = host.spawn(command(['sh', '-c', `cat > ${folder}/base.tar`]));
  const [complaints, , [code], { code: written }] = await Promise.all([
    text(maker.stderr),
    pipeline(maker.stdout, writer.stdin),
    once(maker, 'exit') as Promise<[number | null]>,
    writer.exited,
  ]);
  expect(written).toBe(0);
  if (code !== 0) {
    skipWithout(context, `mmdebstrap makes no base: ${complaints}`);
  }
}

interface Built {
  readonly container: string;
  readonly config: Config;
}

/** Builds the image as an operator does, but for the base. Resolves with a container of it. */
async function build(storage: Storage): Promise<Built> {
  const base = (await must(storage, buildah('from', 'scratch'))).trim();
  await must(storage, buildah('add', base, `${folder}/base.tar`, '/'));
  await must(storage, buildah('copy', base, node, '/usr/local/bin/node'));
  await must(storage, buildah('commit', '--rm', base, 'localhost/base'));
  const recipe = `${checkout}source/server/deploy/Containerfile`;
  const how = ['--isolation', 'chroot', '--format', 'docker', '--pull-never'];
  const words = ['--build-arg', 'BASE=localhost/base', '-f', recipe, '-t', 'localhost/punchline', checkout];
  await must(storage, buildah('bud', ...how, ...words));
  const image = JSON.parse(
    await must(storage, buildah('inspect', '--type', 'image', 'localhost/punchline')),
  ) as {
    readonly Docker: { readonly config: Config };
  };
  const container = (await must(storage, buildah('from', '--pull-never', 'localhost/punchline'))).trim();
  return { container, config: image.Docker.config };
}

/** A process that started others one after the other: the last of them. Each of its threads may have started one. */
function lastChild(pid: number): number {
  const [child] = readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
    readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean),
  );
  return child === undefined ? pid : lastChild(Number(child));
}

interface Service {
  /** The process of the service, as this machine sees it. */
  readonly pid: number;
  readonly listening: Line;
  /** Resolves when the container has ended. */
  readonly ended: Promise<{ readonly code: number | null; readonly log: string }>;
}

/** Starts the service in a container, in the network of the host. It ends with the lab. */
async function serve({ host, command }: Storage, { container, config }: Built): Promise<Service> {
  const words = [...config.Entrypoint, ...config.Cmd];
  const [file = '', ...argv] = host.command(
    command(buildah('run', '--isolation', 'chroot', container, '--', ...words)),
  );
  const child = spawn(file, argv, { stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: toolPath } });
  const log = text(child.stderr);
  const ended = Promise.all([once(child, 'exit') as Promise<[number | null]>, log]).then(
    ([[code], said]) => ({
      code,
      log: said,
    }),
  );
  const listening = await readEventLines(child.stdout).line('listening');
  if (listening === undefined) {
    throw new Error(`the container does not serve: ${await log}`);
  }
  return { pid: lastChild(child.pid ?? 0), listening, ended };
}

/**
 * Each file below a folder: kind, mode, owner, size, times and content. Without the times of `/run`: buildah puts a file
 * there for as long as a container runs.
 */
async function filesBelow(storage: Storage, root: string): Promise<readonly string[]> {
  const listed = '-path ./run -printf "%p %y %m %U:%G\\n" -o -printf "%p %y %m %U:%G %s %T@ %C@ %l\\n"';
  const script = `cd "$0" && find . -xdev ${listed} && find . -xdev -type f -exec sha256sum {} +`;
  return (await must(storage, ['sh', '-ec', script, root])).split('\n').toSorted();
}

/** The line of a process' state under that name. */
function stateOf(pid: number, name: string): readonly string[] {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1]?.trim().split(/\s+/) ?? [];
}

async function startContainer(context: TestContext) {
  needTools(context);
  const lab = await labOrSkip(context, {
    sites: { alice: parseSite('port-restricted'), bob: parseSite('port-restricted') },
  });
  const host = lab.hosts['rendezvous']!;
  const storage = await openStorage(host);
  await makeBase(context, storage);
  const built = await build(storage);
  const { config, container } = built;
  const [server = ''] = host.addresses;
  const root = (await must(storage, buildah('mount', container))).trim();
  return {
    config,
    root,
    must: (argv: readonly string[]) => must(storage, argv),
    files: () => filesBelow(storage, root),
    serve: () => serve(storage, built),
    /** Runs a command in the container, beside the service. */
    beside: (words: readonly string[]) =>
      host.exec(storage.command(buildah('run', '--isolation', 'chroot', container, '--', ...words))),
    chat: (name: 'alice' | 'bob', ...words: string[]) =>
      runPunchline(lab.hosts[name]!, ['chat', '--json', '--server', server, ...words]),
    /** Asks from outside, at the port of the clients. */
    health: async () => {
      const ask = `fetch('http://${server}:8877/healthz').then(async (said) => console.log(said.status, (await said.text()).trim()))`;
      const { stdout } = await lab.hosts['alice']!.exec([process.execPath, '-e', ask]);
      return stdout;
    },
  };
}

test(
  'the container serves as a user without rights, is healthy, drains on SIGTERM and writes nothing, also to a read-only root',
  async (context) => {
    const { config, beside, chat, health, root, files, ...container } = await startContainer(context);
    expect(config).toMatchObject({ StopSignal: 'SIGTERM', ExposedPorts: { '8877/tcp': {}, '8878/tcp': {} } });
    const [how, ...check] = config.Healthcheck.Test;
    expect(how).toBe('CMD');
    // The first command of a container makes the files over which buildah mounts its own.
    expect((await beside(check)).code).toBe(1);
    const before = await files();
    expect(before.length).toBeGreaterThan(100);

    const first = await container.serve();
    expect(first.listening).toMatchObject({ port: 8877, probePort: 8878 });
    const user = config.User.split(':')[0] ?? '';
    expect(Number(user)).toBeGreaterThan(0);
    expect(stateOf(first.pid, 'Uid')).toEqual([user, user, user, user]);
    expect(stateOf(first.pid, 'CapEff')).toEqual(['0000000000000000']);
    expect((await beside(check)).code).toBe(0);
    expect(await health()).toBe('200 ok\n');

    const alice = chat('alice', '--code', '4711-velvet-orbit');
    await alice.line('rendezvous', ({ state }) => state === 'waiting');
    const bob = chat('bob', '--code', '4711-velvet-orbit');
    for (const side of [alice, bob]) {
      expect(await side.line('connected')).toMatchObject({ path: 'direct' });
    }
    bob.type('through the container');
    await alice.line('message', ({ text: said }) => said === 'through the container');
    bob.endInput();
    expect((await bob.exited).code).toBe(0);
    expect((await alice.exited).code).toBe(0);

    const waiting = chat('alice', '--code', '4712-velvet-orbit');
    await waiting.line('rendezvous', ({ state }) => state === 'waiting');
    expect(process.kill(first.pid, config.StopSignal)).toBe(true);
    expect(await first.ended).toMatchObject({
      code: 0,
      log: expect.stringMatching(/"draining".*"closed"/s) as string,
    });
    await waiting.line('rendezvous', ({ state }) => state === 'closed');
    expect((await beside(check)).code).toBe(1);
    expect(await files()).toEqual(before);

    // The same container again, as it is under --read-only. buildah needs `/run` for a file of its own.
    await container.must(['mount', '--bind', root, root]);
    await container.must(['mount', '-o', 'remount,bind,ro', root]);
    await container.must(['mount', '-t', 'tmpfs', '-o', 'mode=755', 'run', `${root}/run`]);
    const second = await container.serve();
    const rootOf = readFileSync(`/proc/${second.pid}/mountinfo`, 'utf8').split('\n')[0] ?? '';
    expect(rootOf).toMatch(/ \/ ro,/);
    const guest = chat('bob', '--code', '4712-velvet-orbit');
    for (const side of [waiting, guest]) {
      await side.line('connected');
    }
    guest.endInput();
    expect((await guest.exited).code).toBe(0);
    expect((await waiting.exited).code).toBe(0);
    process.kill(second.pid, config.StopSignal);
    expect((await second.ended).code).toBe(0);
    expect(await files()).toEqual(before);
  },
  timeout,
);
