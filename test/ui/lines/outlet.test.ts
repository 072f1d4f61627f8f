import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { omittedJson } from '../../../source/ui/lines/json.ts';
import { omittedLine, Outlet } from '../../../source/ui/lines/outlet.ts';

/** A reader that reads when the test says so. */
function slowReader() {
  const read: string[] = [];
  let proceed: (() => void) | undefined;
  let isReading = false;
  const stream = new Writable({
    decodeStrings: false,
    highWaterMark: 10,
    write(text: string, _encoding, done) {
      read.push(text);
      if (isReading) {
        done();
      } else {
        proceed = done;
      }
    },
  });
  const told: string[] = [];
  const outlet = new Outlet(stream, {
    onHeld: () => told.push('held'),
    onFree: () => told.push('free'),
    missing: (count) => `${count} missing`,
  });
  return {
    stream,
    outlet,
    read,
    told,
    readOn: async () => {
      isReading = true;
      proceed?.();
      await new Promise(setImmediate);
    },
  };
}

const large = 'x'.repeat(1024 * 1024);

describe('text for a reader', () => {
  test('that is slow is reported once, and once when it reads again', async () => {
    const { outlet, read, told, readOn } = slowReader();
    for (const text of ['a longer one', 'b', 'c']) {
      outlet.write(text);
    }
    expect([told, read]).toEqual([['held'], ['a longer one']]);
    await readOn();
    expect([told, read]).toEqual([
      ['held', 'free'],
      ['a longer one', 'b', 'c'],
    ]);
  });

  test('that has stopped reading is dropped at some point, and the reader is told how much is missing', async () => {
    const { outlet, stream, read, readOn } = slowReader();
    for (let n = 0; n < 100; n += 1) {
      outlet.write(large);
    }
    expect(stream.writableLength).toBeLessThan(6 * large.length);
    outlet.write('small');
    await readOn();
    outlet.write('and then');
    expect(read.slice(0, -2)).toEqual(Array.from({ length: read.length - 2 }, () => large));
    expect(read.slice(-2)).toEqual([`${103 - read.length} missing`, 'and then']);
  });

  test('is not dropped at the end, and follows the line about what is missing', async () => {
    const { outlet, read, readOn } = slowReader();
    for (let n = 0; n < 100; n += 1) {
      outlet.write(large);
    }
    outlet.end();
    outlet.write('ended');
    await readOn();
    expect(read.slice(-2)).toEqual([`${102 - read.length} missing`, 'ended']);
  });
});

test('the line about what is missing is JSON if the others are', () => {
  expect(JSON.parse(omittedJson(7))).toEqual({
    v: 1,
    event: 'omitted',
    at: expect.any(Number) as number,
    events: 7,
  });
  expect(omittedLine(1)).toBe('* … 1 line was dropped, because nobody read in time …\n');
});
