/** Any texts that a friend's folder can hold. */
import * as fc from 'fast-check';
import type { HistoryEntry } from '../../../source/friends/friend.ts';
import { codePoint } from '../strangers/code-point.ts';

const written = {
  writtenAt: fc.nat(2 ** 48 - 1),
  text: fc.string({ unit: codePoint, maxLength: 40 }),
};

export const writtenTexts = fc.record(written);
export const historyEntries: fc.Arbitrary<HistoryEntry> = fc.record({
  from: fc.constantFrom('me', 'peer'),
  ...written,
});
