import { expect, test } from 'vitest';
import { ProtocolError } from '../../../source/errors.ts';
import {
  decodeFriendMessage,
  encodeFriendMessage,
  type FriendMessage,
} from '../../../source/protocol/friend/friend-message.ts';

const nonce = 'A'.repeat(22);
const proof = 'B'.repeat(43);

test.each<FriendMessage>([
  { t: 'offer', nonce },
  { t: 'proof', proof },
  { t: 'kept' },
  { t: 'failed' },
  { t: 'failed', reason: 'the disk is full' },
  { t: 'removed' },
])('$t comes back as it was', (message) => {
  expect(decodeFriendMessage(encodeFriendMessage(message))).toEqual(message);
});

test('a reason that is too long is cut', () => {
  const text = encodeFriendMessage({ t: 'failed', reason: 'x'.repeat(1000) });
  expect(decodeFriendMessage(text)).toEqual({ t: 'failed', reason: 'x'.repeat(300) });
});

test('unknown types and fields are ignored', () => {
  expect(decodeFriendMessage('{"t":"wave","hand":1}')).toBeUndefined();
  expect(decodeFriendMessage('{"t":"kept","since":1}')).toEqual({ t: 'kept' });
});

test.each([
  ['no JSON', 'hello'],
  ['no object', '7'],
  ['no type', '{}'],
  ['a type that is no text', '{"t":7}'],
  ['an offer without a nonce', '{"t":"offer"}'],
  ['a nonce that is too short', `{"t":"offer","nonce":"${nonce.slice(1)}"}`],
  ['a nonce of other characters', `{"t":"offer","nonce":"${'+'.repeat(22)}"}`],
  ['a proof that is too long', `{"t":"proof","proof":"${proof}B"}`],
  ['a reason that is too long', `{"t":"failed","reason":"${'x'.repeat(301)}"}`],
  ['a reason that is no text', '{"t":"failed","reason":[]}'],
])('%s is a ProtocolError', (_, text) => {
  expect(() => decodeFriendMessage(text)).toThrow(ProtocolError);
});

test('the error names the field, and repeats nothing of its value', () => {
  expect(() => decodeFriendMessage('{"t":"proof","proof":"secret"}')).toThrow(
    new ProtocolError('a message about friends, proof, with a bad proof'),
  );
});
