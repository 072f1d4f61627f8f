/** A file between friends goes on when the program of one of them, or of both, has died. */
import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { newFolder, twoFriends } from '../../../helpers/friends/friend-homes.ts';
import { clientOptions } from '../../../helpers/servers/local-rendezvous.ts';
import { TestServer } from '../../../helpers/servers/rendezvous-server.ts';

/** Long enough to be cut in its middle: what is relayed is slow. */
const FILE_BYTES = 3_000_000;

async function startTransfer() {
  const server = await TestServer.start({}, { relayBytesPerSecond: 500_000 });
  const options = ['--relay', 'always', ...clientOptions(server.port, server.probePort)];
  const { ada, grace } = await twoFriends({ options });
  const folder = newFolder();
  const path = join(newFolder(), 'random.bin');
  writeFileSync(path, randomBytes(FILE_BYTES));
  function send() {
    return ada.run('chat', 'grace', '--json', '--send', path);
  }
  function receive() {
    return grace.run('chat', 'ada', '--json', '--accept-files', folder);
  }
  const [sender, receiver] = [send(), receive()];
  await receiver.waitFor('file', ({ state, done = 0 }) => state === 'progress' && done > 500_000);
  function expectWhole(): void {
    expect(readFileSync(join(folder, 'random.bin')).equals(readFileSync(path))).toBe(true);
  }
  return { sender, receiver, send, receive, expectWhole };
}

test('when the one who receives it is started anew', async () => {
  const { sender, receiver, receive, expectWhole } = await startTransfer();
  receiver.kill('SIGKILL');
  await sender.waitFor('lost');
  const again = receive();
  const { done } = await again.waitFor('file', ({ state }) => state === 'progress');
  expect(done).toBeGreaterThan(400_000);
  await Promise.all([sender, again].map((chat) => chat.waitFor('file', ({ state }) => state === 'done')));
  expectWhole();
  sender.endInput();
  await expect(Promise.all([sender.exitCode, again.exitCode])).resolves.toEqual([0, 0]);
});

test('when the one who sends it is started anew', async () => {
  const { sender, receiver, send, expectWhole } = await startTransfer();
  sender.kill('SIGKILL');
  await receiver.waitFor('lost');
  const again = send();
  await Promise.all([again, receiver].map((chat) => chat.waitFor('file', ({ state }) => state === 'done')));
  expectWhole();
  again.endInput();
  await expect(Promise.all([again.exitCode, receiver.exitCode])).resolves.toEqual([0, 0]);
});

test('when both are started anew', async () => {
  const { sender, receiver, send, receive, expectWhole } = await startTransfer();
  sender.kill('SIGKILL');
  receiver.kill('SIGKILL');
  await Promise.all([sender.ended(), receiver.ended()]);
  const [from, to] = [send(), receive()];
  const { done } = await to.waitFor('file', ({ state }) => state === 'progress');
  expect(done).toBeGreaterThan(400_000);
  await Promise.all([from, to].map((chat) => chat.waitFor('file', ({ state }) => state === 'done')));
  expectWhole();
  from.endInput();
  await expect(Promise.all([from.exitCode, to.exitCode])).resolves.toEqual([0, 0]);
});
