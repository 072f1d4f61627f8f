import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test, type TestContext } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { aFolder, connectedSides, expectTalk, offerTo } from '../../helpers/sessions/file-sides.ts';
import { skipWithout } from '../../helpers/skip-without.ts';

/** A disk that is removed after the test. Skips the test if this user may not mount one. */
function aDisk(context: TestContext, kind: readonly string[]): string {
  const disk = join(aFolder(), 'disk');
  mkdirSync(disk);
  try {
    execFileSync('mount', ['-t', ...kind, 'punchline', disk], { stdio: 'pipe' });
  } catch {
    skipWithout(context, 'this user may not mount a disk');
  }
  onTestFinished(() => void execFileSync('umount', ['-l', disk]));
  return disk;
}

/** A disk of 8 MB. */
function smallDisk(context: TestContext): string {
  return aDisk(context, ['tmpfs', '-o', 'size=8m']);
}

function aFile(bytes: number) {
  const path = join(aFolder(), 'large');
  writeFileSync(path, new Uint8Array(bytes));
  return path;
}

test('a file for which the disk has no room is refused before a byte of it comes', async (context) => {
  const disk = smallDisk(context);
  const [a, b] = connectedSides();
  await a.files.send(aFile(9_000_000));
  (await offerTo(b)).accept(disk);
  expect((await b.until('r1', 'failed')).reason).toMatch(
    /^nothing can be put into the folder: 9000000 bytes are needed, and the disk has \d+ free$/,
  );
  // How much room there is, is nothing that the peer needs to know.
  expect((await a.until('s1', 'failed')).reason).toBe("there is no room for it on the peer's disk");
  await eventually(() => expect(readdirSync(disk)).toEqual([]));
});

test('a disk that becomes full meanwhile ends the transfer on both sides, and nothing is kept', async (context) => {
  const disk = smallDisk(context);
  const [a, b] = connectedSides();
  await a.files.send(aFile(7_000_000));
  (await offerTo(b)).accept(disk);
  await eventually(() => expect(a.states('s1')).toContain('accepted'));
  writeFileSync(join(disk, 'another'), new Uint8Array(4_000_000));
  expect((await a.until('s1', 'failed')).reason).toBe('large cannot be written: the disk is full');
  expect((await b.until('r1', 'failed')).reason).toBe('large cannot be written: the disk is full');
  await eventually(() => expect(readdirSync(disk)).toEqual(['another']));
  await expectTalk(a, b);
});

test('a disk that does not count its room takes a file', async (context) => {
  const disk = aDisk(context, ['ramfs']);
  const [a, b] = connectedSides();
  await a.files.send(aFile(9_000_000));
  (await offerTo(b)).accept(disk);
  await a.until('s1', 'done');
  expect(readdirSync(disk)).toEqual(['large']);
});
