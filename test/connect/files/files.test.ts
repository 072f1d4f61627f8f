import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import {
  aFolder,
  connectedSides,
  expectTalk,
  fileSide,
  connectSides,
  offerTo,
} from '../../helpers/sessions/file-sides.ts';
import { resumeBoth } from '../../helpers/sessions/moving-sessions.ts';

function aFile(bytes: Uint8Array | string, name = 'photo.jpg') {
  const path = join(aFolder(), name);
  writeFileSync(path, bytes);
  return path;
}

function fill(folder: string) {
  mkdirSync(join(folder, 'empty'));
  mkdirSync(join(folder, 'deep', 'er'), { recursive: true });
  writeFileSync(join(folder, '.hidden'), 'hidden');
  writeFileSync(join(folder, 'deep', 'er', 'file'), 'x'.repeat(100_000));
  for (let n = 0; n < 50; n += 1) {
    writeFileSync(join(folder, 'deep', `${n}.txt`), `number ${n}`);
  }
  symlinkSync('/etc/passwd', join(folder, 'link'));
}
function tree(folder: string) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isSymbolicLink())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [path.slice(folder.length), entry.isFile() ? readFileSync(path, 'utf8') : 'a folder'];
    })
    .toSorted(([one = ''], [other = '']) => (one < other ? -1 : 1));
}

describe('a file', () => {
  test.each([0, 1, 65_536, 3_000_001])('of %d bytes arrives as it is', async (size) => {
    const [a, b] = connectedSides();
    const bytes = randomBytes(size);
    const id = await a.files.send(aFile(bytes));
    const offer = await offerTo(b);
    expect(offer).toMatchObject({ id: 'r1', name: 'photo.jpg', bytes: size, files: 1, isFolder: false });
    offer.accept();
    const done = await b.until('r1', 'done');
    await a.until(id, 'done');
    expect(done).toMatchObject({ path: join(b.folder, 'photo.jpg'), done: size, ms: expect.any(Number) });
    expect(readFileSync(join(b.folder, 'photo.jpg')).equals(bytes)).toBe(true);
    expect(readdirSync(b.folder)).toEqual(['photo.jpg']);
    expect([a.states('s1'), b.states('r1')]).toEqual([
      ['offered', 'accepted', 'done'],
      ['offered', 'accepted', 'done'],
    ]);
    await eventually(() => expect([a.files.isIdle, b.files.isIdle]).toEqual([true, true]));
  });

  test('tells how far it is, now and then', async () => {
    const [a, b] = connectedSides();
    await a.files.send(aFile(new Uint8Array(20_000_000)));
    (await offerTo(b)).accept();
    await Promise.all([a.until('s1', 'done'), b.until('r1', 'done')]);
    for (const side of [a, b]) {
      const progress = side.events.filter(({ state }) => state === 'progress');
      expect(progress.length).toBeGreaterThan(0);
      const done = progress.map((event) => event.done ?? -1);
      expect(done).toEqual(done.toSorted((one, other) => one - other));
      expect(done.every((bytes) => bytes >= 0 && bytes <= 20_000_000)).toBe(true);
      const times = progress.map(({ ms = 0 }) => ms);
      expect(times.every((ms, n) => n === 0 || ms - (times[n - 1] ?? 0) >= 95)).toBe(true);
    }
  });

  test('never takes the place of something that is there, not even of a link', async () => {
    const [a, b] = connectedSides();
    writeFileSync(join(b.folder, 'photo.jpg'), 'mine');
    symlinkSync('/nowhere', join(b.folder, 'photo (1).jpg'));
    await a.files.send(aFile('theirs'));
    (await offerTo(b)).accept();
    const { path } = await b.until('r1', 'done');
    expect(path).toBe(join(b.folder, 'photo (2).jpg'));
    expect(readFileSync(join(b.folder, 'photo.jpg'), 'utf8')).toBe('mine');
    expect(readFileSync(path ?? '', 'utf8')).toBe('theirs');
  });

  test.each([
    [0o755, 0o100],
    [0o4777, 0o100],
    [0o666, 0],
  ])('with the mode %o keeps only whether it can be executed', async (mode, executable) => {
    const [a, b] = connectedSides();
    const path = aFile('#!/bin/sh\n');
    chmodSync(path, mode);
    await a.files.send(path);
    (await offerTo(b)).accept();
    const put = statSync((await b.until('r1', 'done')).path ?? '');
    expect(put.mode & 0o7100).toBe(executable);
    expect(put.mode & 0o022 & process.umask()).toBe(0);
  });

  test('is put into the folder that was named when it was accepted', async () => {
    const [a, b] = connectedSides();
    const folder = aFolder();
    await a.files.send(aFile('x'));
    (await offerTo(b)).accept(folder);
    expect((await b.until('r1', 'done')).path).toBe(join(folder, 'photo.jpg'));
  });

  test('follows the one before it, and two with one name both arrive', async () => {
    const [a, b] = connectedSides();
    await a.files.send(aFile('the first'));
    await a.files.send(aFile('the second'));
    const path = aFile('twice');
    await a.files.send(path);
    await a.files.send(path);
    for (const n of [1, 2, 3, 4]) {
      (await offerTo(b, n)).accept();
    }
    await b.until('r4', 'done');
    expect(
      readdirSync(b.folder)
        .map((name) => readFileSync(join(b.folder, name), 'utf8'))
        .toSorted(),
    ).toEqual(['the first', 'the second', 'twice', 'twice']);
  });

  test('goes in both directions at once', async () => {
    const [a, b] = connectedSides();
    const bytes = randomBytes(2_000_000);
    await Promise.all([a.files.send(aFile(bytes)), b.files.send(aFile(bytes))]);
    (await offerTo(a)).accept();
    (await offerTo(b)).accept();
    await Promise.all([a.until('r1', 'done'), b.until('r1', 'done')]);
    for (const { folder } of [a, b]) {
      expect(readFileSync(join(folder, 'photo.jpg')).equals(bytes)).toBe(true);
    }
  });

  test('that was offered before there was a connection is offered as soon as there is one', async () => {
    const [a, b] = [fileSide(), fileSide()];
    await a.files.send(aFile('early'));
    expect(a.states('s1')).toEqual(['offered']);
    connectSides(a, b);
    (await offerTo(b)).accept();
    await a.until('s1', 'done');
  });

  test('is not sent to a peer that takes none, whether it was offered before or after the connection', async () => {
    const a = fileSide();
    await a.files.send(aFile('early'));
    a.files.begin(false, false);
    expect(a.events.at(-1)).toMatchObject({
      state: 'failed',
      reason: expect.stringContaining('older') as string,
    });
    await expect(a.files.send(aFile('late'))).rejects.toMatchObject({ code: 'ERR_USAGE' });
  });

  test('goes through any cuts without being sent again', async () => {
    const [a, b] = connectedSides();
    const bytes = randomBytes(8_000_000);
    await a.files.send(aFile(bytes));
    (await offerTo(b)).accept();
    for (let cut = 0; cut < 3; cut += 1) {
      const before = b.session.files.stream.incoming.received;
      await eventually(() => expect(b.session.files.stream.incoming.received).toBeGreaterThan(before));
      resumeBoth(a.session, b.session, { sizes: [65_536], turns: [0] }, { sizes: [65_536], turns: [0] });
    }
    await a.until('s1', 'done');
    expect(readFileSync(join(b.folder, 'photo.jpg')).equals(bytes)).toBe(true);
    expect(a.session.files.stream.outgoing.written).toBeLessThan(8_100_000);
  });
});

describe('a folder', () => {
  test('arrives with all that it holds except links', async () => {
    const [a, b] = connectedSides();
    const folder = join(aFolder(), 'holiday');
    mkdirSync(folder);
    fill(folder);
    await a.files.send(folder);
    const offer = await offerTo(b);
    expect(offer).toMatchObject({ name: 'holiday', isFolder: true, files: 52 });
    expect(a.events[0]).toMatchObject({ leftOut: 1 });
    offer.accept(undefined, { hidden: true });
    const { path } = await b.until('r1', 'done');
    expect(path).toBe(join(b.folder, 'holiday'));
    expect(tree(path ?? '')).toEqual(tree(folder));
    expect(readdirSync(b.folder)).toEqual(['holiday']);
  });

  test('that is empty arrives, too, beside one that has its name', async () => {
    const [a, b] = connectedSides();
    mkdirSync(join(b.folder, 'holiday'));
    const folder = join(aFolder(), 'holiday');
    mkdirSync(folder);
    await a.files.send(folder);
    (await offerTo(b)).accept();
    expect((await b.until('r1', 'done')).path).toBe(join(b.folder, 'holiday (1)'));
  });
});

describe('an offer', () => {
  test('that is declined says why, and nothing of it is kept', async () => {
    const [a, b] = connectedSides();
    await a.files.send(aFile('x'));
    (await offerTo(b)).decline('not now');
    expect(await a.until('s1', 'declined')).toMatchObject({ by: 'peer', reason: 'not now' });
    expect(b.events.at(-1)).toMatchObject({ state: 'declined', by: 'me' });
    expect(readdirSync(b.folder)).toEqual([]);
    await expectTalk(a, b);
  });

  test.each(['a', 'b'] as const)('that %s cancels before an answer is over for both', async (who) => {
    const [a, b] = connectedSides();
    const id = await a.files.send(aFile('x'));
    await offerTo(b);
    (who === 'a' ? a.files : b.files).cancel(who === 'a' ? id : 'r1');
    await a.until('s1', who === 'a' ? 'cancelled' : 'declined');
    await b.until('r1', who === 'a' ? 'cancelled' : 'declined');
    await eventually(() => expect([a.files.isIdle, b.files.isIdle]).toEqual([true, true]));
  });

  test.each(['a', 'b'] as const)(
    'that %s cancels under way leaves nothing, and the next one arrives',
    async (who) => {
      const [a, b] = connectedSides();
      await a.files.send(aFile(new Uint8Array(50_000_000), 'large'));
      await a.files.send(aFile('small', 'small'));
      (await offerTo(b)).accept();
      (await offerTo(b, 2)).accept();
      await b.until('r1', 'progress');
      if (who === 'a') {
        a.files.cancel('s1');
      } else {
        b.files.cancel('r1');
      }
      expect(await a.until('s1', 'cancelled')).toMatchObject({ by: who === 'a' ? 'me' : 'peer' });
      expect(await b.until('r1', 'cancelled')).toMatchObject({ by: who === 'a' ? 'peer' : 'me' });
      await b.until('r2', 'done');
      await eventually(() => expect(readdirSync(b.folder)).toEqual(['small']));
      await expectTalk(a, b);
    },
  );

  test('that is under way fails on both sides when the connection is over', async () => {
    const [a, b] = connectedSides();
    await a.files.send(aFile(new Uint8Array(50_000_000)));
    (await offerTo(b)).accept();
    await b.until('r1', 'progress');
    a.files.end('the peer has left');
    expect(await a.until('s1', 'failed')).toMatchObject({ reason: 'the peer has left' });
    await expect(a.files.send('/etc/hostname')).rejects.toMatchObject({ code: 'ERR_USAGE' });
  });
});
