import { describe, expect, test } from 'vitest';
import type { Entry, Offer } from '../../../../source/connect/files/wire/file-messages.ts';
import {
  IncomingOrder,
  MAX_ENTRIES,
  offerComplaint,
} from '../../../../source/connect/files/wire/incoming-order.ts';

const offer: Offer = {
  id: 1,
  name: 'x',
  bytes: 10,
  files: 2,
  isFolder: true,
  fingerprint: new Uint8Array(32),
};
const entry: Entry = { id: 1, isFolder: false, isExecutable: false, bytes: 5, from: 0, path: 'a' };
const nothing = { entries: 0, files: 0, bytes: 0, partialBytes: 0 };

type Step = (order: IncomingOrder) => string | undefined;
function file(change: Partial<Entry> = {}): Step {
  return (order) => order.entry({ ...entry, ...change });
}
function chunk(bytes: number): Step {
  return (order) => order.chunk(bytes);
}
const end: Step = (order) => order.end();
const skip: Step = (order) => order.skip();
const complete: Step = (order) => order.complete();
const whole = [file(), chunk(2), chunk(3), end];

/** The complaint about the last step, after steps that are right. */
function say(steps: readonly Step[], of = offer, brought = nothing) {
  const order = new IncomingOrder(of, brought);
  const said = steps.map((step) => step(order));
  expect(said.slice(0, -1)).toEqual(said.slice(0, -1).map(() => undefined));
  return said.at(-1);
}

describe('the content of an offer', () => {
  test('is right if it is complete and in order', () => {
    expect(say([file({ isFolder: true, bytes: 0 }), ...whole, ...whole, complete])).toBeUndefined();
    expect(say([complete], { ...offer, files: 0, bytes: 0 })).toBeUndefined();
  });

  test('goes on where an earlier run stopped', () => {
    const brought = { entries: 1, files: 1, bytes: 5, partialBytes: 3 };
    expect(say([file({ from: 3 }), chunk(2), end, complete], offer, brought)).toBeUndefined();
    expect(say([file({ from: 2 })], offer, brought)).toBe(
      'a file begins at another offset than was asked for',
    );
  });

  test('is counted as it comes', () => {
    const order = new IncomingOrder(offer, { entries: 1, files: 1, bytes: 5, partialBytes: 3 });
    order.entry({ ...entry, from: 3 });
    expect(order.bytes).toBe(8);
    order.chunk(1);
    expect(order.bytes).toBe(9);
  });

  test('counts a skipped file as offered, but not as come', () => {
    const brought = { entries: 0, files: 0, bytes: 0, partialBytes: 2 };
    const order = new IncomingOrder(offer, brought);
    order.entry({ ...entry, from: 2 });
    order.chunk(1);
    expect([order.bytes, order.skip(), order.bytes]).toEqual([3, undefined, 0]);
    order.entry(entry);
    order.chunk(5);
    expect([order.end(), order.complete(), order.bytes]).toEqual([undefined, undefined, 5]);
  });

  test.each<[string, readonly Step[]]>([
    ['a file is skipped that has not begun', [...whole, skip]],
    ['more data comes than the file has', [file(), chunk(6)]],
    ['a file ends early', [file(), chunk(4), end]],
    ['data comes that belongs to no file', [chunk(1)]],
    ['data comes that belongs to no file', [...whole, chunk(1)]],
    ['a file ends that has not begun', [end]],
    ['a file begins before the last one has ended', [file(), file()]],
    ['more files come than were offered', [...whole, ...whole, file({ bytes: 0 })]],
    ['more bytes come than were offered', [file({ bytes: 11 })]],
    ['a file begins at another offset than was asked for', [file({ from: 1 })]],
    ['1 files have come of 2 that were offered', [...whole, complete]],
    ['9 bytes have come of 10 that were offered', [...whole, file({ bytes: 4 }), chunk(4), end, complete]],
    ['all is said to be sent, but a file has not ended', [file(), complete]],
  ])('is refused if %s', (complaint, steps) => {
    expect(say(steps)).toBe(complaint);
  });

  test('is refused if a file is skipped that was offered alone', () => {
    const alone = { ...offer, isFolder: false, files: 1 };
    expect(say([file(), skip], alone)).toBe('a file is skipped that was offered alone');
  });

  test('is refused if a folder comes instead of a file', () => {
    expect(say([file({ isFolder: true })], { ...offer, isFolder: false, files: 1 })).toBe(
      'a folder comes, but a file was offered',
    );
  });

  test('is bounded in folders, too', () => {
    const order = new IncomingOrder(offer, { ...nothing, entries: MAX_ENTRIES - 1 });
    expect(order.entry({ ...entry, isFolder: true, bytes: 0 })).toBeUndefined();
    expect(order.entry({ ...entry, isFolder: true, bytes: 0 })).toBe('more folders come than are accepted');
  });
});

test.each<[Partial<Offer>, string | undefined]>([
  [{}, undefined],
  [{ bytes: 2 ** 60 }, 'more bytes are offered than any disk has'],
  [{ files: 100_000 }, '100000 files are offered, and at most 50000 are accepted'],
  [{ isFolder: false }, '2 files are offered as one file'],
  [{ isFolder: false, files: 1 }, undefined],
])('an offer of %o is answered with %s', (change, complaint) => {
  expect(offerComplaint({ ...offer, ...change })).toBe(complaint);
});
