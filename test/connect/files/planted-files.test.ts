/** Things that others have put into the folders of a transfer, before or meanwhile. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Entry, FileMessage, Offer } from '../../../source/connect/files/wire/file-messages.ts';
import { eventually } from '../../helpers/eventually.ts';
import {
  aFolder,
  connectedSides,
  expectTalk,
  offerTo,
  sideAndStranger,
} from '../../helpers/sessions/file-sides.ts';

const offer: { readonly type: 'offer' } & Offer = {
  type: 'offer',
  id: 1,
  name: 'holiday',
  bytes: 5,
  files: 1,
  isFolder: true,
  fingerprint: new Uint8Array(32).fill(7),
};
const stageName = '.punchline-0707070707070707.part';
const entry: { readonly type: 'entry' } & Entry = {
  type: 'entry',
  id: 1,
  isFolder: false,
  isExecutable: false,
  bytes: 5,
  from: 0,
  path: 'a',
};
const hello: readonly FileMessage[] = [
  { type: 'chunk', id: 1, bytes: Buffer.from('hello') },
  { type: 'end', id: 1, hash: createHash('sha256').update('hello').digest() },
];
const complete: FileMessage = { type: 'complete', id: 1 };

interface Planted {
  readonly mode?: number;
  readonly journal: readonly object[];
  /** Puts more into its content. */
  readonly more?: (content: string) => void;
}

/** A folder that looks like the part of an offer that an earlier run received. */
function plant(folder: string, { mode = 0o700, journal, more }: Planted): string {
  const stage = join(folder, stageName);
  const content = join(stage, 'content', 'holiday');
  mkdirSync(content, { recursive: true });
  writeFileSync(join(stage, 'owner'), `${process.pid}\n`);
  writeFileSync(join(stage, 'journal'), journal.map((line) => `${JSON.stringify(line)}\n`).join(''));
  more?.(content);
  chmodSync(stage, mode);
  return stage;
}

/** A whole file, and a part of the next one. */
function layTwo(content: string, first: string): void {
  writeFileSync(join(content, 'a'), first);
  writeFileSync(join(content, 'b'), 'hel');
}

/** Accepts the offer, and returns what the peer is asked for. */
async function accept(planted: Planted) {
  const sides = sideAndStranger();
  plant(sides.side.folder, planted);
  sides.say(offer);
  (await offerTo(sides.side)).accept();
  const asked = await eventually(() => {
    const last = sides.heard.at(-1);
    if (last?.type !== 'accept') {
      throw new Error(`heard ${JSON.stringify(last)}`);
    }
    return last;
  });
  return { ...sides, asked };
}

const whole = { path: 'a', isFolder: false, bytes: 5 };

describe('a part of an offer that is here already', () => {
  test('is used if it is as this program leaves it', async () => {
    const journal = [whole, { path: 'b', isFolder: false, bytes: 5 }];
    expect((await accept({ journal, more: (content) => layTwo(content, 'hello') })).asked).toMatchObject({
      entries: 1,
      bytes: 3,
    });
  });

  test.each<[string, Planted]>([
    [
      'others may write into',
      { mode: 0o770, journal: [whole], more: (content) => writeFileSync(join(content, 'a'), 'hello') },
    ],
    ['leads out of it', { journal: [{ path: '../../../victim', isFolder: false, bytes: 5 }] }],
    ['has a file that a name of this program never is', { journal: [{ ...whole, path: 'a/../../x' }] }],
    [
      'has a link in the place of a file',
      { journal: [whole], more: (content) => symlinkSync('/etc/hostname', join(content, 'a')) },
    ],
    [
      'has a link in the place of a folder',
      {
        journal: [{ path: 'sub', isFolder: true, bytes: 0 }],
        more: (content) => symlinkSync('/tmp', join(content, 'sub')),
      },
    ],
    [
      'is a link itself',
      {
        journal: [],
        more: (content) => {
          rmSync(content, { recursive: true });
          symlinkSync('/tmp', content);
        },
      },
    ],
    [
      'lacks bytes of a file that was whole',
      {
        journal: [whole, { path: 'b', isFolder: false, bytes: 5 }],
        more: (content) => layTwo(content, ''),
      },
    ],
  ])('that %s is not used', async (_, planted) => {
    const { side, say, asked } = await accept(planted);
    expect(asked).toMatchObject({ entries: 0, bytes: 0 });
    say(entry, ...hello, complete);
    await side.until('r1', 'done');
    expect(readdirSync(side.folder)).toEqual(['holiday']);
    expect(lstatSync(join(side.folder, 'holiday')).isDirectory()).toBe(true);
    expect(readFileSync(join(side.folder, 'holiday', 'a'), 'utf8')).toBe('hello');
  });

  test('loses the file that was made but not noted before the program ended', async () => {
    const { side, say, asked } = await accept({
      journal: [{ path: 'sub', isFolder: true, bytes: 0 }],
      more: (content) => {
        for (const path of ['sub', 'sub/deeper']) {
          mkdirSync(join(content, path));
        }
        writeFileSync(join(content, 'a'), 'hel');
      },
    });
    expect(asked).toMatchObject({ entries: 1, bytes: 0 });
    say({ ...entry, path: 'sub/deeper', isFolder: true, bytes: 0 }, entry, ...hello, complete);
    const { path = '' } = await side.until('r1', 'done');
    expect(readdirSync(path)).toEqual(['a', 'sub']);
    expect(readdirSync(join(path, 'sub'))).toEqual(['deeper']);
  });

  test('with a journal that names a file outside of the folder does not touch that file', async () => {
    const { side, stranger, say } = sideAndStranger();
    const victim = join(side.folder, 'victim');
    writeFileSync(victim, 'mine!');
    plant(side.folder, { journal: [{ path: '../../../victim', isFolder: false, bytes: 10 }] });
    say({ ...offer, bytes: 10 });
    (await offerTo(side)).accept();
    await side.until('r1', 'progress');
    say({ ...entry, bytes: 10, from: 5 }, ...hello, complete);
    await side.until('r1', 'failed');
    await expectTalk(stranger, side);
    expect(readFileSync(victim, 'utf8')).toBe('mine!');
  });
});

test('two connections of one process do not write into one part', async () => {
  const [one, other] = [sideAndStranger(), sideAndStranger()];
  const folder = aFolder();
  for (const { say } of [one, other]) {
    say(offer);
  }
  (await offerTo(one.side)).accept(folder);
  await one.side.until('r1', 'progress');
  one.say(entry);
  (await offerTo(other.side)).accept(folder);
  const { reason } = await other.side.until('r1', 'failed');
  expect(reason).toBe('holiday is being received already');
  one.say(...hello, complete);
  await one.side.until('r1', 'done');
  expect(readdirSync(folder)).toEqual(['holiday']);
  // After that one is over, the other can go on.
  other.say({ ...offer, id: 2 });
  (await offerTo(other.side, 2)).accept(folder);
  await other.side.until('r2', 'progress');
});

test('a link in the place of the hidden folder is not followed', async () => {
  const { side, stranger, say } = sideAndStranger();
  say({ ...offer, files: 2, bytes: 10 });
  (await offerTo(side)).accept();
  const stage = join(side.folder, stageName);
  await eventually(() => expect(readdirSync(side.folder)).toEqual([stageName]));
  say(entry, ...hello);
  await eventually(() => expect(readFileSync(join(stage, 'content', 'holiday', 'a'), 'utf8')).toBe('hello'));
  const elsewhere = aFolder();
  mkdirSync(join(elsewhere, 'content', 'holiday'), { recursive: true });
  writeFileSync(join(elsewhere, 'journal'), 'mine');
  renameSync(stage, join(aFolder(), 'away'));
  symlinkSync(elsewhere, stage);
  say({ ...entry, path: 'b' }, ...hello, complete);
  const { reason } = await side.until('r1', 'failed');
  expect(reason).toBe('nothing can be put into the folder: somebody has changed its content');
  expect(readdirSync(join(elsewhere, 'content', 'holiday'))).toEqual([]);
  expect(readFileSync(join(elsewhere, 'journal'), 'utf8')).toBe('mine');
  await expectTalk(stranger, side);
});

describe('a file of a folder that is sent', () => {
  test.each<[string, (path: string) => void]>([
    [
      'a link to another that looks the same',
      (path) => {
        const secret = join(aFolder(), 'secret');
        writeFileSync(secret, 'world');
        utimesSync(secret, 1, 1);
        symlinkSync(secret, path);
      },
    ],
    ['a pipe', (path) => execFileSync('mkfifo', [path])],
  ])('and has become %s is not sent', async (_, plantAt) => {
    const [a, b] = connectedSides();
    const folder = aFolder();
    const path = join(folder, 'a');
    writeFileSync(path, 'hello');
    utimesSync(path, 1, 1);
    await a.files.send(folder);
    rmSync(path);
    plantAt(path);
    (await offerTo(b)).accept();
    const reason = expect.stringMatching(/^it (cannot be read: it is a link|has changed)/) as string;
    for (const done of [await a.until('s1', 'done'), await b.until('r1', 'done')]) {
      expect(done.missingFiles).toEqual([{ path: 'a', reason }]);
    }
    const received = readdirSync(b.folder, { recursive: true, withFileTypes: true });
    expect(received.map((one) => one.isDirectory())).toEqual([true]);
    expect(existsSync(path)).toBe(true);
    await expectTalk(a, b);
  });
});
