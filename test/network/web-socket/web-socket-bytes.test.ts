/** The bytes of a WebSocket between two programs on loopback. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { describe, expect, onTestFinished, test } from 'vitest';
import * as fc from 'fast-check';
import { WebSocketServer, type WebSocket } from 'ws';
import { ProtocolError } from '../../../source/errors.ts';
import { loadWebSocket, openWebSocket } from '../../../source/connect/places/web-socket/open-web-socket.ts';
import { MAX_MESSAGE_BYTES, WebSocketBytes } from '../../../source/network/web-socket/web-socket-bytes.ts';
import { eventually } from '../../helpers/eventually.ts';
import { expectNothingLeft } from '../../helpers/nothing-left.ts';
import { samples } from '../../helpers/samples.ts';

/** Our side as a stream, the other one as the library has it, and the socket below that. */
async function pair(owner: (end: () => void) => void = onTestFinished) {
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    perMessageDeflate: false,
    autoPong: false,
  });
  owner(() => server.close());
  await once(server, 'listening');
  const coming = once(server, 'connection') as Promise<[WebSocket, IncomingMessage]>;
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const opening = openWebSocket(await loadWebSocket(), socket, {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/punchline/1`,
    handshakeMs: 5000,
    maxMessageBytes: MAX_MESSAGE_BYTES,
    autoPong: false,
  });
  const opened = new Promise<WebSocketBytes>((resolve) => {
    opening.webSocket.once('open', () => resolve(new WebSocketBytes(opening.webSocket, opening.carrier)));
  });
  const [theirs, { socket: below }] = await coming;
  const stream = await opened;
  theirs.on('error', () => undefined);
  owner(() => {
    stream.destroy();
    theirs.terminate();
  });
  return { stream, theirs, below, socket };
}

async function errorOf(stream: WebSocketBytes): Promise<unknown> {
  const [error] = (await once(stream, 'error')) as [unknown];
  return error;
}

test('the ends of the TCP connection are known', async () => {
  expectNothingLeft();
  const { stream, socket } = await pair();
  expect(stream).toMatchObject({
    localAddress: '127.0.0.1',
    localPort: socket.localPort,
    remoteAddress: '127.0.0.1',
    remotePort: socket.remotePort,
  });
});

test('what is written arrives, however it is split and joined', async () => {
  const ends: (() => void)[] = [];
  const { stream, theirs } = await pair((end) => void ends.push(end));
  const heard: Buffer[] = [];
  let isText = false;
  let longest = 0;
  theirs.on('message', (data: Buffer, isBinary) => {
    isText ||= !isBinary;
    longest = Math.max(longest, data.length);
    heard.push(data);
  });
  const sizes = fc.array(
    fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 65_530, max: 200_000 })),
    {
      maxLength: 6,
    },
  );
  await fc.assert(
    fc.asyncProperty(sizes, fc.boolean(), async (lengths, isCorked) => {
      heard.length = 0;
      const pieces = lengths.map((length) => randomBytes(length));
      if (isCorked) {
        stream.cork();
      }
      for (const piece of pieces) {
        stream.write(piece);
      }
      if (isCorked) {
        stream.uncork();
      }
      const all = Buffer.concat(pieces);
      await eventually(() => expect(Buffer.concat(heard).length).toBe(all.length));
      expect(Buffer.concat(heard).equals(all)).toBe(true);
    }),
    { numRuns: samples(30) },
  );
  expect(isText).toBe(false);
  expect(longest).toBeLessThanOrEqual(MAX_MESSAGE_BYTES);
  ends.forEach((end) => end());
});

test('what comes is read as bytes, whatever the messages are, and empty ones are nothing', async () => {
  expectNothingLeft();
  const { stream, theirs } = await pair();
  const all = randomBytes(150_000);
  const read = buffer(stream);
  theirs.send(all.subarray(0, 1));
  theirs.send(Buffer.alloc(0));
  theirs.send(all.subarray(1, 65_537));
  // One message in two frames.
  theirs.send(all.subarray(65_537, 70_000), { fin: false });
  theirs.send(all.subarray(70_000, 131_000), { fin: true });
  theirs.send(all.subarray(131_000));
  theirs.close();
  expect(all.equals(await read)).toBe(true);
});

describe('a stream breaks at', () => {
  test.each<[string, (theirs: WebSocket, below: Socket) => void, RegExp]>([
    ['a message of text', (theirs) => theirs.send('{"t":"waiting"}\n'), /message of text/],
    [
      'a message of more than 64 KiB',
      (theirs) => theirs.send(Buffer.alloc(MAX_MESSAGE_BYTES + 1)),
      /Max payload size exceeded/,
    ],
    [
      'a message of more than 64 KiB in several frames',
      (theirs) => {
        theirs.send(Buffer.alloc(40_000), { fin: false });
        theirs.send(Buffer.alloc(40_000), { fin: true });
      },
      /Max payload size exceeded/,
    ],
    [
      'a message in very many frames',
      (theirs) => {
        for (let n = 0; n < 200; n += 1) {
          theirs.send(Buffer.alloc(0), { fin: false });
        }
      },
      /fragments/,
    ],
    // FIN, RSV1 and a binary frame without a payload (RFC 6455, section 5.2; RFC 7692).
    ['a compressed message', (_theirs, below) => void below.write(Buffer.from([0xc2, 0x00])), /RSV1/],
    ['a frame that is masked', (_theirs, below) => void below.write(Buffer.from([0x82, 0x81])), /MASK/],
    ['bytes that are no frame', (_theirs, below) => void below.write('{"t":"ping"}\n'), /./],
  ])('%s', async (_, say, message) => {
    expectNothingLeft();
    const { stream, theirs, below } = await pair();
    stream.resume();
    const broken = errorOf(stream);
    say(theirs, below);
    const error = await broken;
    expect(error).toBeInstanceOf(ProtocolError);
    expect((error as Error).message).toMatch(message);
  });
});

test('what nobody reads here is held back by the connection, and comes when somebody does', async () => {
  expectNothingLeft();
  const { stream, theirs, socket } = await pair();
  const piece = Buffer.alloc(MAX_MESSAGE_BYTES, 1);
  // More than the kernel takes on both sides.
  const COUNT = 400;
  for (let n = 0; n < COUNT; n += 1) {
    theirs.send(piece);
  }
  await eventually(() => expect(stream.readableLength).toBeGreaterThan(0));
  // It reads no further, so the sender keeps the rest.
  await eventually(() => expect(socket.isPaused()).toBe(true));
  expect(stream.readableLength).toBeLessThanOrEqual(4 * MAX_MESSAGE_BYTES);
  expect(theirs.bufferedAmount).toBeGreaterThan(0);
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  await eventually(() => expect(bytes).toBe(COUNT * MAX_MESSAGE_BYTES));
});

test('what the other side does not read counts as unsent, also where it lies in the library', async () => {
  expectNothingLeft();
  const { stream, theirs } = await pair();
  theirs.pause();
  const piece = Buffer.alloc(1_000_000);
  let written = 0;
  while (written < 100 && stream.writableLength < 10_000_000) {
    stream.write(piece);
    written += 1;
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
  expect(stream.writableLength).toBeGreaterThanOrEqual(10_000_000);
  expect(written).toBeLessThan(100);
  theirs.resume();
  await eventually(() => expect(stream.writableLength).toBe(0));
});

test('pings are answered', async () => {
  expectNothingLeft();
  const { stream, theirs } = await pair();
  stream.resume();
  const answered = once(theirs, 'pong');
  theirs.ping('are you there');
  expect(String(((await answered) as [Buffer])[0])).toBe('are you there');
});

test.each(['ping', 'pong', 'empty message'])('many a %s without a byte for us ends it', async (kind) => {
  expectNothingLeft();
  const { stream, theirs, socket } = await pair();
  stream.resume();
  const failed = errorOf(stream);
  for (let n = 0; n < 1000; n += 1) {
    if (kind === 'empty message') {
      theirs.send(Buffer.alloc(0));
    } else {
      theirs[kind === 'ping' ? 'ping' : 'pong'](Buffer.alloc(125));
    }
  }
  expect(await failed).toMatchObject({
    name: 'ProtocolError',
    message: 'too many WebSocket frames without a byte',
  });
  expect(socket.writableLength).toBeLessThan(2 * MAX_MESSAGE_BYTES);
});

test('end() sends what was written, and then both directions end', async () => {
  expectNothingLeft();
  const { stream, theirs } = await pair();
  const heard: Buffer[] = [];
  theirs.on('message', (data: Buffer) => heard.push(data));
  const closed = once(theirs, 'close');
  stream.resume();
  stream.end(Buffer.alloc(500_000, 7));
  await Promise.all([closed, once(stream, 'close')]);
  expect(Buffer.concat(heard).length).toBe(500_000);
});

test('end() lasts a bounded time if the other side does not answer it', async () => {
  expectNothingLeft();
  const { stream, below } = await pair();
  below.pause();
  stream.resume();
  stream.end('goodbye');
  await once(stream, 'close');
  expect(stream.destroyed).toBe(true);
});

test.each<[string, (theirs: WebSocket, below: Socket) => void]>([
  ['closes', (theirs) => theirs.close()],
  ['ends the connection of TCP alone', (_theirs, below) => void below.end()],
])('if the other side %s, all that it said is read first, and the stream ends', async (_, end) => {
  expectNothingLeft();
  const { stream, theirs, below } = await pair();
  theirs.send(Buffer.from('last words'));
  end(theirs, below);
  const closed = once(stream, 'close');
  expect(String(await buffer(stream))).toBe('last words');
  await closed;
});

test('a reset breaks the stream, and later writes fail without an uncaught exception', async () => {
  expectNothingLeft();
  const { stream, below } = await pair();
  stream.resume();
  const closed = once(stream, 'close').catch(() => undefined);
  stream.on('error', () => undefined);
  below.resetAndDestroy();
  await closed;
  expect(stream.write('too late')).toBe(false);
});

test('a stream that is idle says so', async () => {
  expectNothingLeft();
  const { stream } = await pair();
  const idle = new Promise<string>((resolve) => {
    stream.setTimeout(20, () => resolve('idle'));
  });
  expect(await idle).toBe('idle');
  stream.setTimeout(0);
});
