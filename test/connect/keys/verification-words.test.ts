import { expect, test } from 'vitest';
import { VERIFICATION_BYTES, verificationWords } from '../../../source/connect/keys/verification-words.ts';

test.each([
  ['000000000000', ['abandon', 'abandon', 'abandon', 'abandon']],
  ['ffffffffffff', ['zoo', 'zoo', 'zoo', 'zoo']],
  ['000000000001', ['abandon', 'abandon', 'abandon', 'ability']],
  ['000200000000', ['ability', 'abandon', 'abandon', 'abandon']],
])('%s is read as %j', (hex, words) => {
  expect(verificationWords(Buffer.from(hex, 'hex'))).toEqual(words);
});

test('four words take six bytes', () => {
  expect(VERIFICATION_BYTES).toBe(6);
});
