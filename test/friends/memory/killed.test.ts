/** A program that keeps something is killed at moments that nobody chooses, over and over in one folder. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { openFriendMemory } from '../../../source/friends/memory/friend-memory.ts';
import { aFriendFolder, idOf, secret } from '../../helpers/friends/friend-folder.ts';
import { typescriptNode } from '../../helpers/programs/typescript-program.ts';
import { samples } from '../../helpers/samples.ts';

const program = fileURLToPath(new URL('../../helpers/friends/memory-program.ts', import.meta.url));
const TIMES = samples(12);

/** Runs the program until it has said so many numbers, and kills it. Returns all that it has said. */
async function killedAfter(folder: string, what: string, first: number, lines: number) {
  const [node, ...flags] = typescriptNode;
  const child = spawn(node, [...flags, program, folder, what, String(first)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = new Promise((resolve) => {
    child.once('close', resolve);
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.split('\n').length > lines) {
      child.kill('SIGKILL');
    }
  });
  await closed;
  expect(child.signalCode).toBe('SIGKILL');
  return said.split('\n').slice(0, -1).map(Number);
}

function random(below: number) {
  return Math.floor(Math.random() * below);
}

test('every message that was kept is there, in order, and none twice', async () => {
  const folder = aFriendFolder();
  let expected: number[] = [];
  let first = 1;
  for (let time = 0; time < TIMES; time += 1) {
    const said = await killedAfter(folder, 'messages', first, 1 + random(40));
    const memory = await openFriendMemory(folder, secret, { history: false });
    expect(memory.damage).toEqual([]);
    const waiting = memory.waiting.map(({ writtenAt }) => writtenAt);
    const added = waiting.filter((n) => n >= first);
    // Some more may have been kept than it could tell.
    expect(waiting).toEqual([...expected, ...added]);
    expect(added).toEqual(Array.from(added, (_, index) => first + index));
    expect(said).toEqual(said.map((_, index) => first + index));
    expect(added.length).toBeGreaterThanOrEqual(said.length);
    for (const { id, writtenAt, text } of memory.waiting) {
      expect({ id, text }).toEqual({
        id: idOf(writtenAt),
        text: `${'long '.repeat(writtenAt % 500)}${writtenAt}`,
      });
    }
    const isDelivered = waiting.map(() => random(2) === 0);
    await Promise.all(waiting.filter((_, index) => isDelivered[index]).map((n) => memory.delivered(idOf(n))));
    await memory.close();
    expected = waiting.filter((_, index) => !isDelivered[index]);
    first += added.length;
  }
});

test('every id that was received is known, from the moment of the call', async () => {
  const folder = aFriendFolder();
  let first = 1;
  for (let time = 0; time < TIMES; time += 1) {
    // Now and then the file is replaced meanwhile.
    const said = await killedAfter(folder, 'ids', first, 1 + random(1500));
    const memory = await openFriendMemory(folder, secret, { history: false });
    const last = Array.from({ length: first - 1 + said.length }, (_, index) => index + 1).slice(-2000);
    expect(last.filter((n) => !memory.hasReceived(idOf(n)))).toEqual([]);
    first += said.length;
    await memory.close();
  }
});

test('every entry that was added is there, in order', async () => {
  const folder = aFriendFolder();
  let first = 1;
  for (let time = 0; time < TIMES; time += 1) {
    const said = await killedAfter(folder, 'entries', first, 1 + random(150));
    const memory = await openFriendMemory(folder, secret, { history: true });
    const entries = memory.lastEntries(100_000).map(({ writtenAt }) => writtenAt);
    const last = entries.at(-1) ?? 0;
    expect(last).toBeGreaterThanOrEqual(said.at(-1) ?? 0);
    // The older half may have been dropped.
    expect(entries).toEqual(Array.from(entries, (_, index) => last - entries.length + 1 + index));
    expect(entries.length).toBeGreaterThanOrEqual(Math.min(30, last));
    first = last + 1;
    await memory.close();
  }
});
