import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseMailboxMessage } from '../../../../../source/connect/places/mailbox/wire/mailbox-messages.ts';
import { ProtocolError } from '../../../../../source/errors.ts';

function parse(message: object) {
  return parseMailboxMessage(JSON.stringify(message));
}

describe('a message of a mailbox server', () => {
  test.each([
    [
      { type: 'welcome', welcome: {} },
      { type: 'welcome', motd: undefined, error: undefined, permissions: undefined },
    ],
    [
      {
        type: 'welcome',
        welcome: { motd: 'be nice', error: 'go away', current_cli_version: '0.1' },
        server_tx: 1,
      },
      { type: 'welcome', motd: 'be nice', error: 'go away', permissions: undefined },
    ],
    [
      { type: 'welcome', welcome: { 'permission-required': { none: {}, hashcash: { bits: 20 } } } },
      { type: 'welcome', motd: undefined, error: undefined, permissions: ['none', 'hashcash'] },
    ],
    [
      { type: 'allocated', nameplate: '7' },
      { type: 'allocated', nameplate: '7' },
    ],
    [
      { type: 'claimed', mailbox: 'abc' },
      { type: 'claimed', mailbox: 'abc' },
    ],
    [
      { type: 'message', side: 'aa', phase: 'pake', body: '00', id: '1', server_rx: 1.5 },
      { type: 'message', side: 'aa', phase: 'pake', body: '00' },
    ],
    [
      { type: 'error', error: 'crowded', orig: { type: 'claim' } },
      { type: 'error', error: 'crowded' },
    ],
    [
      { type: 'pong', pong: 3 },
      { type: 'pong', pong: 3 },
    ],
  ])('%j is read', (message, expected) => {
    expect(parse(message)).toEqual(expected);
  });

  test.each([['ack'], ['released'], ['closed'], ['nameplates'], ['something new'], ['constructor']])(
    'of the type %s does not matter',
    (type) => {
      expect(parse({ type, id: '1' })).toBeUndefined();
    },
  );

  test.each([
    ['no JSON', 'hello'],
    ['no object', '7'],
    ['nothing', ''],
    ['no type', '{}'],
    ['a type that is no text', '{"type":1}'],
    ['deep nesting', `{"type":"ack","id":${'['.repeat(20)}${']'.repeat(20)}}`],
    ['a welcome without its content', '{"type":"welcome"}'],
    ['a motd that is no text', '{"type":"welcome","welcome":{"motd":1}}'],
    ['an endless name', JSON.stringify({ type: 'claimed', mailbox: 'x'.repeat(201) })],
    ['a nameplate that is a number', '{"type":"allocated","nameplate":7}'],
    ['a message without a phase', '{"type":"message","side":"a","body":""}'],
  ])('with %s breaks the protocol', (_what, text) => {
    expect(() => parseMailboxMessage(text)).toThrow(ProtocolError);
  });

  test('shortens what is said to people', () => {
    expect(parse({ type: 'welcome', welcome: { motd: 'x'.repeat(3000) } })).toMatchObject({
      motd: 'x'.repeat(2000),
    });
  });

  test('raises nothing but ProtocolError', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        expect(errorOf(text)).toSatisfy((error) => error === undefined || error instanceof ProtocolError);
      }),
    );
  });
});

function errorOf(text: string): unknown {
  try {
    parseMailboxMessage(text);
  } catch (error) {
    return error;
  }
  return undefined;
}
