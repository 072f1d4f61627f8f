import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { eventually } from '../../../helpers/eventually.ts';
import type { LabState } from '../../../../source/lab/named/lab-messages.ts';
import { needLab, processesIn } from '../../../helpers/lab/lab.ts';
import { silenceMs, startAgent } from '../../../helpers/programs/agent.ts';
import { runHere } from '../../../helpers/programs/run-here.ts';
import { makeLabs } from '../../../helpers/lab/make-labs.ts';
import { createPlace, type Place } from '../../../helpers/lab/named-labs.ts';
import { needOtherUsers, stranger } from '../../../helpers/programs/other-users.ts';
import { program, startPunchline } from '../../../helpers/programs/punchline.ts';
import { skipWithout } from '../../../helpers/skip-without.ts';

/** The network namespace of a host, as /proc names it. */
async function networkOf(place: Place, name: string, host: string): Promise<string> {
  const { stdout } = await (await place.host(name, host)).exec(['readlink', '/proc/self/ns/net']);
  return stdout.trim();
}

/** Returns a function that dials a port of the rendezvous at which nothing listens, and tells the outcome. */
async function dialler(place: Place, name: string, host: string): Promise<() => Promise<string>> {
  const agent = startAgent(await place.host(name, host));
  const [address = ''] = (await place.host(name, 'rendezvous')).addresses;
  // It runs when it has answered once.
  await agent.listen(0);
  return async () => (await agent.dial({ address, port: 9 }, { timeoutMs: silenceMs })).outcome;
}

test('a lab is made, listed, entered, cut, restored, rebound and ended', async (context) => {
  const place = await createPlace(context);
  const { done, lab, list, program: built, programDone } = place;
  const before = execFileSync('ip', ['-o', 'link'], { encoding: 'utf8' });
  const told = await programDone('up', 'class', 'alice=random/rst', 'bob=port-restricted,hosts=ada+grace');
  for (const words of ['alice', 'ada', 'grace', '50.0.1.2', 'random ports', 'with RST', 'lab down class']) {
    expect(told).toContain(words);
  }
  const [, line = ''] = /^ +(nsenter .*) sh {2}# ada$/m.exec(told) ?? [];
  const inside = spawnSync('sh', ['-c', `${line} ip -4 -o address`], { encoding: 'utf8' });
  expect(inside.stdout).toContain('192.168.2.2/24');
  expect(execFileSync('ip', ['-o', 'link'], { encoding: 'utf8' })).toBe(before);
  expect(await list()).toMatchObject([
    { name: 'class', sites: [{ name: 'alice', external: '50.0.1.2', cut: false }, { name: 'bob' }] },
  ]);

  const said = await built('enter', 'class', 'grace', '--', 'sh', '-c', 'echo "$PUNCHLINE_LAB"; exit 7');
  expect(said).toEqual({ code: 7, stdout: 'class\n', stderr: '' });
  const router = await place.host('class', 'alice.router');
  expect((await router.exec(['nft', 'list', 'tables'])).stdout).toBe('table ip site\n');
  expect(await lab('enter', 'class', 'grce')).toMatchObject({
    code: 2,
    stderr: 'punchline: there is no host \'grce\' in the lab "class"\nDid you mean "grace"?\n',
  });

  const [fromAlice, fromAda] = await Promise.all([
    dialler(place, 'class', 'alice'),
    dialler(place, 'class', 'ada'),
  ]);
  expect(await fromAlice()).toBe('ECONNREFUSED');
  await programDone('cut', 'class', 'alice');
  expect(await fromAlice()).toBe('silence');
  expect(await fromAda()).toBe('ECONNREFUSED');
  expect(await programDone('list')).toContain('CUT');
  await programDone('restore', 'class', 'alice');
  expect(await fromAlice()).toBe('ECONNREFUSED');
  expect(await lab('cut', 'class', 'carol')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('carol'),
  });

  expect(await programDone('rebind', 'class', 'alice')).toContain('50.0.1.3');
  expect(await list()).toMatchObject([
    { sites: [{ name: 'alice', external: '50.0.1.3' }, { external: '50.0.2.2' }] },
  ]);

  const network = await networkOf(place, 'class', 'ada');
  expect(await programDone('down')).toBe('The lab "class" is gone.\n');
  expect(processesIn(network)).toEqual([]);
  expect(await done('list')).toBe('No lab is up.\n');
  expect(readdirSync(place.sockets)).toEqual([]);
});

test('a line that is cut for a while comes back by itself', async (context) => {
  const place = await createPlace(context);
  await place.done('up', 'alice=cone');
  await place.done('cut', 'lab', 'alice', '--for', '3600');
  expect(await place.list()).toMatchObject([{ sites: [{ cut: true }] }]);
  await place.done('cut', 'lab', 'alice', '--for', '0.8');
  await eventually(async () => expect(await place.list()).toMatchObject([{ sites: [{ cut: false }] }]));
  expect(await (await dialler(place, 'lab', 'alice'))()).toBe('ECONNREFUSED');
});

test('several labs with the same sites run side by side under their names', async (context) => {
  const place = await createPlace(context);
  const { done, lab } = place;
  await Promise.all([done('up', 'one', 'alice=cone'), done('up', 'two', 'alice=cone')]);
  const networks = await Promise.all([networkOf(place, 'one', 'alice'), networkOf(place, 'two', 'alice')]);
  expect(networks[0]).not.toBe(networks[1]);
  expect(await lab('up', 'one', 'alice=cone')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('there is a lab "one" already'),
  });
  expect(await lab('down')).toMatchObject({ code: 2, stderr: expect.stringContaining('2 labs: one, two') });
  expect(await lab('down', 'on')).toMatchObject({ code: 2, stderr: expect.stringContaining('mean "one"?') });
  const dial = await dialler(place, 'two', 'alice');
  await done('cut', 'one', 'alice');
  expect(await dial()).toBe('ECONNREFUSED');
  await done('down', 'one');
  expect(await dial()).toBe('ECONNREFUSED');
  expect(await done('down', '--all')).toBe('The lab "two" is gone.\n');
});

test.for(['SIGKILL', 'SIGTERM'] as const)(
  'a daemon that dies by %s takes its lab with it, and its name is free again',
  async (signal, context) => {
    const place = await createPlace(context);
    await place.done('up', 'class', 'alice=cone', 'bob=random');
    const network = await networkOf(place, 'class', 'alice');
    const [{ hosts, pid }] = (await place.list()) as [LabState];
    const guest = await enterForLong(hosts.find(({ name }) => name === 'alice')!.enter);
    expect(processesIn(network)).not.toEqual([]);
    process.kill(pid, signal);
    await guest.ended;
    // A daemon removes its socket last, because the name is free then. One that was killed leaves all to the next program.
    const left = signal === 'SIGTERM' ? [] : ['class.bin', 'class.lab'];
    while (existsSync(join(place.sockets, 'class.lab')) && left.length === 0) {
      await setImmediate();
    }
    expect(readdirSync(place.sockets)).toEqual(left);
    await eventually(() => expect(processesIn(network)).toEqual([]));
    await eventually(async () => expect(await place.done('list')).toBe('No lab is up.\n'));
    expect(readdirSync(place.sockets)).toEqual([]);
    await place.done('up', 'class', 'alice=cone');
    expect(await place.list()).toHaveLength(1);
  },
);

test('a daemon ends with its lab, whatever ended the lab', async (context) => {
  const place = await createPlace(context);
  await place.done('up', 'alice=cone');
  const [{ hosts, pid }] = (await place.list()) as [LabState];
  const [, holder = ''] = /\/proc\/(\d+)\//.exec(hosts[0]!.enter.join(' ')) ?? [];
  process.kill(Number(holder), 'SIGKILL');
  await eventually(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'));
  expect(readdirSync(place.sockets)).toEqual([]);
});

test('a daemon refuses an unknown request, and goes on', async (context) => {
  const place = await createPlace(context);
  await place.done('up', 'alice=cone');
  for (const nonsense of ['', 'x', '{}', '{"do":"cut"}', '{"do":"cut","line":"alice","seconds":-1}', '[]']) {
    const socket = connect(join(place.sockets, 'lab.lab'));
    socket.end(`${nonsense}\n`);
    expect(JSON.parse(await text(socket))).toMatchObject({ ok: false, code: 'ERR_USAGE' });
  }
  const silent = connect(join(place.sockets, 'lab.lab'));
  silent.end();
  expect(await text(silent)).toBe('');
  expect(await place.list()).toMatchObject([{ name: 'lab', sites: [{ cut: false }] }]);
});

test('a folder for sockets to which others may write is refused; one that they may only read is closed', async (context) => {
  const place = await createPlace(context);
  mkdirSync(place.sockets);
  chmodSync(place.sockets, 0o777);
  expect(await place.lab('up', 'alice=cone')).toMatchObject({
    code: 8,
    stderr: expect.stringContaining('is open to others'),
  });
  chmodSync(place.sockets, 0o755);
  await place.done('up', 'alice=cone');
  expect(statSync(place.sockets).mode & 0o777).toBe(0o700);
});

async function listWith(env: Record<string, string>) {
  const { code, stderr } = await runHere(['lab', 'list'], env);
  return { code, stderr };
}

function refusal(why: string) {
  return { code: 8, stderr: expect.stringContaining(why) as string };
}

test('sockets are not put into a folder of another user, or one that another user could swap', async (context) => {
  needOtherUsers(context);
  const folder = mkdtempSync(join(tmpdir(), 'punchline-labs-'));
  context.onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  expect(await listWith({ XDG_RUNTIME_DIR: folder })).toEqual({ code: 0, stderr: '' });
  expect(readdirSync(folder)).toEqual(['punchline']);
  chownSync(join(folder, 'punchline'), stranger, stranger);
  expect(await listWith({ XDG_RUNTIME_DIR: folder })).toEqual(refusal('belongs to another user'));
  rmSync(join(folder, 'punchline'), { recursive: true });
  symlinkSync(mkdtempSync(join(folder, 'own-')), join(folder, 'punchline'));
  expect(await listWith({ XDG_RUNTIME_DIR: folder })).toEqual(refusal('is a link'));
  // After sudo -E, both belong to the user who called it.
  chownSync(folder, stranger, stranger);
  expect(await listWith({ XDG_RUNTIME_DIR: folder, TMPDIR: folder })).toEqual(
    refusal('belongs to another user'),
  );
  chownSync(folder, 0, 0);
  chmodSync(folder, 0o777);
  expect(await listWith({ XDG_RUNTIME_DIR: '', TMPDIR: folder })).toEqual(refusal('is open to others'));
  chmodSync(folder, 0o1777);
  expect(await listWith({ XDG_RUNTIME_DIR: '', TMPDIR: folder })).toEqual({ code: 0, stderr: '' });
});

test('no tool is taken from the current folder, whatever PATH says', async (context) => {
  const place = await createPlace(context);
  const stolen = join(place.folder, 'stolen');
  for (const tool of ['unshare', 'nsenter', 'ip', 'nft']) {
    writeFileSync(join(place.folder, tool), `#!/bin/sh\necho ${tool} >> ${stolen}\nexit 1\n`, {
      mode: 0o755,
    });
  }
  const PATH = `:.:${process.env['PATH'] ?? ''}`;
  const env = { PATH, XDG_RUNTIME_DIR: place.folder };
  const under = ['/usr/bin/env', '-C', place.folder];
  for (const args of [
    ['up', 'alice=cone'],
    ['enter', 'lab', 'alice', '--', 'true'],
  ]) {
    const { code, stderr } = await startPunchline(['lab', ...args], { input: '', env, under }).ended();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  }
  expect(existsSync(stolen)).toBe(false);
});

test('a lab is made from a file', async (context) => {
  const place = await createPlace(context);
  const file = join(place.folder, 'lab.json');
  writeFileSync(
    file,
    '{"sites":{"alice":{"mapping":"none","filtering":"endpoint-independent","hosts":["a","b"]}}}',
  );
  expect(await place.done('up', '--file', file)).toContain('no NAT, no firewall');
  await place.done('down', 'lab');
  expect(await place.lab('up', '--file', file, 'alice=cone')).toMatchObject({ code: 2 });
  expect(await place.lab('up', '--file', join(place.folder, 'nothing'))).toMatchObject({ code: 2 });
});

// In the long tier it is twenty.
test('three labs one after the other leave nothing', async (context) => {
  const { after, before } = await makeLabs(context, 3);
  expect(after).toEqual(before);
  expect(after).toMatchObject({ namespaces: '', sockets: [] });
});

test('a user without rights makes, enters and ends a lab in a user namespace', async (context) => {
  const place = await createPlace(context);
  const punchline = `'${process.execPath}' '${program}' lab`;
  const script = [
    `${punchline} up alice=random`,
    `${punchline} enter lab alice -- sh -c 'ip -4 -o address; punchline --version'`,
    `echo 'uname -n' | SHELL=/bin/sh ${punchline} enter lab alice`,
    `${punchline} down`,
  ].join(' && ');
  const { status, stderr, stdout } = spawnSync(
    'unshare',
    ['--user', '--map-user=1000', '--map-group=1000', 'sh', '-c', script],
    {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], HOME: place.folder, XDG_RUNTIME_DIR: place.folder },
    },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toContain('nsenter --user=');
  expect(stdout).toContain('192.168.1.2/24');
  expect(stdout).toMatch(/^\d+\.\d+\.\d+\nalice\.lab\nThe lab "lab" is gone\.$/m);
});

test('on a machine without nft and ip, it says what to install, with exit 8', async (context) => {
  await needLab(context);
  const where = spawnSync('sh', ['-c', 'PATH="$PATH:/usr/sbin:/sbin"; which -a nft; which -a ip'], {
    encoding: 'utf8',
  });
  const paths = where.stdout.split('\n').filter((path) => path !== '');
  // Hidden in a mount namespace of its own, where an empty file stands instead of the program.
  const hide = paths.map((path) => `mount --bind /dev/null "$(readlink -f ${path})"`).join(' && ');
  const under = ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', `${hide}; exec "$@"`, 'sh'];
  const { code, stderr, stdout } = await startPunchline(['lab', 'up', 'alice=cone'], {
    input: '',
    under,
  }).ended();
  expect({ code, stdout }).toEqual({ code: 8, stdout: '' });
  expect(stderr).toContain('A lab needs ip and nft, which are not installed.');
  expect(stderr).toContain('apt-get install iproute2 nftables.');
});

test('without the right to administer networks, root is told so, with exit 8', async (context) => {
  const place = await createPlace(context);
  if (process.getuid?.() !== 0) {
    skipWithout(context, 'this user has no rights to give up');
  }
  const { code, stderr, stdout } = await startPunchline(['lab', 'up', 'alice=cone'], {
    input: '',
    env: { XDG_RUNTIME_DIR: place.folder },
    under: ['setpriv', '--bounding-set=-sys_admin'],
  }).ended();
  expect({ code, stdout }).toEqual({ code: 8, stdout: '' });
  expect(stderr).toMatch(/^punchline: The kernel allows no lab here[^]*administer networks/);
  expect(readdirSync(place.sockets)).toEqual([]);
});

test.each([
  [['lab'], 'lab needs a command', 'up, try, matrix'],
  [['lab', 'mtarix'], "'mtarix' is not a command of lab", 'Did you mean "punchline lab matrix"?'],
  [['lab', 'up', 'alice=randon'], "'randon' is not a kind", 'Did you mean "random"?'],
  [['lab', 'up', 'alice=cone', 'alice=cone'], "two sites named 'alice'", ''],
  [['lab', 'up', 'Class', 'alice=cone'], "'Class' cannot be the name of a lab", ''],
  [['lab', 'up', 'alice=cone,behind=isp'], 'is behind "isp", which does not exist', ''],
  [['lab', 'up', '--frobnicate'], "'--frobnicate'", ''],
  [['lab', 'cut', 'lab', 'alice', '--for', 'ever'], "--for 'ever' is not a number", ''],
  [['lab', 'try', 'cone'], 'two hosts are needed to meet', ''],
  [['lab', 'try', 'cone', 'cone', '--classic', '--relay', 'auto'], '--classic and --relay exclude', ''],
  [['lab', 'try', 'cone', 'cone', '--spray', '9999x1'], '1 to 1024 dials', '--spray 1024x64'],
  [['lab', 'try', 'cone', 'cone', '--keep', 'Class'], "'Class' cannot be the name of a lab", ''],
  [['lab', 'matrix', '--runs', '0'], "--runs '0' is not a whole number from 1 to 1000", ''],
  [['lab', 'matrix', '--filterings', 'apfd'], "'apfd' is none of", ''],
  [['lab', 'matrix', '--kinds', 'cone,randon'], "'randon' is not a kind", 'Did you mean "random"?'],
])('%j is refused before anything is made', async (args, message, hint) => {
  const { code, stderr, stdout } = await runHere(args);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(message);
  expect(stderr).toContain(hint);
});

/** Runs a command in a host that does not end by itself. Resolves when it runs, with a promise of its end. */
async function enterForLong([file = '', ...enter]: readonly string[]): Promise<{ ended: Promise<unknown> }> {
  const guest = spawn(file, [...enter, 'sh', '-c', 'echo in; exec sleep 1000']);
  const ended = once(guest, 'exit');
  await once(guest.stdout, 'data');
  return { ended };
}
