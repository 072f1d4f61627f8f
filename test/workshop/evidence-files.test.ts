import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readChat, readRecording } from '../../source/workshop/evidence-files.ts';
import { packet, watched } from '../helpers/workshop/evidence.ts';

function file(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-evidence-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'w1.jsonl');
  writeFileSync(path, text);
  return path;
}

function pipe(): string {
  const path = `${file('')}.pipe`;
  execFileSync('mkfifo', [path]);
  return path;
}

const events = [watched, packet()];
const lines = events.map((event) => `${JSON.stringify(event)}\n`).join('');

test('a recording is read up to its last whole line', () => {
  expect(readRecording(file(lines))).toEqual(events);
  expect(readRecording(file(`${lines}{"v":1,"event":"pac`))).toEqual(events);
  expect(readRecording(file(''))).toEqual([]);
  expect(readRecording(file('{"v":1'))).toEqual([]);
});

test('a line that is no event of a lab is told', () => {
  expect(() => readRecording(file(`${lines}{"event":"packet"}\n`))).toThrow('line 3');
});

test('of a chat, the events are read, and what a terminal has added is not', () => {
  const path = file('$ punchline chat\n{"v":1,"event":"connected","path":"lan"}\r\nbye\n');
  expect(readChat(path)).toEqual([{ v: 1, event: 'connected', path: 'lan' }]);
});

test.each([
  ['no events', () => file('bye\n'), 'it holds no events of a chat'],
  ['a missing file', () => `${file('')}.gone`, 'it is not there'],
  ['a folder', () => join(file(''), '..'), 'it is no file'],
  ['a pipe that nobody writes', () => pipe(), 'it is no file'],
])('%s: it is told with the path', (_, make, told) => {
  const path = make();
  expect(() => readChat(path)).toThrow(
    expect.objectContaining({ code: 'ERR_FILE', message: expect.stringContaining(told) as string }) as Error,
  );
});
