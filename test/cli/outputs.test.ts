import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
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
    under: ['sh', '-c', `ulimit -f ${blocks}; path=$1; shift; exec "$@" ${stream}>"$path"`, 'sh', path],
  };
}

test.each([
  ['help', ['help', 'json']],
  ['--help', ['chat', '--help']],
  ['doctor', ['doctor', '--json']],
  ['a chat', ['chat', '--json', ...code]],
])('%s exits with 8 if its stdout is on a disk that is full, and says so', async (_title, words) => {
  const { options } = await startServer();
  startPunchline(['chat', '--plain', ...code, ...options]);
  const { under, path } = littleRoom(1, 1);
  const args = words.includes('--json') ? [...words, ...options] : words;
  const { code: exit, stderr } = await startPunchline(args, { under }).ended();
  expect(exit).toBe(8);
  expect(stderr).toMatch(
    /^punchline: not everything could be written to stdout: the file is too large for the disk$/m,
  );
  // All that fits is there.
  expect(readFileSync(path).length).toBe(512);
});

test('a pipe exits with 8 if only its last bytes do not fit on the disk', async () => {
  const { options } = await startServer();
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
  // Each of them is a line of the log. A pipe holds some hundreds.
  for (let number = 0; number < 2000; number += 1) {
    const client = await WireClient.connect(port);
    client.socket.write('nothing\n');
    await client.expect('error');
    client.socket.destroy();
  }
  const client = await WireClient.connect(port);
  client.send({ t: 'ping' });
  expect(await client.next()).toEqual({ t: 'pong' });
  client.socket.destroy();
});
