import { randomBytes } from 'node:crypto';
import {
  appendFileSync,
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { aTurn } from '../../helpers/sessions/moving-sessions.ts';
import {
  aFolder,
  connectSides,
  fileSide,
  offerTo,
  type FileSide,
} from '../../helpers/sessions/file-sides.ts';

const large = 30_000_000;

/** Sends a path until some of it has arrived. Then both sides end. */
async function begin(path: string, folder: string) {
  const [a, b] = [fileSide(), fileSide(folder)];
  connectSides(a, b);
  await a.files.send(path);
  (await offerTo(b)).accept();
  // Slowed down turn by turn, because it would be over in a moment.
  while (heldIn(folder) < 1_000_000) {
    await aTurn();
  }
  for (const side of [a, b]) {
    side.files.end('the program has ended');
    side.session.destroy();
  }
  // Its work on the disk is over then, too.
  await eventually(() => expect(b.files.isIdle || a.files.isIdle).toBe(true));
  const [stage] = stagesIn(folder);
  return join(folder, stage ?? 'nothing');
}

/** How many bytes the files in a folder have, hidden ones included. */
function heldIn(folder: string): number {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return files.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

function stagesIn(folder: string) {
  return readdirSync(folder).filter((name) => name.endsWith('.part'));
}

/** Offers it again between new sides. Returns the events of both sides at the end. */
async function again(path: string, folder: string): Promise<[FileSide, FileSide]> {
  const [a, b] = [fileSide(), fileSide(folder)];
  connectSides(a, b);
  await a.files.send(path);
  (await offerTo(b)).accept();
  return [a, b];
}

function startOf(side: FileSide) {
  return side.events.find(({ state }) => state === 'accepted')?.done;
}

function aLargeFile() {
  const path = join(aFolder(), 'large');
  const bytes = randomBytes(large);
  writeFileSync(path, bytes);
  return { path, bytes };
}

describe('a file that is offered again after both programs have ended', () => {
  test('goes on where it was, and only the rest is sent', async () => {
    const { path, bytes } = aLargeFile();
    const folder = aFolder();
    await begin(path, folder);
    const [a, b] = await again(path, folder);
    await Promise.all([a.until('s1', 'done'), b.until('r1', 'done')]);
    const start = startOf(a) ?? 0;
    expect(start).toBeGreaterThanOrEqual(1_000_000);
    const { written } = a.session.files.stream.outgoing;
    expect(written).toBeLessThan(large - start + 100_000);
    expect(readdirSync(folder)).toEqual(['large']);
    expect(readFileSync(join(folder, 'large')).equals(bytes)).toBe(true);
  });

  test('is thrown away if the first part was damaged, and begins anew the next time', async () => {
    const { path, bytes } = aLargeFile();
    const folder = aFolder();
    const stage = await begin(path, folder);
    const file = openSync(join(stage, 'content', 'large'), 'r+');
    writeSync(file, 'tampered');
    closeSync(file);
    const [, b] = await again(path, folder);
    expect((await b.until('r1', 'failed')).reason).toBe('the bytes that came are not those that were sent');
    await eventually(() => expect(readdirSync(folder)).toEqual([]));
    const [third, fourth] = await again(path, folder);
    await fourth.until('r1', 'done');
    expect(startOf(third)).toBe(0);
    expect(readFileSync(join(folder, 'large')).equals(bytes)).toBe(true);
  });

  test('begins anew if it has changed', async () => {
    const { path } = aLargeFile();
    const folder = aFolder();
    await begin(path, folder);
    appendFileSync(path, 'more');
    const [a, b] = await again(path, folder);
    await b.until('r1', 'done');
    expect(startOf(a)).toBe(0);
    expect(readFileSync(join(folder, 'large')).equals(readFileSync(path))).toBe(true);
  });

  test('begins anew after a day, and what was left is gone', async () => {
    const { path } = aLargeFile();
    const folder = aFolder();
    const stage = await begin(path, folder);
    const yesterday = Date.now() / 1000 - 24 * 60 * 60 - 60;
    for (const name of ['.', 'journal', 'content/large']) {
      utimesSync(join(stage, name), yesterday, yesterday);
    }
    const [a, b] = await again(path, folder);
    await b.until('r1', 'done');
    expect(startOf(a)).toBe(0);
    expect(readdirSync(folder)).toEqual(['large']);
  });

  test.each([
    ['journal', 'no journal at all\n'],
    ['journal', '{"path":"","isFolder":false,"bytes":-1}\n'],
    ['owner', 'nobody'],
  ])('begins anew if the %s is %j', async (name, text) => {
    const { path } = aLargeFile();
    const folder = aFolder();
    const stage = await begin(path, folder);
    writeFileSync(join(stage, name), text);
    const [a, b] = await again(path, folder);
    await b.until('r1', 'done');
    expect(startOf(a)).toBe(0);
  });

  test('begins anew if files of the journal are gone', async () => {
    const { path } = aLargeFile();
    const folder = aFolder();
    const stage = await begin(path, folder);
    unlinkSync(join(stage, 'content', 'large'));
    const [a, b] = await again(path, folder);
    await b.until('r1', 'done');
    expect(startOf(a)).toBe(0);
  });

  test('is left alone while another process is receiving it', async () => {
    const { path } = aLargeFile();
    const folder = aFolder();
    const stage = await begin(path, folder);
    // Process 1 always exists, and is never this one.
    writeFileSync(join(stage, 'owner'), '1\n');
    const [, b] = await again(path, folder);
    expect((await b.until('r1', 'failed')).reason).toBe('large is being received by another process');
    expect(stagesIn(folder)).toHaveLength(1);
  });

  test('goes on if another process has that number because the computer was started again', async () => {
    const { path } = aLargeFile();
    const folder = aFolder();
    const stage = await begin(path, folder);
    writeFileSync(join(stage, 'owner'), '1\n');
    utimesSync(join(stage, 'owner'), 1, 1);
    const [a, b] = await again(path, folder);
    await b.until('r1', 'done');
    expect(startOf(a)).toBeGreaterThan(1_000_000);
  });

  test('goes on in a folder after the files that are whole', async () => {
    const source = join(aFolder(), 'holiday');
    mkdirSync(join(source, 'b'), { recursive: true });
    for (const name of ['a', 'b/c', 'd']) {
      writeFileSync(join(source, name), randomBytes(8_000_000));
    }
    const folder = aFolder();
    await begin(source, folder);
    const [a, b] = await again(source, folder);
    await b.until('r1', 'done');
    expect(startOf(a)).toBeGreaterThanOrEqual(1_000_000);
    for (const name of ['a', 'b/c', 'd']) {
      expect(readFileSync(join(folder, 'holiday', name)).equals(readFileSync(join(source, name)))).toBe(true);
    }
  });
});
