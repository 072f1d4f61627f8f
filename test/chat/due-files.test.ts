import { expect, test } from 'vitest';
import { DueFiles } from '../../source/chat/due-files.ts';
import type { FileEvent, Happening } from '../../source/events.ts';
import { accepted, album, photo } from '../helpers/sessions/file-story.ts';

const refused: Happening = { event: 'refused', offers: 2, reason: 'no' };

function isMissing(events: readonly Happening[], takesAll = false): boolean {
  const due = new DueFiles(takesAll);
  for (const event of events) {
    due.happened(event);
  }
  return due.isMissing(false);
}

test.each<[boolean, Partial<FileEvent>]>([
  [false, { state: 'done' }],
  [true, { state: 'done', missing: 1 }],
  [true, { state: 'failed' }],
  [true, { state: 'cancelled', by: 'peer' }],
  [false, { state: 'cancelled', by: 'me' }],
])('that a file is missing is %s after %o, in either direction', (missing, end) => {
  for (const file of [album, photo]) {
    expect(isMissing([file, accepted(file)])).toBe(false);
    expect(isMissing([file, accepted(file), { ...file, ...end }])).toBe(missing);
  }
});

test('a file that is sent is due before it is accepted, and one that is offered to us only then', () => {
  for (const end of [{ state: 'failed' }, { state: 'cancelled', by: 'peer' }] as const) {
    expect(isMissing([album, { ...album, ...end }])).toBe(true);
    expect(isMissing([photo, { ...photo, ...end }])).toBe(false);
  }
  expect(isMissing([album, { ...album, state: 'declined', by: 'peer' }])).toBe(true);
  expect(isMissing([photo, { ...photo, state: 'declined', by: 'me' }])).toBe(false);
});

test('an offer that is declined for a fault in it is due if all are to be taken', () => {
  const declined: FileEvent = { ...photo, state: 'declined', by: 'me' };
  expect([isMissing([photo, declined]), isMissing([photo, declined], true)]).toEqual([false, true]);
  expect([isMissing([refused]), isMissing([refused], true)]).toEqual([false, true]);
});

test('a folder without what cannot be read is not all that was to be handed over, in either direction', () => {
  for (const file of [album, { ...album, id: 'r1', direction: 'received' } as const]) {
    const offered: FileEvent = { ...file, unreadable: 1 };
    expect(isMissing([offered, accepted(file), { ...offered, state: 'done' }])).toBe(true);
    expect(isMissing([offered, accepted(file), { ...file, state: 'cancelled', by: 'me' }])).toBe(false);
  }
});

test('a later file that arrives does not make up for one that did not', () => {
  const done: FileEvent = { ...album, id: 's2', state: 'done' };
  expect(isMissing([{ ...album, state: 'failed' }, { ...album, id: 's2' }, done])).toBe(true);
});

test('what is still being listed counts only if the peer has left, and what cannot be offered in any case', async () => {
  const due = new DueFiles(false);
  const listing = Promise.withResolvers<boolean>();
  due.willOffer(listing.promise);
  expect([due.isMissing(false), due.isMissing(true)]).toEqual([false, true]);
  listing.resolve(true);
  await listing.promise;
  expect(due.isMissing(true)).toBe(false);
  due.willOffer(Promise.resolve(false));
  await Promise.resolve();
  expect(due.isMissing(false)).toBe(true);
});
