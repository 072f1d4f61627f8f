/** A program that dies and comes again with the same code finds the other side, which has gone on. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test, type TestContext } from 'vitest';
import { expectEventShapes } from '../../helpers/chats/event-shapes.ts';
import { mailboxOrSkip } from '../../helpers/servers/twisted-server.ts';
import { startPunchline, type Punchline } from '../../helpers/programs/punchline.ts';
import { clientOptions, openRendezvous } from '../../helpers/servers/local-rendezvous.ts';
import { startTwoStunServers } from '../../helpers/servers/mailbox-place.ts';
import { TestServer } from '../../helpers/servers/rendezvous-server.ts';

const code = ['--code', '5000-velvet-orbit'];

function newFolder(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-restart-'));
  context.onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function textsOf(chat: Punchline) {
  return chat.events.flatMap((event) =>
    event.event === 'message' && event.from === 'peer' ? [[event.text, event.again]] : [],
  );
}

async function connected(options: readonly string[]) {
  function run(name: string) {
    return startPunchline(['chat', '--json', '--name', name, ...code, ...options]);
  }
  const [ada, grace] = [run('Ada'), run('Grace')];
  await Promise.all([ada.waitFor('connected'), grace.waitFor('connected')]);
  return { ada, grace, run };
}

async function killAndStartAnew(options: readonly string[], name: string) {
  const { ada, grace, run } = await connected(options);
  const [dead, living] = name === 'Ada' ? [ada, grace] : [grace, ada];
  living.write('before\n');
  await living.waitFor('delivered');
  dead.kill('SIGKILL');
  await living.waitFor('lost');
  living.write('meanwhile\n');
  const again = run(name);
  const { restarted, resent, path } = await living.waitFor('resumed');
  expect({ restarted, resent, path }).toEqual({ restarted: true, resent: 1, path: 'lan' });
  await again.waitFor('message', ({ text }) => text === 'meanwhile');
  again.write('here I am\n');
  living.write('after\n');
  await again.waitFor('message', ({ text }) => text === 'after');
  await living.waitFor('message', ({ text }) => text === 'here I am');
  expect(textsOf(again)).toEqual([
    ['meanwhile', true],
    ['after', undefined],
  ]);
  await living.waitFor('delivered', ({ id }) => id === 'me-3');
  expect(living.events.filter(({ event }) => event === 'delivered')).toHaveLength(3);
  again.endInput();
  living.endInput();
  for (const chat of [again, living]) {
    await chat.ended();
    expectEventShapes(chat.events);
  }
  return Promise.all([again.exitCode, living.exitCode]);
}

test.each([['Ada'], ['Grace']])('%s is killed and started anew, and both talk again', async (name) => {
  const { options } = await openRendezvous();
  expect(await killAndStartAnew(options, name)).toEqual([0, 0]);
});

test('both find each other again at a mailbox', async (context) => {
  const { port } = await mailboxOrSkip(context);
  const stun = await startTwoStunServers();
  const options = ['--server', `ws://127.0.0.1:${port}/v1`];
  const asking = stun.flatMap((one) => ['--stun', `${one.host}:${one.port}`]);
  expect(await killAndStartAnew([...options, ...asking], 'Ada')).toEqual([0, 0]);
});

test('a second restart is as good as the first, and what was said keeps its place', async () => {
  const { options } = await openRendezvous();
  const { ada, grace, run } = await connected(options);
  let other = grace;
  for (const text of ['one', 'two']) {
    other.write(`${text}\n`);
    await ada.waitFor('message', (event) => event.text === text);
    other.kill('SIGKILL');
    await ada.waitFor(
      'lost',
      () => ada.events.filter(({ event }) => event === 'lost').length === (text === 'one' ? 1 : 2),
    );
    other = run('Grace');
    await other.waitFor('connected');
  }
  other.write('three\n');
  await ada.waitFor('message', ({ text }) => text === 'three');
  const heard = ada.events.flatMap((event) => (event.event === 'message' ? [[event.id, event.text]] : []));
  expect(heard).toEqual([
    ['peer-1', 'one'],
    ['peer-2', 'two'],
    ['peer-3', 'three'],
  ]);
});

test('a pipe whose peer is started anew does not take its bytes for those of the first', async () => {
  const { options } = await openRendezvous();
  const words = ['pipe', ...code, ...options, '--give-up', '0.05'];
  const [one, other] = [startPunchline(words), startPunchline(words)];
  other.write('the beginning');
  await one.waitForText(/the beginning/);
  other.kill('SIGKILL');
  const again = startPunchline([...words, '--wait', '0.1'], { input: 'something else' });
  const { code: exit, stdout } = await one.ended();
  expect([exit, stdout]).toEqual([7, 'the beginning']);
  await expect(again.ended()).resolves.toMatchObject({ code: 4 });
});

/** Long enough to be cut in its middle: what is relayed is slow. */
const FILE_BYTES = 3_000_000;

async function startTransfer(context: TestContext) {
  const server = await TestServer.start({}, { relayBytesPerSecond: 500_000 });
  const options = clientOptions(server.port, server.probePort);
  const folder = newFolder(context);
  const path = join(newFolder(context), 'random.bin');
  writeFileSync(path, randomBytes(FILE_BYTES));
  const words = ['--relay', 'always', ...code, ...options];
  function send() {
    return startPunchline(['chat', '--json', '--send', path, ...words]);
  }
  function receive() {
    return startPunchline(['chat', '--json', '--accept-files', folder, ...words]);
  }
  const [sender, receiver] = [send(), receive()];
  await receiver.waitFor('file', ({ state, done = 0 }) => state === 'progress' && done > 500_000);
  return { sender, receiver, send, receive, words, path, folder };
}

test('a file goes on when the one who receives it is started anew', async (context) => {
  const { sender, receiver, receive, path, folder } = await startTransfer(context);
  receiver.kill('SIGKILL');
  await sender.waitFor('lost');
  const again = receive();
  const first = await again.waitFor('file', ({ state }) => state === 'progress');
  expect(first.done).toBeGreaterThan(400_000);
  await again.waitFor('file', ({ state }) => state === 'done');
  expect(readFileSync(join(folder, 'random.bin')).equals(readFileSync(path))).toBe(true);
  await sender.waitFor('file', ({ state }) => state === 'done');
  const told = sender.events.filter((event) => event.event === 'file').map(({ id, state }) => [id, state]);
  expect(told.filter(([, state]) => state !== 'progress')).toEqual([
    ['s1', 'offered'],
    ['s1', 'accepted'],
    ['s1', 'offered'],
    ['s1', 'accepted'],
    ['s1', 'done'],
  ]);
  sender.endInput();
  await expect(Promise.all([sender.exitCode, again.exitCode])).resolves.toEqual([0, 0]);
});

test('a file goes on when the one who sends it is started anew', async (context) => {
  const { sender, receiver, send, path, folder } = await startTransfer(context);
  sender.kill('SIGKILL');
  await receiver.waitFor('lost');
  const again = send();
  await receiver.waitFor('file', ({ state }) => state === 'done');
  expect(readFileSync(join(folder, 'random.bin')).equals(readFileSync(path))).toBe(true);
  const told = receiver.events.filter((event) => event.event === 'file').map(({ id, state }) => [id, state]);
  expect(told.filter(([, state]) => state !== 'progress')).toEqual([
    ['r1', 'offered'],
    ['r1', 'accepted'],
    ['r1', 'accepted'],
    ['r1', 'done'],
  ]);
  await again.waitFor('file', ({ state }) => state === 'done');
  again.endInput();
  await expect(Promise.all([again.exitCode, receiver.exitCode])).resolves.toEqual([0, 0]);
});

test('a file that is not offered again has failed at the end', async (context) => {
  const { sender, receiver, words } = await startTransfer(context);
  sender.kill('SIGKILL');
  await receiver.waitFor('lost');
  const again = startPunchline(['chat', '--json', ...words]);
  await receiver.waitFor('resumed');
  again.endInput();
  const { reason } = await receiver.waitFor('file', ({ state }) => state === 'failed');
  expect(reason).toBe('the peer has left');
  await expect(receiver.exitCode).resolves.toBe(9);
});
