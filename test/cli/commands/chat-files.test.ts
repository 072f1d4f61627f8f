import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectEventShapes } from '../../helpers/chats/event-shapes.ts';
import { aFolder } from '../../helpers/sessions/file-sides.ts';
import { code as agreed, startPair } from '../../helpers/sessions/pair.ts';
import { asUser, isRoot, needOtherUsers, stranger } from '../../helpers/programs/other-users.ts';
import { openRendezvous } from '../../helpers/servers/local-rendezvous.ts';
import { startPunchline, type PunchlineOptions } from '../../helpers/programs/punchline.ts';
import { skipWithout } from '../../helpers/skip-without.ts';
import { startRawServer } from '../../helpers/strangers/raw-server.ts';

function aFile(name: string, bytes: Uint8Array | string) {
  const path = join(aFolder(), name);
  writeFileSync(path, bytes);
  return path;
}

/** The stderr of a chat that this machine refuses: it has not dialled, and has shown no invite. */
async function refusal(args: readonly string[], options: PunchlineOptions = {}): Promise<string> {
  let dials = 0;
  const { port } = await startRawServer(() => (dials += 1));
  const words = ['chat', '-s', `127.0.0.1:${port}`, '--json', ...args];
  const { code, stdout, stderr } = await startPunchline(words, { input: '', ...options }).ended();
  expect({ code, stdout, dials }).toEqual({ code: 8, stdout: '', dials: 0 });
  return stderr;
}

function asStranger(): PunchlineOptions {
  const { words, env } = asUser(stranger);
  return { env: { ...env, NODE_OPTIONS: words.join(' '), HOME: '/nonexistent', XDG_CONFIG_HOME: '' } };
}

describe('chat --accept-files', () => {
  test.each([
    ['is missing', 'it is not there\nMake that folder, or choose another one.', () => undefined],
    ['is a file', 'it is not a folder\nChoose another folder.', (path: string) => writeFileSync(path, '')],
    ['is a link to nothing', 'it is a link that leads nowhere\n', (path: string) => symlinkSync('no', path)],
  ])('ends with exit 8 before anything begins if the folder %s', async (_, why, make) => {
    const path = join(aFolder(), 'in');
    make(path);
    const stderr = await refusal(['--accept-files', path]);
    expect(stderr).toContain(`punchline: nothing can be put into ${path}: ${why}`);
  });

  test.each(['300', '500', '600'])('ends with exit 8 if the mode of the folder is %s', async (mode) => {
    const folder = aFolder();
    chmodSync(folder, Number.parseInt(mode, 8));
    if (isRoot) {
      // Root ignores modes.
      chownSync(folder, stranger, stranger);
    }
    const stderr = await refusal(['--accept-files', folder], isRoot ? asStranger() : {});
    expect(stderr).toContain(`nothing can be put into ${folder}: this user has no permission\n`);
  });

  test('ends with exit 8 if the disk of the folder is read-only', async (context) => {
    const folder = aFolder();
    const script = `mount -t tmpfs -o ro tmpfs ${folder} && exec "$@"`;
    const under = ['unshare', '-m', 'sh', '-c', script, 'sh'];
    if (spawnSync('unshare', [...under.slice(1), 'true']).status !== 0) {
      skipWithout(context, 'this user may not mount a disk');
    }
    const stderr = await refusal(['--accept-files', folder], { under });
    expect(stderr).toContain(`nothing can be put into ${folder}: the disk is read-only\n`);
  });
});

/** A file that is there, and that only root may read. */
function anUnreadable(path: string) {
  writeFileSync(path, 'secret');
  chmodSync(path, 0);
  return path;
}

/** A folder with one file that can be read, and a file and a folder that cannot. */
function aGuardedFolder() {
  const folder = aFolder();
  chmodSync(folder, 0o755);
  const album = join(folder, 'album');
  mkdirSync(join(album, 'deep', 'closed'), { recursive: true });
  writeFileSync(join(album, 'deep', 'closed', 'file'), 'x');
  writeFileSync(join(album, 'photo'), 'seen');
  anUnreadable(join(album, 'deep', 'key'));
  chmodSync(join(album, 'deep', 'closed'), 0);
  return album;
}
/** A folder of the kernel. Its files all say that they have 4096 bytes, and have fewer. */
const statistics = '/sys/class/net/lo/statistics';
const missing = /; \d\d files are missing: collisions \(it has become shorter\), .*, \d\d more$/m;

describe('chat --send', () => {
  test('sends files and folders to --accept-files while both chat, and the end of stdin waits for them', async () => {
    const bytes = randomBytes(5_000_000);
    const [large, small] = [aFile('large', bytes), aFile('a,b', 'small')];
    const folder = aFolder();
    const [one, other] = await startPair(
      { args: ['--accept-files', folder], options: { input: 'from one\n' } },
      { args: ['--send', large, `--send=${small}`], options: { input: 'from other\n' } },
    );
    const [receiver, sender] = await Promise.all([one.ended(), other.ended()]);
    expect([receiver.code, sender.code]).toEqual([0, 0]);
    expect(readdirSync(folder).toSorted()).toEqual(['a,b', 'large']);
    expect(readFileSync(join(folder, 'large')).equals(bytes)).toBe(true);
    for (const { events } of [one, other]) {
      expectEventShapes(events);
      const ends = events.filter((event) => event.event === 'file' && event.state === 'done');
      expect(ends).toHaveLength(2);
    }
    expect(one.events).toContainEqual(expect.objectContaining({ event: 'message', text: 'from other' }));
  });

  test('is declined if nobody can be asked, and the sender sees why', async () => {
    const [one, other] = await startPair({}, { args: ['--send', aFile('x', 'x')], options: { input: '' } });
    const declined = await other.waitFor('file', ({ state }) => state === 'declined');
    expect(declined).toMatchObject({
      by: 'peer',
      reason: expect.stringContaining('--accept-files') as string,
    });
    expect((await other.ended()).code).toBe(9);
    expect((await one.waitFor('file', ({ state }) => state === 'declined')).by).toBe('me');
    expect((await one.ended()).code).toBe(0);
  });

  test.each(['--json', '--plain'])(
    'ends with 9 if the peer declines, which itself ends with 0: %s',
    async (face) => {
      const [one, other] = await startPair(
        { face },
        { face, args: ['--send', aFile('x', 'x')], options: { input: '' } },
      );
      expect([(await other.ended()).code, (await one.ended()).code]).toEqual([9, 0]);
    },
  );

  test.skipIf(!existsSync(statistics)).each([
    ['--json', /"path":"collisions","reason":"it has become shorter"[^]*"event":"ended",.*"exit":9/],
    ['--plain', missing],
  ])(
    'hands over a folder without the files that became shorter, names them in the log, and ends with 9 on both sides: %s',
    async (face, said) => {
      const folder = aFolder();
      const logs = ['one', 'other'].map((name) => join(aFolder(), name));
      const [one, other] = await startPair(
        { face, args: ['--accept-files', folder, '--log', logs[0] ?? ''] },
        { face, args: ['--send', statistics, '--log', logs[1] ?? ''], options: { input: '' } },
      );
      const [receiver, sender] = await Promise.all([one.ended(), other.ended()]);
      expect([receiver.code, sender.code]).toEqual([9, 9]);
      expect(readdirSync(join(folder, 'statistics'))).toEqual([]);
      for (const log of logs) {
        expect(readFileSync(log, 'utf8')).toMatch(missing);
      }
      for (const { stdout } of [receiver, sender]) {
        expect(stdout).toMatch(said);
      }
    },
  );

  test.each(['--json', '--plain'])(
    'ends with 9 on both sides if the folder of the other side goes before the file comes: %s',
    async (face) => {
      const folder = aFolder();
      const { options: server } = await openRendezvous();
      function start(args: readonly string[]) {
        return startPunchline(['chat', face, '--code', agreed, ...server, ...args], {});
      }
      const receiver = start(['--accept-files', folder]);
      await receiver.waitForText(/waiting/);
      rmSync(folder, { recursive: true });
      const sender = start(['--send', aFile('x', 'x')]);
      sender.endInput();
      const exits = await Promise.all([receiver.ended(), sender.ended()]);
      expect(exits.map((exit) => exit.code)).toEqual([9, 9]);
    },
  );

  test.each([
    { args: [], name: '_env', unhidden: 1 },
    { args: ['--accept-hidden'], name: '.env', unhidden: undefined },
  ])('keeps the dot of a hidden name only with --accept-hidden: $name', async ({ args, name, unhidden }) => {
    const project = join(aFolder(), 'project');
    mkdirSync(project);
    writeFileSync(join(project, '.env'), 'x');
    const folder = aFolder();
    const [one, other] = await startPair(
      { args: ['--accept-files', folder, ...args] },
      { args: ['--send', project], options: { input: '' } },
    );
    await other.ended();
    await one.ended();
    expect(readdirSync(join(folder, 'project'))).toEqual([name]);
    const files = one.events.filter((event) => event.event === 'file');
    expect([files[0]?.hidden, files.at(-1)?.unhidden]).toEqual([1, unhidden]);
    for (const { events } of [one, other]) {
      expectEventShapes(events);
    }
  });

  test.each([
    ['nowhere/at/all', 'cannot be sent: it is not there'],
    ['/dev/null', 'cannot be sent: it is neither a file nor a folder'],
  ])('ends with exit 8 before anything begins if %s is to be sent', async (path, why) => {
    expect(await refusal(['--send', path])).toContain(why);
  });

  test('offers what can be read of a folder, and both sides say what cannot, and exit with 9', async (context) => {
    needOtherUsers(context);
    const folder = aFolder();
    const [one, other] = await startPair(
      { args: ['--accept-files', folder] },
      { args: ['--send', aGuardedFolder()], options: { input: '', ...asStranger() } },
    );
    const [receiver, sender] = await Promise.all([one.ended(), other.ended()]);
    expect([receiver.code, sender.code]).toEqual([9, 9]);
    const left = {
      unreadable: 2,
      unreadableFiles: [
        { path: 'deep/closed', reason: 'it cannot be read: this user has no permission' },
        { path: 'deep/key', reason: 'it cannot be read: this user has no permission' },
      ],
    };
    for (const { events } of [one, other]) {
      const told = events.filter((event) => event.event === 'file');
      expect(told[0]).toMatchObject({ state: 'offered', files: 1, bytes: 4, ...left });
      expect(told.at(-1)).toMatchObject({ state: 'done', done: 4, ...left });
    }
    expect(readdirSync(folder, { encoding: 'utf8', recursive: true }).toSorted()).toEqual([
      'album',
      join('album', 'deep'),
      join('album', 'photo'),
    ]);
    for (const { events } of [one, other]) {
      expectEventShapes(events);
    }
  });

  test('says as lines on both sides what of a folder cannot be read', async (context) => {
    needOtherUsers(context);
    const { options: server } = await openRendezvous();
    const args = ['chat', '--plain', '--code', agreed, ...server];
    const folder = aFolder();
    const receiver = startPunchline([...args, '--accept-files', folder]);
    const sender = startPunchline([...args, '--send', aGuardedFolder()], { input: '', ...asStranger() });
    const ends = await Promise.all([receiver.ended(), sender.ended()]);
    const named =
      'deep/closed (it cannot be read: this user has no permission), deep/key (it cannot be read: this user has no permission)';
    const unsent = `2 files or folders in it are not sent: ${named}`;
    expect(sender.stdout).toContain(`* offering s1 album/ (4 bytes, 1 file); ${unsent}\n`);
    expect(receiver.stdout).toMatch(/^\* .* offers r1 album\/ \(4 bytes, 1 file\); .*$/m);
    expect(receiver.stdout).toContain(`${unsent}\n`);
    for (const { stdout } of ends) {
      expect(stdout).toContain(`; 2 files or folders are missing: ${named}\n`);
    }
    expect(ends.map(({ code }) => code)).toEqual([9, 9]);
  });

  test.for<[string, (folder: string) => string, RegExp]>([
    [
      'a file',
      (folder) => anUnreadable(join(folder, 'key')),
      /key cannot be sent: this user has no permission\nChoose another file\./,
    ],
    [
      'all of a folder',
      (folder) => {
        mkdirSync(join(folder, 'sub'));
        anUnreadable(join(folder, 'sub', 'a'));
        anUnreadable(join(folder, 'sub', 'b'));
        return folder;
      },
      /cannot be sent: it holds nothing that can be read: sub\/a \(it cannot be read: this user has no permission\), and 1 more/,
    ],
    [
      'the folder itself',
      (folder) => {
        chmodSync(folder, 0);
        return folder;
      },
      /cannot be sent: this user has no permission/,
    ],
  ])('ends with exit 8 before anything begins if %s cannot be read', async ([, make, why], context) => {
    needOtherUsers(context);
    const folder = aFolder();
    chmodSync(folder, 0o755);
    expect(await refusal(['--send', make(folder)], asStranger())).toMatch(why);
  });

  test('sends a file of the current folder, also if the name of that folder is not UTF-8', async () => {
    const folder = aFolder();
    const { options: server } = await openRendezvous();
    const script = String.raw`cd "$0" && d=$(printf 'caf\351') && mkdir "$d" && cd "$d" && echo x > a.txt && exec "$@"`;
    const sender = startPunchline(['chat', '--plain', '--code', agreed, ...server, '--send', 'a.txt'], {
      under: ['sh', '-c', script, folder],
    });
    const [line] = await sender.waitForText(/^\* offering .*$/m);
    expect(line).toBe('* offering s1 a.txt (2 bytes)');
  });

  test('says of a name that is not UTF-8 what is wrong with it', async () => {
    const folder = aFolder();
    writeFileSync(Buffer.concat([Buffer.from(`${folder}/caf`), Buffer.of(0xe9)]), 'x');
    const under = ['sh', '-c', `exec "$@" --send "$(printf '%s/caf\\351' "$0")"`, folder];
    const stderr = await refusal([], { under });
    expect(stderr).toContain(
      `${folder}/caf\u{FFFD} cannot be sent: it is not there; \u{FFFD} stands for bytes that are not UTF-8, and they cannot be named here`,
    );
    expect(stderr).toContain('Rename it, or send the folder that holds it.');
  });

  test('says as lines what becomes of a file, whatever its name', async () => {
    const folder = aFolder();
    const [one, other] = await startPair(
      { face: '--plain', args: ['--accept-files', folder] },
      { face: '--plain', args: ['--send', aFile('gpj\u202Eexe', 'x')] },
    );
    await one.waitForText(/^\* received r1 gpj⟨U\+202E⟩exe \(1 byte\) in [\d.]+ m?s: .*gpj⟨U\+202E⟩exe$/m);
    await other.waitForText(/^\* the peer has s1 gpj⟨U\+202E⟩exe \(1 byte\) in [\d.]+ m?s$/m);
    expect(readdirSync(folder)).toEqual(['gpj⟨U+202E⟩exe']);
  });

  test('refuses an empty folder for downloads in the config file', async () => {
    const config = aFolder();
    mkdirSync(join(config, 'punchline'));
    writeFileSync(join(config, 'punchline', 'config.json'), JSON.stringify({ downloads: '' }));
    const { code, stderr } = await startPunchline(['chat', '-s', '127.0.0.1:9', '--json'], {
      input: '',
      env: { XDG_CONFIG_HOME: config },
    }).ended();
    expect(code).toBe(2);
    expect(stderr).toContain('downloads is not the name of a folder');
  });
});
