/** Files between two real programs in pseudo-terminals, over loopback. */
import { randomBytes } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, describe, expect, test } from 'vitest';
import { createConfigHome } from '../../helpers/programs/config-home.ts';
import { openRendezvous } from '../../helpers/servers/local-rendezvous.ts';
import { program } from '../../helpers/programs/punchline.ts';
import { openTerminal, type Terminal } from '../../helpers/terminal/terminal.ts';

const root = mkdtempSync(join(tmpdir(), 'punchline-two-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

interface Side {
  readonly terminal: Terminal;
  /** The folder in which the program runs and puts received files. */
  readonly folder: string;
}

interface Pair extends AsyncDisposable {
  readonly anna: Side;
  readonly bob: Side;
}

async function openPair(
  size: { readonly columns: number; readonly rows: number },
  args: readonly string[] = [],
): Promise<Pair> {
  const { options } = await openRendezvous();
  function open(name: string): Side {
    const folder = mkdtempSync(join(root, `${name}-`));
    const terminal = openTerminal({
      command: process.execPath,
      args: [program, 'chat', ...options, '--code', '1234-velvet-orbit', '--name', name, '--no-lan', ...args],
      cwd: folder,
      env: { XDG_CONFIG_HOME: createConfigHome({}) },
      ...size,
    });
    return { terminal, folder };
  }
  const anna = open('anna');
  const bob = open('bob');
  const isOpen = args.includes('--plain') ? 'encrypted: ' : '● ';
  await Promise.all([anna.terminal.waitFor(isOpen), bob.terminal.waitFor(isOpen)]);
  return {
    anna,
    bob,
    [Symbol.asyncDispose]: async () => {
      await Promise.all([anna.terminal.close(), bob.terminal.close()]);
    },
  };
}

/** Matches words on the screen, regardless of its rows and of the dots between the parts of one. */
function says(words: string) {
  return (screen: string) => screen.replaceAll(/[\s·]+/g, ' ').includes(words);
}

/** The names of the complete files. */
function filesIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => !name.startsWith('.'));
}

/** Writes a file that is so large that it is still under way after a person has typed something. */
function writeLarge(path: string): void {
  writeFileSync(path, '');
  truncateSync(path, 4_000_000_000);
}

async function handOverLarge({ anna, bob }: Pair): Promise<void> {
  writeLarge(join(anna.folder, 'large.iso'));
  anna.terminal.write('/send large.iso\r');
  await bob.terminal.waitFor('large.iso');
  bob.terminal.write('/accept\r');
}

const wide = { columns: 80, rows: 24 };

describe.each([wide, { columns: 40, rows: 12 }])('in $columns columns and $rows rows', (size) => {
  test('a file whose path is completed with Tab and accepted into a folder arrives bit for bit', async () => {
    await using pair = await openPair(size);
    const { anna, bob } = pair;
    const bytes = randomBytes(3_000_000);
    mkdirSync(join(anna.folder, 'My pictures'));
    writeFileSync(join(anna.folder, 'My pictures', 'of us.jpg'), bytes);
    mkdirSync(join(bob.folder, 'from anna'));
    anna.terminal.write('/send My\t');
    await anna.terminal.waitFor(String.raw`My\ pictures/`);
    anna.terminal.write('\t');
    await anna.terminal.waitFor(says(String.raw`of\ us.jpg`));
    anna.terminal.write('\r');
    await bob.terminal.waitFor(says('anna ↓ r1 of us.jpg (3.0 MB)'));
    await bob.terminal.waitFor('FOLDER');
    bob.terminal.write('/accept fr\t');
    await bob.terminal.waitFor(String.raw`from\ anna/`);
    bob.terminal.write('\r');
    await bob.terminal.waitFor(says('r1 of us.jpg (3.0 MB) received'));
    await anna.terminal.waitFor(says('s1 of us.jpg (3.0 MB) bob has it'));
    expect(readFileSync(join(bob.folder, 'from anna', 'of us.jpg')).equals(bytes)).toBe(true);
    expect(filesIn(bob.folder)).toEqual(['from anna']);
  });

  test('a declined offer is told with the reason, and leaves nothing', async () => {
    await using pair = await openPair(size);
    const { anna, bob } = pair;
    writeFileSync(join(anna.folder, 'a.txt'), 'a');
    anna.terminal.write('/send a.txt\r');
    await bob.terminal.waitFor('a.txt');
    bob.terminal.write('/decline not now\r');
    await anna.terminal.waitFor(says('s1 a.txt (1 byte) bob declined: not now'));
    expect(filesIn(bob.folder)).toEqual([]);
    anna.terminal.write('/quit\r');
    expect(await anna.terminal.exit).toEqual({ exitCode: 0, signal: 0 });
  });

  test('both sides see the progress of a file while they talk, and either can cancel it', async () => {
    await using pair = await openPair(size);
    const { anna, bob } = pair;
    await handOverLarge(pair);
    await Promise.all([
      anna.terminal.waitFor(/↑ s1 large\.iso[^]*\d %.* left/),
      bob.terminal.waitFor(/↓ r1 large\.iso[^]*\d %.* left/),
    ]);
    anna.terminal.write('do you get it?\r');
    await bob.terminal.waitFor('do you get it?');
    anna.terminal.write('/quit\r');
    await anna.terminal.waitFor(says('1 file is still under way'));
    bob.terminal.write('/cancel\r');
    await anna.terminal.waitFor(says('s1 large.iso (4.0 GB) bob cancelled'));
    await bob.terminal.waitFor((screen) => !/\d %/.test(screen));
    expect(filesIn(bob.folder)).toEqual([]);
  });

  test('a file that shrinks while it is sent fails, and both sides are told', async () => {
    await using pair = await openPair(size);
    const { anna, bob } = pair;
    await handOverLarge(pair);
    await bob.terminal.waitFor(/↓ r1 large\.iso[^]*\d %/);
    truncateSync(join(anna.folder, 'large.iso'), 10);
    await Promise.all([
      anna.terminal.waitFor(says('s1 large.iso (4.0 GB) failed: ')),
      bob.terminal.waitFor(says('r1 large.iso (4.0 GB) failed: ')),
    ]);
    expect(filesIn(bob.folder)).toEqual([]);
    anna.terminal.write('that went wrong\r');
    await bob.terminal.waitFor('that went wrong');
  });
});

test('an offer tells where the file will go, and a second file of the same name gets a number', async () => {
  await using pair = await openPair({ columns: 120, rows: 24 });
  const { anna, bob } = pair;
  writeFileSync(join(anna.folder, 'a.txt'), 'first');
  anna.terminal.write('/send a.txt\r');
  await bob.terminal.waitFor(says(`/accept puts it into ${bob.folder}, /accept FOLDER elsewhere`));
  writeFileSync(join(bob.folder, 'a.txt'), 'mine');
  bob.terminal.write('/accept\r');
  await bob.terminal.waitFor(says(`: ${bob.folder}/a (1).txt`));
  expect(readFileSync(join(bob.folder, 'a.txt'), 'utf8')).toBe('mine');
  expect(readFileSync(join(bob.folder, 'a (1).txt'), 'utf8')).toBe('first');
});

test("control characters in a file's name do not reach the terminal of either side", async () => {
  await using pair = await openPair(wide);
  const { anna, bob } = pair;
  const name = 'pay\u001B]0;owned\u0007\u202Egpj.\u200Bexe';
  writeFileSync(join(anna.folder, name), 'x');
  anna.terminal.write('/send pay\t');
  await anna.terminal.waitFor('/send pay␛');
  anna.terminal.write('\r');
  await bob.terminal.waitFor(/anna +↓ r1/);
  bob.terminal.write('/accept\r');
  await bob.terminal.waitFor(says(') received'));
  await anna.terminal.waitFor(says(') bob has it'));
  for (const { terminal } of [anna, bob]) {
    expect(terminal.raw()).not.toContain('owned\u0007');
    expect(terminal.raw()).not.toContain('\u202E');
    expect(terminal.raw()).not.toContain('\u200B');
  }
  const [kept = ''] = filesIn(bob.folder);
  expect(kept).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  expect(readFileSync(join(bob.folder, kept), 'utf8')).toBe('x');
});

test('without a screen, the offer, the possible answers and the end are told once each', async () => {
  await using pair = await openPair({ columns: 200, rows: 60 }, ['--plain']);
  const { anna, bob } = pair;
  writeFileSync(join(anna.folder, 'a.txt'), 'first');
  anna.terminal.write('/send a.txt\r');
  await bob.terminal.waitFor('/decline');
  bob.terminal.write('/accept\r');
  await bob.terminal.waitFor('received r1');
  const heard = bob.terminal
    .text()
    .split('\n')
    .filter((line) => /a\.txt|\/accept/.test(line))
    .map((line) => line.replace(/\d+ m?s/, 'TIME'));
  expect(heard).toEqual([
    '* the peer offers r1 a.txt (5 bytes)',
    `* /accept puts it into ${bob.folder}, /accept FOLDER elsewhere; /decline`,
    '/accept',
    '* accepted r1 a.txt (5 bytes)',
    `* received r1 a.txt (5 bytes) in TIME: ${bob.folder}/a.txt`,
  ]);
});
