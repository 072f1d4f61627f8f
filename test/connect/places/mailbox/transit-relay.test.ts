import { once } from 'node:events';
import { expect, test } from 'vitest';
import { transitRelay, transitToken } from '../../../../source/connect/places/mailbox/transit-relay.ts';
import { expectNothingLeft } from '../../../helpers/nothing-left.ts';
import { transitOrSkip } from '../../../helpers/servers/twisted-server.ts';
import { startRawServer } from '../../../helpers/strangers/raw-server.ts';

const token = transitToken([Uint8Array.of(1), Uint8Array.of(2)]);
const never = new AbortController().signal;

function meet(port: number, { answerMs = 10_000, signal = never, own = token } = {}) {
  return transitRelay({
    server: { host: '127.0.0.1', port },
    proxy: undefined,
    token: own,
    family: undefined,
    answerMs,
    signal,
  });
}

test('a token is the same for the same values in the same order, and for no others', () => {
  expect(token).toMatch(/^[0-9a-f]{64}$/);
  expect(transitToken([Uint8Array.of(1), Uint8Array.of(2)])).toBe(token);
  expect(transitToken([Uint8Array.of(2), Uint8Array.of(1)])).not.toBe(token);
  expect(transitToken([Uint8Array.of(1, 2), Uint8Array.of()])).not.toBe(token);
});

test('two sides with one token are connected by a real relay, and lose no byte', async (context) => {
  expectNothingLeft();
  const { port } = await transitOrSkip(context);
  const [one, other] = await Promise.all([meet(port), meet(port)]);
  if (typeof one === 'string' || typeof other === 'string') {
    throw new Error(`not relayed: ${JSON.stringify([one, other])}`);
  }
  context.onTestFinished(() => {
    one.destroy();
    other.destroy();
  });
  one.write('at once');
  other.resume();
  const [heard] = (await once(other, 'data')) as [Buffer];
  expect(heard.toString()).toBe('at once');
});

test.for([
  ['refuses', 'bad handshake\n', /^the transit relay 127\.0\.0\.1:\d+ says: bad handshake$/],
  ['says what a terminal would obey', 'no\u001B[2J\n', /says: no␛\[2J$/],
  ['says something endless', 'x'.repeat(1000), /says: x{64}$/],
] as const)('a relay that %s is told in a sentence', async ([, said, sentence]) => {
  expectNothingLeft();
  const { port } = await startRawServer((socket) => void socket.write(said));
  expect(await meet(port)).toMatch(sentence);
});

test('a peer that does not come is told in a sentence, in time', async () => {
  expectNothingLeft();
  const { port } = await startRawServer();
  expect(await meet(port, { answerMs: 50 })).toMatch(
    /^the peer did not come to the transit relay 127\.0\.0\.1:\d+ within 0\.05 s: name it with --transit on both sides$/,
  );
});

test('a relay that closes, or is not there, is told in a sentence', async () => {
  expectNothingLeft();
  const server = await startRawServer((socket) => void socket.end());
  expect(await meet(server.port)).toMatch(/closed the connection$/);
  expect(await meet(1)).toMatch(/^the transit relay 127\.0\.0\.1:1 cannot be reached/);
});

test('the bytes behind the answer are the peer’s', async (context) => {
  expectNothingLeft();
  const { port } = await startRawServer((socket) => void socket.write('ok\nhello'));
  const socket = await meet(port);
  if (typeof socket === 'string') {
    throw new Error(socket);
  }
  context.onTestFinished(() => void socket.destroy());
  socket.resume();
  const [heard] = (await once(socket, 'data')) as [Buffer];
  expect(heard.toString()).toBe('hello');
});

test('an aborted wait leaves nothing', async () => {
  expectNothingLeft();
  const { port } = await startRawServer();
  const over = new AbortController();
  const meeting = meet(port, { signal: over.signal });
  over.abort(new Error('enough'));
  await expect(meeting).rejects.toThrow('enough');
});
