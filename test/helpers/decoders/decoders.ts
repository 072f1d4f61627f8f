/**
 * All decoders of bytes and texts from outside, with inputs that are made to
 * break them, and what must hold for any input.
 */
import * as fc from 'fast-check';
import {
  createChatDecoder,
  encodeChatMessage,
  MAX_TEXT_BYTES,
} from '../../../source/protocol/chat-messages.ts';
import {
  createClassicDecoder,
  formatClassic,
  MAX_CLASSIC_BYTES,
  parseClassicGreeting,
} from '../../../source/protocol/classic.ts';
import { parseCode } from '../../../source/protocol/code.ts';
import { parseConfig } from '../../../source/cli/settings/config.ts';
import { decodeContent, decodeExport, encodeExport } from '../../../source/friends/export-text.ts';
import { parseFriendName } from '../../../source/friends/friend-name.ts';
import { decodeFriend, LaterVersion } from '../../../source/friends/friend-record.ts';
import { parseServer } from '../../../source/network/endpoint.ts';
import { parsePlaces } from '../../../source/protocol/place-address.ts';
import { createFileDecoder } from '../../../source/connect/files/wire/file-decoder.ts';
import { encodeFileMessage, MAX_MESSAGE_BYTES } from '../../../source/connect/files/wire/file-messages.ts';
import {
  createFrameDecoder,
  encodeFrame,
  MAX_DATA_BYTES,
  type Frame,
} from '../../../source/connect/session/wire/frames.ts';
import { encodeHistoryRecord, findHistoryRecords } from '../../../source/friends/memory/history-records.ts';
import {
  decodeEntry,
  decodeWritten,
  encodeEntry,
  encodeWritten,
} from '../../../source/friends/memory/record-content.ts';
import { openRecord, SEAL_BYTES, sealRecord } from '../../../source/friends/memory/sealed-record.ts';
import { parseInvite } from '../../../source/protocol/invite.ts';
import { createLineDecoder, MAX_LINE_BYTES } from '../../../source/protocol/framing/line-decoder.ts';
import { createProxyDecoder, MAX_PROXY_BYTES } from '../../../source/server/sockets/proxy-header.ts';
import {
  parseClientMessage,
  parseProbeMessage,
  parseServerMessage,
} from '../../../source/protocol/rendezvous-messages.ts';
import { createOpener, createSealer, MAX_PLAINTEXT_BYTES } from '../../../source/connect/keys/seal.ts';
import { decodeKeptText, encodeKeptText } from '../../../source/protocol/friend/kept-text.ts';
import {
  decodeFriendMessage,
  encodeFriendMessage,
  type FriendMessage,
} from '../../../source/protocol/friend/friend-message.ts';
import { decodeSealedMessage } from '../../../source/protocol/sealed-messages.ts';
import {
  createStreamDecoder,
  encodeStreamFrame,
  MAX_TEXT_BYTES as MAX_STREAM_TEXT_BYTES,
  type StreamFrame,
} from '../../../source/connect/streams/wire/stream-frames.ts';
import { createStunDecoder, MAX_ATTRIBUTES_BYTES } from '../../../source/connect/stun/wire/stun-message.ts';
import { createTextLines } from '../../../source/ui/lines/typed-lines.ts';
import { message, stream, typed, type FuzzedDecoder, type StreamDecoder } from './fuzzed-decoder.ts';
import { hostileBytes, hostileJson, hostileText } from '../strangers/hostile-bytes.ts';
import {
  clientMessages,
  fileMessages,
  sealedMessages,
  probeMessages,
  serverMessages,
} from '../chats/messages.ts';
import { historyEntries, writtenTexts } from '../friends/friend-texts.ts';
import { positionsHold, steps } from './stream-positions.ts';
import { proxyHeaders } from '../servers/proxy-headers.ts';
import { stunAnswer, stunError, stunMessage } from '../servers/stun-messages.ts';
import { codePoint } from '../strangers/code-point.ts';

function several(one: fc.Arbitrary<Uint8Array>) {
  return fc.array(one, { minLength: 1, maxLength: 3 }).map((all): Uint8Array => Buffer.concat(all));
}

const offset = fc.oneof(fc.nat(100), fc.maxSafeNat());
const shortBytes = fc.uint8Array({ maxLength: 30 });
const frame: fc.Arbitrary<Frame> = fc.oneof(
  fc.record({ type: fc.constant('nominate'), received: offset, group: fc.constantFrom('X25519', 'a_.-') }),
  fc.record({
    type: fc.constantFrom('data', 'file-data'),
    offset,
    bytes: shortBytes.filter(({ length }) => length > 0),
  }),
  fc.record({ type: fc.constantFrom('ack', 'file-ack'), received: offset, limit: offset }),
  fc.record({ type: fc.constantFrom('ping', 'pong'), id: fc.nat(0xffffffff) }),
  fc.record({ type: fc.constant('end'), offset }),
  fc.record({
    type: fc.constant('round'),
    n: fc.integer({ min: 1, max: 0xffffffff }),
    nonce: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    hosts: fc.array(
      fc.record({
        address: fc.constantFrom('10.0.0.1', '2001:db8::1'),
        port: fc.integer({ min: 1, max: 65_535 }),
      }),
      { maxLength: 8 },
    ),
    mapped: fc.option(
      fc.record({
        address: fc.constantFrom('203.0.113.7', '2001:db8::1'),
        port: fc.integer({ min: 1, max: 65_535 }),
        probePort: fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined }),
      }),
      { nil: undefined },
    ),
  }),
  fc.record({ type: fc.constant('close'), reason: fc.constantFrom('quit', 'protocol', 'gave-up') }),
);

const streamName = { stream: fc.integer({ min: 1, max: 0x7fff_ffff }), isOurs: fc.boolean() };
const streamFrame: fc.Arbitrary<StreamFrame> = fc.oneof(
  fc.record({
    type: fc.constant('open'),
    ...streamName,
    target: fc.string({ unit: codePoint, maxLength: 9 }),
  }),
  fc.record({
    type: fc.constant('data'),
    ...streamName,
    bytes: shortBytes.filter(({ length }) => length > 0),
  }),
  fc.record({ type: fc.constant('credit'), ...streamName, bytes: fc.integer({ min: 1, max: 2 ** 30 }) }),
  fc.record({ type: fc.constant('end'), ...streamName }),
  fc.record({
    type: fc.constant('reset'),
    ...streamName,
    reason: fc.string({ unit: codePoint, maxLength: 9 }),
  }),
);

/** A correct length, and after it content that may be invalid. */
const prefixed = fc
  .tuple(fc.nat(10), fc.constantFrom([0, 0, 0, 1], []), fc.uint8Array({ maxLength: 40 }))
  .map(([type, number, rest]): Uint8Array => {
    const body = Buffer.of(type, ...number, ...rest);
    return Buffer.concat([Buffer.of(0, 0, 0, body.length), body]);
  });

const conversation = fc
  .array(
    fc.tuple(
      fc.constantFrom('text' as const, 'heartbeat' as const, 'name' as const, 'typing' as const),
      fc.string({ unit: codePoint }),
    ),
    {
      minLength: 1,
      maxLength: 3,
    },
  )
  .map((said): Uint8Array => {
    const counts = { text: 0, heartbeat: 0, name: 0, typing: 0, again: 0 };
    return Buffer.concat(
      said.map(([type, text]) => encodeChatMessage({ type, n: (counts[type] += 1), text })),
    );
  });

const code = fc.constantFrom('7-velvet-orbit', '999999999-zoo-abandon', '1000-Velvet-ORBIT');
const server = fc.oneof(
  fc.constantFrom('example.org', 'example.org:8877', '[2001:db8::1]:1', 'fe80::1%eth0', '192.0.2.1'),
  fc.domain(),
  fc.ipV4(),
  fc.ipV6(),
);
const key = new Uint8Array(32).fill(7);
const plaintexts = hostileBytes(
  fc
    .oneof(fc.constantFrom(...sealedMessages.map((one) => JSON.stringify(one))), hostileJson(sealedMessages))
    .map((text) => Buffer.from(text)),
);

/** The decoder of the lines on a connection with the rendezvous. */
function lines(name: string, parse: (line: string) => unknown, samples: readonly object[]): FuzzedDecoder {
  const texts = samples.map((sample) => JSON.stringify(sample));
  function create(): StreamDecoder {
    const decoder = createLineDecoder();
    return {
      push(chunk) {
        const read: unknown[] = [];
        decoder.push(chunk);
        for (let line = decoder.next(); line !== undefined; line = decoder.next()) {
          read.push(parse(line));
        }
        return read;
      },
    };
  }
  return stream(name, {
    create,
    valid: several(
      fc.oneof(fc.constantFrom(...texts), hostileJson(samples)).map((text) => Buffer.from(`${text}\n`)),
    ),
    maxBytes: MAX_LINE_BYTES,
    // Lines that were handled must not be kept.
    start: `${texts[0]}\n`.repeat(500),
    crumbs: 300,
  });
}

const greetings = fc.constantFrom('first', '192.0.2.7 4711 80', '192.0.2.9 65535', '0.0.0.0 0 1');

const stunMessages = fc.oneof(
  fc
    .tuple(fc.constantFrom('192.0.2.1', '2001:db8::1'), fc.nat(65_535))
    .map(([address, port]) => stunAnswer(Buffer.alloc(12, 'x'), { address, port })),
  fc.string().map((reason) => stunError(Buffer.alloc(12, 'x'), 400, reason)),
  fc
    .array(fc.record({ type: fc.constantFrom(1, 9, 0x20, 0x8022), value: fc.uint8Array({ maxLength: 24 }) }))
    .map((attributes) => stunMessage(0x0101, Buffer.alloc(12, 'x'), attributes)),
);

/** The decoder does not look at bytes after the header. */
function createProxySource(): StreamDecoder {
  const decoder = createProxyDecoder();
  let isOver = false;
  return {
    push(chunk) {
      if (isOver) {
        return [];
      }
      const header = decoder.push(chunk);
      isOver = header !== undefined;
      return header === undefined ? [] : [header.source];
    },
  };
}

/** The number of pieces may differ, so only their bytes are compared. */
function createFileSource(): StreamDecoder {
  const decoder = createFileDecoder();
  return {
    push: (chunk) =>
      decoder
        .push(chunk)
        .flatMap((one): unknown[] =>
          one.type === 'chunk' ? [...one.bytes].map((byte) => [one.id, byte]) : [one],
        ),
  };
}

const secret = Buffer.alloc(32, 7).toString('base64url');
const friendRecords = [
  { v: 1, name: 'ada', secret, role: 'a', places: 'wormhole,[::1]:1', keptAt: 1, metAt: 2 },
  { v: 1, name: 'grace', secret, role: 'b', keptAt: 1, metAt: 2, later: [{ a: 1 }] },
  { v: 2, name: 1 },
];

/** The record of a later version is not damaged. */
function nowOrLater(parse: (text: string) => unknown) {
  return (text: string) => {
    try {
      parse(text);
    } catch (error) {
      if (!(error instanceof LaterVersion)) {
        throw error;
      }
    }
  };
}

/** Most of them have a right sum. */
const exported = fc
  .record({
    scrypt: fc.record({
      n: fc.constantFrom(2, 2 ** 20, 2 ** 21, 3, 0, -1, 1e300, NaN),
      r: fc.constantFrom(1, 16, 17, 0.5),
      p: fc.constantFrom(1, 4, 5),
      salt: fc.uint8Array({ minLength: 15, maxLength: 16 }),
    }),
    nonce: fc.uint8Array({ minLength: 11, maxLength: 12 }),
    sealed: fc.uint8Array({ minLength: 10, maxLength: 30 }),
  })
  .map(encodeExport);

/** Data comes in pieces, so each byte of it counts. */
function createStreamSource(): StreamDecoder {
  const decoder = createStreamDecoder();
  return {
    push: (chunk) =>
      decoder
        .push(chunk)
        .flatMap((one): unknown[] =>
          one.type === 'data' ? [...one.bytes].map((byte) => [one.stream, one.isOurs, byte]) : [one],
        ),
  };
}

const friendMessages: readonly FriendMessage[] = [
  { t: 'offer', nonce: 'A'.repeat(22) },
  { t: 'proof', proof: 'B'.repeat(43) },
  { t: 'kept' },
  { t: 'failed', reason: 'the disk is full' },
  { t: 'removed' },
];
const keptTexts = [
  { id: 'a'.repeat(32), writtenAt: 1, hasWaited: true, text: 'hello' },
  { id: '0'.repeat(32), writtenAt: 1e15, hasWaited: false, text: '' },
];

const recordName = { kind: 'history', id: '1' } as const;

/** Its numbers need not go up. */
function historyOf(numbers: readonly number[]): Uint8Array {
  return Buffer.concat(
    numbers.map((number) => encodeHistoryRecord(number, new Uint8Array(SEAL_BYTES + (number % 9)))),
  );
}

/** Throws if the records that it finds overlap, or lie behind the end of the file. */
function readHistory(bytes: Uint8Array): void {
  const { records, wholeBytes } = findHistoryRecords(bytes, (_, sealed) =>
    sealed.every((byte) => byte === 0),
  );
  let before = { number: 0, end: 0 };
  for (const record of records) {
    if (record.start < before.end || record.number <= before.number || record.end > wholeBytes) {
      throw new Error('a record where none can be');
    }
    before = record;
  }
  if (wholeBytes > bytes.length) {
    throw new Error('more than there is');
  }
}

export const decoders: readonly FuzzedDecoder[] = [
  stream('classic messages', {
    create: createClassicDecoder,
    valid: several(fc.oneof(greetings, fc.string({ unit: codePoint })).map(formatClassic)),
    maxBytes: MAX_CLASSIC_BYTES,
  }),
  message('classic greetings', parseClassicGreeting, hostileText(greetings)),
  lines('rendezvous, what a client says', parseClientMessage, clientMessages),
  lines('rendezvous, what a server says', parseServerMessage, serverMessages),
  lines('rendezvous, what a probe says', parseProbeMessage, probeMessages),
  stream('PROXY headers', {
    create: createProxySource,
    valid: proxyHeaders,
    maxBytes: MAX_PROXY_BYTES,
    crumbs: 300,
    start: '\r\n\r\n\0\r\nQUIT\n\u0021\u0011\u0008\0',
  }),
  message(
    'seals',
    (bytes) => createOpener(key).open(bytes),
    hostileBytes(plaintexts.map((bytes) => createSealer(key).seal(bytes.subarray(0, MAX_PLAINTEXT_BYTES)))),
  ),
  message('sealed messages', decodeSealedMessage, plaintexts),
  message(
    'messages about friends',
    decodeFriendMessage,
    hostileText(fc.constantFrom(...friendMessages.map(encodeFriendMessage))),
  ),
  message(
    'texts between friends',
    decodeKeptText,
    hostileText(fc.constantFrom(...keptTexts.map(encodeKeptText))),
  ),
  stream('frames', {
    create: createFrameDecoder,
    valid: several(fc.oneof(frame.map(encodeFrame), prefixed)),
    maxBytes: MAX_DATA_BYTES,
    start: '\0\u0001\0\u0009\u0002',
  }),
  stream('chat messages', {
    create: createChatDecoder,
    valid: several(fc.oneof(conversation, prefixed)),
    maxBytes: MAX_TEXT_BYTES,
    start: '\0\u0001\0\u0005\u0001\0\0\0\u0001',
  }),
  stream('messages about files', {
    create: createFileSource,
    valid: several(fc.oneof(fc.constantFrom(...fileMessages).map(encodeFileMessage), prefixed)),
    maxBytes: MAX_MESSAGE_BYTES,
    start: '\0\0\u0020\u0005\u0001\0\0\0\u0001',
  }),
  stream('frames of streams', {
    create: createStreamSource,
    valid: several(fc.oneof(streamFrame.map(encodeStreamFrame), prefixed)),
    maxBytes: MAX_STREAM_TEXT_BYTES,
    start: '\0\0\u0004\u0005\u0001\0\0\0\u0001',
    crumbs: 500,
  }),
  stream('STUN answers', {
    create: createStunDecoder,
    valid: several(stunMessages),
    maxBytes: MAX_ATTRIBUTES_BYTES,
    start: `\u0001\u0001\u0010\0!\u0012\u00A4B${'x'.repeat(12)}`,
  }),
  message(
    'sealed records of a friend',
    (bytes) => openRecord(key, recordName, bytes),
    hostileBytes(fc.uint8Array().map((bytes) => sealRecord(key, recordName, key.subarray(0, 12), bytes))),
  ),
  message('messages that wait for a friend', decodeWritten, hostileBytes(writtenTexts.map(encodeWritten))),
  message('entries of a history', decodeEntry, hostileBytes(historyEntries.map(encodeEntry))),
  message('the file of a history', readHistory, hostileBytes(fc.array(fc.nat(99)).map(historyOf))),
  { name: 'positions in the stream', property: fc.property(steps, positionsHold) },
  stream('lines of stdin', {
    create: createTextLines,
    valid: several(fc.string({ unit: codePoint }).map((text) => Buffer.from(`${text}\r\n`))),
    maxBytes: MAX_TEXT_BYTES,
    crumbs: 100,
  }),
  message('friends on the disk', nowOrLater(decodeFriend), hostileText(hostileJson(friendRecords))),
  message('exports of friends', decodeExport, hostileText(exported)),
  message('friends in an export', decodeContent, hostileJson([{ friends: friendRecords }])),
  typed(
    'names of friends',
    (text) => parseFriendName(text, ['chat']),
    fc.constantFrom('ada', 'Élan-2', 'Chat'),
  ),
  typed('codes', parseCode, code),
  typed('endpoints', parseServer, server),
  typed('places', parsePlaces, fc.oneof(server, fc.constantFrom('wormhole', 'wss://example.org/v1,[::1]:1'))),
  typed(
    'invites',
    parseInvite,
    fc.tuple(code, server).map((parts) => parts.join('@')),
  ),
  typed(
    'the config file',
    (text) => parseConfig(text, 'config.json'),
    hostileJson([
      { server: 'example.org', name: 'Ada' },
      { server: '[::1]:1', keys: { 'word-left': 'Ctrl-W', 'line-start': ['Ctrl-A', 'Home'] } },
    ]),
  ),
];
