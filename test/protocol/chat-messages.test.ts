import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  createChatDecoder,
  encodeChatMessage,
  MAX_TEXT_BYTES,
  noneOfAll,
  type ChatMessage,
} from '../../source/protocol/chat-messages.ts';
import { ProtocolError } from '../../source/errors.ts';
import { threeWays } from '../helpers/decoders/three-ways.ts';
import { codePoint } from '../helpers/strangers/code-point.ts';

/** Numbers the messages as one side does. */
function numbered(said: readonly { type: ChatMessage['type']; text: string }[]): ChatMessage[] {
  const counts = noneOfAll();
  return said.map(({ type, text }) => ({ type, n: (counts[type] += 1), text }));
}

const conversation = fc
  .array(
    fc.record({
      type: fc.constantFrom('text' as const, 'heartbeat' as const, 'name' as const, 'typing' as const),
      text: fc.string({ unit: codePoint }),
    }),
    { maxLength: 5 },
  )
  .map(numbered);

function bytesOf(messages: readonly ChatMessage[]) {
  return Buffer.concat(messages.map(encodeChatMessage));
}
function decode(hex: string) {
  return createChatDecoder().push(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
}

describe('chat messages', () => {
  test('are read as they were written, wherever the stream is split', () => {
    fc.assert(
      fc.property(conversation, (messages) => {
        for (const read of threeWays(createChatDecoder, bytesOf(messages))) {
          expect(read).toEqual(messages);
        }
      }),
      { numRuns: 50 },
    );
  });

  test('carry at most 64 KiB of UTF-8', () => {
    const longest: ChatMessage = { type: 'text', n: 1, text: 'é'.repeat(MAX_TEXT_BYTES / 2) };
    expect(createChatDecoder().push(encodeChatMessage(longest))).toEqual([longest]);
    expect(() => encodeChatMessage({ ...longest, text: `${longest.text}x` })).toThrow(RangeError);
  });

  test('keep a byte order mark, a NUL and a newline, and replace half a character', () => {
    const text = '\u{FEFF}a\0\r\n\u{FEFF}';
    expect(createChatDecoder().push(encodeChatMessage({ type: 'text', n: 1, text }))).toEqual([
      { type: 'text', n: 1, text },
    ]);
    expect(createChatDecoder().push(encodeChatMessage({ type: 'text', n: 1, text: 'a\u{D83D}b' }))).toEqual([
      { type: 'text', n: 1, text: 'a\u{FFFD}b' },
    ]);
  });

  test('of unknown types are skipped', () => {
    const later = '00000007 63 00000009 ffff';
    const known = '00000006 01 00000001 61';
    expect(decode(`${later}${known}${later}`)).toEqual([{ type: 'text', n: 1, text: 'a' }]);
  });

  test.each([
    ['without a number', '00000004 01 000000'],
    ['longer than 64 KiB', `00010006 01 00000001 ${'61'.repeat(64 * 1024 + 1)}`],
    ['longer than the longest kept text', '0001003a'],
    ['of 4 GiB', 'ffffffff'],
    ['that is not UTF-8', '00000007 01 00000001 c3 28'],
    ['that ends within a character', '00000006 01 00000001 c3'],
    ['with a surrogate in UTF-8', '00000008 01 00000001 eda080'],
    ['with an overlong NUL', '00000007 01 00000001 c080'],
    ['that begins with number 0', '00000005 01 00000000'],
    ['that begins with number 2', '00000005 01 00000002'],
    ['with the number of the one before', '00000005 02 00000001 00000005 02 00000001'],
    ['with a name of more than 256 characters', `00000106 03 00000001 ${'61'.repeat(257)}`],
  ])('%s are a ProtocolError', (_, hex) => {
    expect(() => decode(hex)).toThrow(ProtocolError);
  });
});
