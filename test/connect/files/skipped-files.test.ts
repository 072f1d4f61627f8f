import { createHash, randomBytes } from 'node:crypto';
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { FileMessage } from '../../../source/connect/files/wire/file-messages.ts';
import { eventually } from '../../helpers/eventually.ts';
import {
  aFolder,
  connectedSides,
  connectSides,
  expectTalk,
  fileSide,
  offerTo,
  sideAndStranger,
  type FileSide,
} from '../../helpers/sessions/file-sides.ts';
import { aTurn, resumeBoth } from '../../helpers/sessions/moving-sessions.ts';

const LARGE_BYTES = 20_000_000;
const changed = 'it has changed since it was offered';

/** A folder with a small file before and after a large one. */
function aProject() {
  const project = join(aFolder(), 'project');
  mkdirSync(join(project, 'logs'), { recursive: true });
  writeFileSync(join(project, 'a'), 'first');
  writeFileSync(join(project, 'logs', 'growing'), randomBytes(LARGE_BYTES));
  writeFileSync(join(project, 'z'), 'last');
  return { project, growing: join(project, 'logs', 'growing') };
}

/** Offers the folder, and returns when a part of the large file has come. */
async function sendUntilMidway(a: FileSide, b: FileSide, project: string) {
  await a.files.send(project);
  (await offerTo(b)).accept();
  // Slowed down turn by turn, because it would be over in a moment.
  while (b.session.files.stream.incoming.received < 100_000) {
    await aTurn();
  }
}

/** Both sides tell of these missing files, and the rest is in its place. */
async function expectAllBut(
  [a, b]: readonly [FileSide, FileSide],
  missingFiles: readonly { readonly path: string; readonly reason: unknown }[],
) {
  const [sent, received] = await Promise.all([a.until('s1', 'done'), b.until('r1', 'done')]);
  for (const event of [sent, received]) {
    expect(event).toMatchObject({ missing: missingFiles.length, missingFiles, done: 9, files: 3 });
  }
  expect(received.path).toBe(join(b.folder, 'project'));
  expect(readdirSync(b.folder)).toEqual(['project']);
  const held = readdirSync(join(b.folder, 'project'), { recursive: true }).map(String);
  expect(held.toSorted()).toEqual(['a', 'logs', 'z']);
  expect(readFileSync(join(b.folder, 'project', 'z'), 'utf8')).toBe('last');
  await expectTalk(a, b);
}

describe('a file of a folder', () => {
  test.each<[string, (path: string) => void, RegExp]>([
    ['grows', (path) => appendFileSync(path, 'more'), /^it has changed since it was offered$/],
    ['shrinks', (path) => truncateSync(path, 100), /^it has (become shorter|changed since it was offered)$/],
    ['gets another date', (path) => utimesSync(path, 1, 1), /^it has changed since it was offered$/],
  ])('that %s while it is sent is skipped alone, and both sides name it', async (_, change, reason) => {
    const { project, growing } = aProject();
    const sides = connectedSides();
    await sendUntilMidway(...sides, project);
    change(growing);
    await expectAllBut(sides, [{ path: 'logs/growing', reason: expect.stringMatching(reason) }]);
  });

  test.each<[string, (path: string) => void, RegExp]>([
    ['has gone', (path) => rmSync(path), /^it cannot be read: it is not there$/],
    [
      'has become a folder',
      (path) => {
        rmSync(path);
        mkdirSync(path);
      },
      /^it has changed since it was offered$/,
    ],
    [
      'has become a link',
      (path) => {
        renameSync(path, `${path}.old`);
        symlinkSync(`${path}.old`, path);
      },
      /^it cannot be read: it is a link$/,
    ],
    ['has gone with its folder', (path) => rmSync(join(path, '..'), { recursive: true }), /not there$/],
  ])('that %s before its turn is skipped alone', async (_, change, reason) => {
    const { project, growing } = aProject();
    const sides = connectedSides();
    await sides[0].files.send(project);
    change(growing);
    (await offerTo(sides[1])).accept();
    await expectAllBut(sides, [{ path: 'logs/growing', reason: expect.stringMatching(reason) }]);
  });

  test.runIf(process.platform === 'linux')(
    'that holds more than its size says is skipped alone, and an empty one arrives',
    async () => {
      const folder = '/proc/sys/kernel/random';
      const reads = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8').length > 0);
      expect(reads).toContain(true);
      const sides = connectedSides();
      await sides[0].files.send(folder);
      (await offerTo(sides[1])).accept();
      const sent = await sides[0].until('s1', 'done');
      expect(sent).toMatchObject({ missing: reads.filter(Boolean).length, done: 0 });
      expect(sent.missingFiles?.map(({ reason }) => reason)).toEqual(
        reads.filter(Boolean).map(() => changed),
      );
      expect(await sides[1].until('r1', 'done')).toMatchObject({ missingFiles: sent.missingFiles });
    },
  );

  test('is skipped over a cut, too', async () => {
    const { project, growing } = aProject();
    const sides = connectedSides();
    await sendUntilMidway(...sides, project);
    appendFileSync(growing, 'more');
    const link = { sizes: [65_536], turns: [0] };
    resumeBoth(sides[0].session, sides[1].session, link, link);
    expect(sides[0].states('s1')).toEqual(['offered', 'accepted']);
    await expectAllBut(sides, [{ path: 'logs/growing', reason: changed }]);
  });

  test('that changes ends the whole offer if the peer needs all of them', async () => {
    const { project, growing } = aProject();
    const [a, b] = [fileSide(), fileSide()];
    connectSides(a, b, { takesSkips: false });
    await sendUntilMidway(a, b, project);
    appendFileSync(growing, 'more');
    for (const [side, id] of [
      [a, 's1'],
      [b, 'r1'],
    ] as const) {
      expect((await side.until(id, 'failed')).reason).toBe('logs/growing has changed since it was offered');
    }
    await eventually(() => expect(readdirSync(b.folder)).toEqual([]));
    await expectTalk(a, b);
  });
});

describe('a folder of which every file has gone', () => {
  test('arrives empty, and only the first 20 of them are named', async () => {
    const project = join(aFolder(), 'project');
    mkdirSync(project);
    const names = Array.from({ length: 25 }, (_, n) => `${100 + n}`);
    for (const name of names) {
      writeFileSync(join(project, name), name);
    }
    const [a, b] = connectedSides();
    await a.files.send(project);
    rmSync(project, { recursive: true });
    (await offerTo(b)).accept();
    for (const event of [await a.until('s1', 'done'), await b.until('r1', 'done')]) {
      expect(event).toMatchObject({ missing: 25, done: 0 });
      expect(event.missingFiles?.map(({ path }) => path)).toEqual(names.slice(0, 20));
    }
    expect(readdirSync(join(b.folder, 'project'))).toEqual([]);
  });
});

const file = { type: 'entry', id: 1, isFolder: false, isExecutable: false, bytes: 5, from: 0 } as const;
const skip: FileMessage = { type: 'skip', id: 1, reason: 'no' };
function chunk(text: string): FileMessage {
  return { type: 'chunk', id: 1, bytes: Buffer.from(text) };
}
const end: FileMessage = { type: 'end', id: 1, hash: createHash('sha256').update('hello').digest() };
const complete: FileMessage = { type: 'complete', id: 1 };

/** A side that has accepted a folder of two files, with 5 bytes each. */
async function acceptedFolder(folder?: string, isFolder = true) {
  const pair = sideAndStranger(folder);
  const fingerprint = new Uint8Array(32).fill(7);
  const [bytes, files] = isFolder ? [10, 2] : [5, 1];
  pair.say({ type: 'offer', id: 1, name: 'project', bytes, files, isFolder, fingerprint });
  (await offerTo(pair.side)).accept();
  await eventually(() => expect(pair.heard.at(-1)?.type).toBe('accept'));
  return pair;
}

describe('a peer that skips', () => {
  test('leaves nothing of a file that had begun, and its name is free for another one', async () => {
    const { side, say } = await acceptedFolder();
    say({ ...file, path: 'a?' }, chunk('hel'), skip, { ...file, path: 'a*' }, chunk('hello'), end, complete);
    expect(await side.until('r1', 'done')).toMatchObject({
      done: 5,
      missing: 1,
      missingFiles: [{ path: 'a?', reason: 'no' }],
    });
    expect(readdirSync(join(side.folder, 'project'))).toEqual(['a_']);
  });

  test('does not count a hidden name of a skipped file', async () => {
    const { side, say } = await acceptedFolder();
    say({ ...file, path: '.a' }, skip, { ...file, path: '.b' }, chunk('hello'), end, complete);
    expect(await side.until('r1', 'done')).toMatchObject({ unhidden: 1 });
  });

  test.each<[string, readonly FileMessage[]]>([
    ['a file is skipped that has not begun', [skip]],
    ['a file is skipped that has not begun', [{ ...file, path: 'a' }, skip, skip]],
    ['a file is skipped that has not begun', [{ ...file, isFolder: true, bytes: 0, path: 'a' }, skip]],
    ['a file ends that has not begun', [{ ...file, path: 'a' }, skip, end]],
    ['data comes that belongs to no file', [{ ...file, path: 'a' }, skip, chunk('hello')]],
    ['1 files have come of 2 that were offered', [{ ...file, path: 'a' }, skip, complete]],
  ])('is refused because %s', async (reason, messages) => {
    const { side, stranger, say } = await acceptedFolder();
    say(...messages);
    expect(await side.until('r1', 'failed')).toMatchObject({ reason });
    await eventually(() => expect(readdirSync(side.folder)).toEqual([]));
    await expectTalk(stranger, side);
  });

  test('cannot skip a file that was offered alone', async () => {
    const { side, say } = await acceptedFolder(undefined, false);
    say({ ...file, path: '' }, skip, complete);
    expect(await side.until('r1', 'failed')).toMatchObject({
      reason: 'a file is skipped that was offered alone',
    });
  });

  test('is asked for the skipped file, and not for what came before it, after a restart', async () => {
    const folder = aFolder();
    const first = await acceptedFolder(folder);
    first.say({ ...file, path: 'a' }, chunk('hello'), end, { ...file, bytes: 4, path: 'b' }, skip);
    first.say({ ...file, isFolder: true, bytes: 0, path: 'c' });
    const [stage = ''] = readdirSync(folder);
    const content = join(folder, stage, 'content', 'project');
    await eventually(() => expect(existsSync(join(content, 'c'))).toBe(true));
    first.side.files.end('the program has ended');
    await eventually(() => expect(first.side.files.isIdle).toBe(true));

    const second = await acceptedFolder(folder);
    expect(second.heard).toMatchObject([{ type: 'accept', entries: 1, bytes: 0 }]);
    expect(readdirSync(content)).toEqual(['a']);
    second.say({ ...file, path: 'b' }, chunk('hello'), end, complete);
    expect(await second.side.until('r1', 'done')).toMatchObject({ done: 10 });
    expect(readdirSync(join(folder, 'project'))).toEqual(['a', 'b']);
    expect(second.side.events.at(-1)).not.toHaveProperty('missing');
  });
});

describe('a peer that offers a folder without what it cannot read', () => {
  const fingerprint = new Uint8Array(32).fill(7);
  const offer: FileMessage = {
    type: 'offer',
    id: 1,
    name: 'project',
    bytes: 5,
    files: 1,
    isFolder: true,
    fingerprint,
  };
  const named = [{ path: '../../key', reason: 'no\u001B[31m' }];

  test('is quoted with the offer and with its end, and what comes is complete', async () => {
    const { side, heard, say } = sideAndStranger();
    say({ type: 'unreadable', id: 1, files: 2, named }, offer);
    (await offerTo(side)).accept();
    await eventually(() => expect(heard.at(-1)?.type).toBe('accept'));
    say({ ...file, path: 'a' }, chunk('hello'), end, complete);
    const done = await side.until('r1', 'done');
    for (const event of [side.events[0], done]) {
      expect(event).toMatchObject({ unreadable: 2, unreadableFiles: named });
    }
    expect(done).not.toHaveProperty('missing');
    expect(readdirSync(side.folder)).toEqual(['project']);
    expect(readdirSync(join(side.folder, 'project'))).toEqual(['a']);
  });

  test.each<[string, FileMessage[]]>([
    ['of another offer', [{ type: 'unreadable', id: 2, files: 2, named }, offer]],
    ['of nothing', [{ type: 'unreadable', id: 1, files: 0, named: [] }, offer]],
    [
      'of a single file',
      [
        { type: 'unreadable', id: 1, files: 2, named },
        { ...offer, isFolder: false },
      ],
    ],
    ['behind the offer', [offer, { type: 'unreadable', id: 1, files: 2, named }]],
  ])('wins nothing by a list %s', async (_, messages) => {
    const { side, say } = sideAndStranger();
    say(...messages);
    await offerTo(side);
    expect(side.events[0]).not.toHaveProperty('unreadable');
    expect(side.events[0]).not.toHaveProperty('unreadableFiles');
  });

  test('wins nothing by list upon list or by any number: the last one counts, up to 50,000', async () => {
    const { side, stranger, say } = sideAndStranger();
    const many = Array.from({ length: 20 }, (_, n) => ({ path: `${n}`, reason: 'no' }));
    for (let n = 0; n < 1000; n += 1) {
      say({ type: 'unreadable', id: 1, files: 20, named: many });
    }
    say({ type: 'unreadable', id: 1, files: 4_294_967_295, named }, offer);
    await offerTo(side);
    expect(side.events[0]).toMatchObject({ unreadable: 50_000, unreadableFiles: named });
    await expectTalk(stranger, side);
  });
});
