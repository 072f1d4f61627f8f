import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { appendEntry, emptyTranscript } from '../../../source/ui/conversation/entries/entries.ts';
import { findMessage } from '../../../source/ui/conversation/find-message.ts';
import { patternOf } from '../../../source/ui/text/query-pattern.ts';

const texts = ['Blue moon', 'red', 'a bluebird', 'green', 'BLUE'];
const { entries } = texts.reduce(
  (all, text) =>
    appendEntry(all, {
      kind: 'message',
      at: 0,
      from: 'peer',
      name: 'anna',
      id: text,
      text,
      delivered: false,
    }),
  appendEntry(emptyTranscript, { kind: 'note', at: 0, text: 'a blue note' }),
);

test('goes back from the newest match, regardless of case, and wraps around at the oldest', () => {
  const first = findMessage(entries, 'blue', undefined);
  expect(first).toEqual({ query: 'blue', key: 5, place: 1, count: 3 });
  expect(findMessage(entries, 'blue', 5)).toMatchObject({ key: 3, place: 2 });
  expect(findMessage(entries, 'blue', 3)).toMatchObject({ key: 1, place: 3 });
  expect(findMessage(entries, 'blue', 1)).toMatchObject({ key: 5, place: 1 });
});

test('goes forward, too, and wraps around at the newest', () => {
  expect(findMessage(entries, 'blue', 1, 'newer')).toMatchObject({ key: 3, place: 2 });
  expect(findMessage(entries, 'blue', 5, 'newer')).toMatchObject({ key: 1, place: 3 });
});

test('finds nothing if no message contains the query', () => {
  expect(findMessage(entries, 'yellow', undefined)).toBeUndefined();
});

test('takes every query literally', () => {
  expect('1+1 (=2)?'.match(patternOf('+1 (=2)?'))).not.toBeNull();
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.string(), (query, before) => {
      expect((before + query).match(patternOf(query))).not.toBeNull();
    }),
  );
});
