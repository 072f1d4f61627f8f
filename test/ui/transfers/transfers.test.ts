import { expect, test } from 'vitest';
import type { FileEvent } from '../../../source/events.ts';
import {
  type Files,
  filesAtRest,
  isOpen,
  isUnderWay,
  MAX_TRANSFERS,
  noFiles,
  percentOf,
  rateOf,
  reduceFiles,
  type Transfer,
} from '../../../source/ui/transfers/transfers.ts';
import { accepted, album, photo, progress } from '../../helpers/sessions/file-story.ts';

/** The files after these events, a second apart. */
function happened(events: readonly FileEvent[], files: Files = noFiles): Files {
  return events.reduce((now, event, index) => reduceFiles(now, event, index * 1000), files);
}

function only(...events: readonly FileEvent[]): Transfer {
  const [transfer] = happened(events).transfers;
  if (transfer === undefined) {
    throw new Error('no transfer');
  }
  return transfer;
}

test('a file is open until it is answered, then under way until its end', () => {
  expect([isOpen(only(photo)), isUnderWay(only(photo))]).toEqual([true, false]);
  expect([isOpen(only(photo, accepted(photo))), isUnderWay(only(photo, accepted(photo)))]).toEqual([
    false,
    true,
  ]);
});

test.each(['declined', 'done', 'failed', 'cancelled'] as const)('%s ends a file', (state) => {
  const ended = only(photo, accepted(photo), { ...photo, state });
  expect([isOpen(ended), isUnderWay(ended)]).toEqual([false, false]);
});

test('fields of the offer are kept through later events', () => {
  const { leftOut, done } = only({ ...album, leftOut: 3 }, progress(album, 5)).file;
  expect({ leftOut, done }).toEqual({ leftOut: 3, done: 5 });
});

test('the rate is taken from the last seconds', () => {
  const slow = Array.from({ length: 10 }, (_, n) => progress(photo, n * 1000));
  expect(rateOf(only(photo, accepted(photo), ...slow))).toBe(1000);
  const quick = Array.from({ length: 6 }, (_, n) => progress(photo, 9000 + n * 50_000));
  expect(rateOf(only(photo, accepted(photo), ...slow, ...quick))).toBe(50_000);
});

test('one event gives no rate, nor do two that come at once', () => {
  expect(rateOf(only(photo, accepted(photo), progress(photo, 1000)))).toBeUndefined();
  const files = [10, 20].reduce((now, at) => reduceFiles(now, progress(photo, at), at), noFiles);
  expect(files.transfers.map(rateOf)).toEqual([undefined]);
});

test('the time of a lost connection does not count for the rate', () => {
  const before = happened([photo, accepted(photo), progress(photo, 0), progress(photo, 1000)]);
  const after = [
    [60_000, 1000],
    [61_000, 5000],
  ].reduce((now, [at = 0, done = 0]) => reduceFiles(now, progress(photo, done), at), filesAtRest(before));
  expect(after.transfers.map(rateOf)).toEqual([4000]);
});

test.each([
  [0, 10, 0],
  [1, 1000, 0],
  [999, 1000, 99],
  [1000, 1000, 100],
  [0, 0, 100],
  [2000, 1000, 100],
])('%d of %d bytes are %d %%', (done, bytes, percent) => {
  expect(percentOf(only({ ...photo, bytes }, progress({ ...photo, bytes }, done)))).toBe(percent);
});

test('files that have arrived are counted by direction', () => {
  const { sent, received } = happened([
    { ...photo, state: 'done' },
    { ...photo, id: 'r2', state: 'done' },
    { ...photo, id: 'r3', state: 'failed' },
    { ...album, state: 'done' },
  ]);
  expect({ sent, received }).toEqual({ sent: 1, received: 2 });
});

test('the number of kept offers is bounded; files under way are kept', () => {
  const running = happened([photo, accepted(photo), progress(photo, 1)]);
  const offers = Array.from({ length: 2 * MAX_TRANSFERS }, (_, n) => ({
    ...photo,
    id: `r${n + 2}`,
    state: 'cancelled' as const,
  }));
  const { transfers } = happened(offers, running);
  expect(transfers).toHaveLength(MAX_TRANSFERS);
  expect(transfers[0]?.file.id).toBe('r1');
  expect(transfers.at(-1)?.file.id).toBe(`r${2 * MAX_TRANSFERS + 1}`);
});

test('of the files that a peer cannot read or skips, only the number is kept, from the offer on', () => {
  const unreadableFiles = [{ path: 'a', reason: 'no' }];
  const offered: FileEvent = { ...photo, isFolder: true, unreadable: 1, unreadableFiles };
  const end: FileEvent = { ...offered, state: 'done', missing: 1, missingFiles: unreadableFiles };
  for (const { file } of [only(offered), only(offered, accepted(offered), end)]) {
    expect(JSON.stringify(file)).not.toContain('"path"');
    expect(file.unreadable).toBe(1);
  }
  // These names are our own.
  expect(only({ ...album, unreadable: 1, unreadableFiles }).file.unreadableFiles).toEqual(unreadableFiles);
});
