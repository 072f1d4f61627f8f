import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { asUser, needOtherUsers, stranger } from '../../helpers/programs/other-users.ts';
import { code } from '../../helpers/sessions/pair.ts';
import { openRendezvous } from '../../helpers/servers/local-rendezvous.ts';
import { program, startPunchline } from '../../helpers/programs/punchline.ts';
import { runHere } from '../../helpers/programs/run-here.ts';

/** A name that does not exist: the error of a program that asks for it names it. */
function nowhere(name: string) {
  return `${name}.invalid`;
}

function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A folder for XDG_CONFIG_HOME with this config file. */
function withConfig(text: string | Uint8Array): {
  readonly env: Record<string, string>;
  readonly path: string;
} {
  const folder = makeFolder();
  mkdirSync(join(folder, 'punchline'));
  const path = join(folder, 'punchline', 'config.json');
  writeFileSync(path, text);
  return { env: { XDG_CONFIG_HOME: folder }, path };
}

describe('the rendezvous', () => {
  const invite = `${code}@${nowhere('invite')}`;
  const variable = { PUNCHLINE_SERVER: nowhere('variable') };
  const config = JSON.stringify({ server: nowhere('file') });

  test.each([
    ['--server over the invite', ['-s', nowhere('option'), invite], variable, 'option'],
    ['the invite over the variable', [invite], variable, 'invite'],
    ['the variable over the config file', [], variable, 'variable'],
    ['an empty variable is none', [], { PUNCHLINE_SERVER: '' }, 'file'],
    ['the config file', [], {}, 'file'],
  ])('is taken from %s', async (_, words, env, source) => {
    const chat = startPunchline(['chat', '--json', ...words], {
      env: { ...withConfig(config).env, ...env },
    });
    expect(await chat.waitFor('rendezvous')).toMatchObject({ server: nowhere(source) });
    const { code: exit, stderr } = await chat.ended();
    expect(exit).toBe(3);
    expect(stderr).toContain(nowhere(source));
  });

  test('is taken from the config file, and so is the name of the user', async () => {
    const { port, probePort } = await openRendezvous();
    const { env } = withConfig(JSON.stringify({ server: `127.0.0.1:${port}`, name: 'anna' }));
    const args = ['chat', '--json', '--code', code, '--probe-port', String(probePort)];
    const anna = startPunchline(args, { env });
    await anna.waitFor('rendezvous', ({ state }) => state === 'waiting');
    const berta = startPunchline([...args, '--name', 'berta'], { env });
    expect(await berta.waitFor('connected')).toMatchObject({ peer: { name: 'anna' } });
    expect(await anna.waitFor('connected')).toMatchObject({ peer: { name: 'berta' } });
  });

  test('is required: without one and without a terminal, it is wrong usage', async () => {
    const { code: exit, stderr } = await runHere(['chat', '--json']);
    expect(exit).toBe(2);
    expect(stderr).toContain('no place to meet is named');
    for (const place of [
      '--server HOST[:PORT]',
      '--server wormhole',
      '--here',
      'PUNCHLINE_SERVER',
      'config file',
    ]) {
      expect(stderr).toContain(place);
    }
  });
});

test.each([
  ['that is no JSON', '{server: 1}', 'it is not JSON'],
  ['with an unknown key', '{"servr": "example.org"}', "'servr' is not a key"],
  ['with a number for a text', '{"name": 7}', 'name is not a text'],
  ['with a bad server', '{"server": "example.org:99999"}', '99999'],
])('a config file %s is usage, and named', async (_, text, why) => {
  const { env, path } = withConfig(text);
  const { code: exit, stderr, stdout } = await runHere(['chat', '--json'], env);
  expect(exit).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain(why);
  expect(stderr).toContain(path);
});

test.each([
  ['with a byte order mark', '\uFEFF{"server": "example.invalid"}'],
  ['with lines as on Windows', '\uFEFF{\r\n  "server": "example.invalid"\r\n}\r\n'],
])('a config file %s is read as if it had none', async (_, text) => {
  const chat = startPunchline(['chat', '--json'], { env: withConfig(text).env });
  expect(await chat.waitFor('rendezvous')).toMatchObject({ server: 'example.invalid' });
});

test.each([
  ['in UTF-16', Buffer.from('\uFEFF{}', 'utf16le'), 'it is UTF-16\nSave it as UTF-8.'],
  ['in UTF-16 of the other order', Buffer.from('feff007b007d', 'hex'), 'it is UTF-16\nSave it as UTF-8.'],
  ['in Latin-1', Buffer.from('{"name": "Jürgen"}', 'latin1'), 'it is not UTF-8\nSave it as UTF-8.'],
])('a config file %s is refused, with the next step', async (_, bytes, why) => {
  const { env, path } = withConfig(bytes);
  expect(await complaint(env)).toContain(`the config file ${path}: ${why}`);
});

/** Makes a folder for XDG_CONFIG_HOME in which a tool makes the config file. */
function withSpecial(tool: string, ...words: readonly string[]) {
  const made = withConfig('');
  rmSync(made.path);
  expect(spawnSync(tool, [...words, made.path]).status).toBe(0);
  return made;
}

test.each([
  ['a folder', 'mkdir', []],
  ['a pipe', 'mkfifo', []],
  ['a device without an end', 'ln', ['-s', '/dev/zero']],
])('a config file that is %s is refused at once', async (_, tool, words) => {
  const { env, path } = withSpecial(tool, ...words);
  expect(await complaint(env)).toContain(`the config file ${path}: it is not a file\n`);
});

test('a config file of 3 GB is refused before all of it is read', async () => {
  const { env, path } = withConfig('{}');
  truncateSync(path, 3e9);
  expect(await complaint(env)).toContain(`the config file ${path}: it has more than 65536 bytes\n`);
});

test('a config file that this user may not read is named, and what to do', async (context) => {
  needOtherUsers(context);
  const { env, path } = withConfig('{}');
  // The user sees that there is a file.
  for (const folder of [dirname(path), dirname(dirname(path))]) {
    chmodSync(folder, 0o755);
  }
  chmodSync(path, 0o600);
  const { words, env: other } = asUser(stranger);
  const chat = startPunchline(['chat', '--json'], {
    env: { ...env, ...other, NODE_OPTIONS: words.join(' ') },
  });
  const { code: exit, stderr, stdout } = await chat.ended();
  expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
  expect(stderr).toContain(
    `the config file ${path} cannot be read: this user has no permission\nMake it readable`,
  );
});

/** The stderr if the config file is refused. */
async function complaint(env: Record<string, string>): Promise<string> {
  const { code: exit, stderr, stdout } = await runHere(['chat', '--json'], env);
  expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
  return stderr;
}

describe('a config file', () => {
  test('that all may write to is refused', async () => {
    const { env, path } = withConfig('{}');
    chmodSync(path, 0o666);
    expect(await complaint(env)).toContain(`the config file ${path}: all may write to it`);
  });

  test('of another user is refused, also behind a link and as a pipe', async (context) => {
    needOtherUsers(context);
    const { env, path } = withConfig('{}');
    chownSync(path, stranger, stranger);
    expect(await complaint(env)).toContain(
      `the config file ${path}: it belongs to another user (${stranger})`,
    );
    const { env: linked, path: link } = withConfig('{}');
    rmSync(link);
    symlinkSync(path, link);
    expect(await complaint(linked)).toContain(
      `the config file ${link}: it belongs to another user (${stranger})`,
    );
    // Nobody writes to it: a plain open for reading would wait for ever.
    rmSync(path);
    expect(spawnSync('mkfifo', [path]).status).toBe(0);
    chownSync(path, stranger, stranger);
    expect(await complaint(env)).toContain(
      `the config file ${path}: it belongs to another user (${stranger})`,
    );
  });

  test('is read through a link of the user, and if the group of the user may write to it', async () => {
    const { env, path } = withConfig('{}');
    const elsewhere = join(makeFolder(), 'mine.json');
    writeFileSync(elsewhere, JSON.stringify({ server: nowhere('file') }));
    chmodSync(elsewhere, 0o664);
    rmSync(path);
    symlinkSync(elsewhere, path);
    const chat = startPunchline(['chat', '--json'], { env });
    expect(await chat.waitFor('rendezvous')).toMatchObject({ server: nowhere('file') });
  });

  test.each([
    ['with an empty HOME', '.config', { HOME: '', XDG_CONFIG_HOME: '' }],
    ['with an XDG_CONFIG_HOME that is no absolute path', 'here', { XDG_CONFIG_HOME: 'here' }],
  ])('in the current folder is not read, %s', async (_, name, env) => {
    const folder = makeFolder();
    mkdirSync(join(folder, name, 'punchline'), { recursive: true });
    writeFileSync(join(folder, name, 'punchline', 'config.json'), 'no JSON');
    const under = ['env', '-C', folder];
    const { stderr } = await startPunchline(['chat', '--json'], { env, under }).ended();
    expect(stderr).toContain('no place to meet is named');
  });
});

test('a user without a home has no config file and no cache, and each command goes on', (context) => {
  needOtherUsers(context);
  // Other users may not be able to enter the folder of the program.
  const folder = makeFolder();
  chmodSync(folder, 0o755);
  cpSync(dirname(program), join(folder, 'dist'), { recursive: true });
  const { words, env } = asUser(stranger);
  for (const [exit, said, ...typed] of [
    [2, 'no place to meet is named', 'chat', '--json'],
    [2, 'no place to meet is named', 'pipe'],
    [2, 'no rendezvous is named', 'doctor'],
    [0, 'punchline [COMMAND]', '--help'],
    [0, 'punchline chat', 'help', 'chat'],
    // An address for documentation, which no machine has.
    [8, 'cannot listen on port', 'serve', '--port', '0', '--host', '192.0.2.1'],
  ] as const) {
    const command = [...words, join(folder, 'dist', 'punchline.cjs'), ...typed];
    const { status, stderr, stdout } = spawnSync(process.execPath, command, { env, encoding: 'utf8' });
    expect(stdout + stderr).toContain(said);
    expect(status).toBe(exit);
  }
});

describe('PUNCHLINE_CODE', () => {
  test('is a code agreed beforehand', async () => {
    const { options } = await openRendezvous();
    function start() {
      return startPunchline(['chat', '--json', ...options], { env: { PUNCHLINE_CODE: code } });
    }
    const chats = [start(), start()];
    for (const chat of chats) {
      expect(await chat.waitFor('connected')).toMatchObject({ path: 'lan' });
    }
  });

  test('counts less than --code and an invite', async () => {
    const env = { PUNCHLINE_CODE: 'nonsense' };
    const { options } = await openRendezvous();
    const one = startPunchline(['chat', '--json', '--code', code, ...options], { env });
    await one.waitFor('rendezvous', ({ state }) => state === 'waiting');
    const two = startPunchline(['chat', '--json', code, ...options], { env });
    expect(await two.waitFor('connected')).toMatchObject({ path: 'lan' });
  });

  test('that is malformed is usage', async () => {
    const { code: exit, stderr } = await runHere(['chat', '--json', '-s', nowhere('x')], {
      PUNCHLINE_CODE: '12-velvet',
    });
    expect(exit).toBe(2);
    expect(stderr).toContain('the code has 1 word after the number, not two');
  });
});

test('--wait bounds the wait for a peer, exit 4', async () => {
  const { options } = await openRendezvous();
  const { code: exit, stderr } = await startPunchline([
    'chat',
    '--json',
    '--wait',
    '0.01',
    ...options,
  ]).ended();
  expect(exit).toBe(4);
  expect(stderr).toContain('nobody came within 0.01 min');
});
