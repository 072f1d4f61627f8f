import { randomBytes } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../helpers/eventually.ts';
import { openRendezvous } from '../helpers/servers/local-rendezvous.ts';
import { startPunchline, startServer } from '../helpers/programs/punchline.ts';
import { joinMessage } from '../helpers/servers/rendezvous-server.ts';
import { WireClient } from '../helpers/servers/wire-client.ts';

const code = ['--code', '5000-velvet-orbit'];

/**
 * A shell that runs the rest with one of its streams in a file that can take so
 * many blocks of 512 bytes. As on a disk that fills up, the system takes a part
 * of the write that no longer fits, and refuses the next one.
 */
function littleRoom(stream: 1 | 2, blocks: number) {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-full-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'file');
  return {
    path,
    under: ['sh', '-c', `ulimit -f ${blocks}; path=$1; shift; exec "$@" ${stream}>>"$path"`, 'sh', path],
  };
}

test.each([
  ['help', ['help', 'json']],
  ['--help', ['chat', '--help']],
  ['doctor', ['doctor', '--json']],
  ['a chat for programs', ['chat', '--json', ...code]],
  ['a chat in lines', ['chat', '--plain', ...code]],
])('%s exits with 8 if its stdout is on a disk that is full, and says so', async (_title, words) => {
  const { options } = await openRendezvous();
  startPunchline(['chat', '--plain', ...code, ...options]);
  const { under, path } = littleRoom(1, 1);
  const args = ['help', '--help'].some((word) => words.includes(word)) ? words : [...words, ...options];
  const { code: exit, stderr } = await startPunchline(args, { under }).ended();
  expect(exit).toBe(8);
  expect(stderr).toMatch(
    /^punchline: not everything could be written to stdout: the file is too large for the disk$/m,
  );
  // All that fits is there.
  expect(readFileSync(path).length).toBe(512);
});

test('--version exits with 8 if its stdout is on a disk that is full, and says so', async () => {
  const { under } = littleRoom(1, 0);
  expect(await startPunchline(['--version'], { under }).ended()).toMatchObject({
    code: 8,
    stderr:
      'punchline: not everything could be written to stdout: the file is too large for the disk\nMake room on that disk, or write to another one.\n',
  });
});

test('--version says nothing if nobody reads it', async () => {
  const { path } = littleRoom(1, 0);
  const unread = 'mkfifo "$0"; exec 3<>"$0"; exec >"$0" 3<&-; exec "$@"';
  const quiet = startPunchline(['--version'], { under: ['sh', '-c', unread, path] });
  expect(await quiet.ended()).toMatchObject({ code: 0, stderr: '' });
});

test('a chat exits with 8 if only its last line does not fit on the disk, also if a file was declined', async () => {
  const { options } = await openRendezvous();
  const { under, path } = littleRoom(1, 200);
  const photo = join(dirname(path), 'photo');
  writeFileSync(photo, 'x');
  const sender = startPunchline(['chat', '--json', '--send', photo, ...code, ...options], { under });
  // Its stdin is no terminal, so that nobody can accept.
  startPunchline(['chat', '--plain', ...code, ...options]);
  await eventually(() => expect(readFileSync(path, 'utf8')).toMatch(/"state":"declined".*\n/));
  appendFileSync(path, ' '.repeat(200 * 512 - 1 - readFileSync(path).length));
  sender.endInput();
  const { code: exit, stderr } = await sender.ended();
  expect(stderr).toBe(
    'punchline: not everything could be written to stdout: the file is too large for the disk\nMake room on that disk, or write to another one.\n',
  );
  expect(exit).toBe(8);
});

test('a pipe exits with 8 if only its last bytes do not fit on the disk', async () => {
  const { options } = await openRendezvous();
  const { under, path } = littleRoom(1, 200);
  const receiver = startPunchline(['pipe', ...code, ...options], { input: '', under });
  const sender = startPunchline(['pipe', ...code, ...options], {
    input: randomBytes(50 * 1024).toString('hex') + 'more',
  });
  const { code: exit, stderr } = await receiver.ended();
  expect(readFileSync(path).length).toBe(200 * 512);
  expect(stderr).toMatch(/the file is too large for the disk\nMake room on that disk, /);
  expect(exit).toBe(8);
  await sender.ended();
});

test('a rendezvous goes on if its log is on a disk that is full', async () => {
  const { under, path } = littleRoom(2, 1);
  const { port, process } = await startServer(['--log-level', 'debug'], { under });
  for (let number = 1000; readFileSync(path).length < 512 || number < 1010; number += 1) {
    const client = await WireClient.connect(port);
    client.send(joinMessage({ number }));
    await client.expect('waiting');
    client.socket.destroy();
  }
  process.kill('SIGTERM');
  expect(await process.ended()).toMatchObject({ code: 0 });
});

test('a rendezvous goes on if nobody reads its log any more', async () => {
  const { port, process } = await startServer(['--exempt', '127.0.0.0/8', '--log-level', 'debug']);
  process.stopReading();
  async function complain(): Promise<void> {
    const client = await WireClient.connect(port);
    client.socket.write('nothing\n');
    await client.expect('error');
    client.socket.destroy();
  }
  // Each of them is a line of the log. A pipe holds some hundreds.
  for (let batch = 0; batch < 20; batch += 1) {
    await Promise.all(Array.from({ length: 100 }, complain));
  }
  const client = await WireClient.connect(port);
  client.send({ t: 'ping' });
  expect(await client.next()).toEqual({ t: 'pong' });
  client.socket.destroy();
});
