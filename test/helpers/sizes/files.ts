/** Files between two real programs in pseudo-terminals, over loopback, in wide and in narrow ones. */
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
import { expect, onTestFinished } from 'vitest';
import type { Size } from '../chats/conversation.ts';
import type { TestsOfSizes } from './from-sizes.ts';
import { createConfigHome } from '../programs/config-home.ts';
import { openRendezvous } from '../servers/local-rendezvous.ts';
import { program } from '../programs/punchline.ts';
import { openTerminal, type Terminal } from '../terminal/terminal.ts';

interface Side {
  readonly terminal: Terminal;
  /** The folder in which the program runs and puts received files. */
  readonly folder: string;
}

interface Pair extends AsyncDisposable {
  readonly anna: Side;
  readonly bob: Side;
}

export async function openPair(
  size: { readonly columns: number; readonly rows: number },
  args: readonly string[] = [],
): Promise<Pair> {
  const { options } = await openRendezvous();
  function open(name: string): Side {
    const folder = mkdtempSync(join(tmpdir(), `punchline-${name}-`));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
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
export function says(words: string) {
  return (screen: string) => screen.replaceAll(/[\s·]+/g, ' ').includes(words);
}

/** The names of the complete files. */
export function filesIn(folder: string): string[] {
  return readdirSync(folder).filter((name) => !name.startsWith('.'));
}

/** Writes a file that is so large that it is still under way after a person has typed something. */
export function writeLarge(path: string): void {
  writeFileSync(path, '');
  truncateSync(path, 4_000_000_000);
}

export async function handOverLarge({ anna, bob }: Pair): Promise<void> {
  writeLarge(join(anna.folder, 'large.iso'));
  anna.terminal.write('/send large.iso\r');
  await bob.terminal.waitFor('large.iso');
  bob.terminal.write('/accept\r');
}

/** The screens of files, which need some room. */
export const fileSizes: readonly Size[] = [
  { columns: 80, rows: 24 },
  { columns: 40, rows: 12 },
];

export const files: TestsOfSizes = {
  'a file whose path is completed with Tab and accepted into a folder arrives bit for bit': async (size) => {
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
  },
  'a declined offer is told with the reason, and leaves nothing': async (size) => {
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
  },
  'both sides see the progress of a file while they talk, and either can cancel it': async (size) => {
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
  },
  'a file that shrinks while it is sent fails, and both sides are told': async (size) => {
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
  },
};
