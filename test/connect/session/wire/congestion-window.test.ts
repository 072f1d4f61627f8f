import { describe, expect, test } from 'vitest';
import { CongestionWindow } from '../../../../source/connect/session/wire/congestion-window.ts';

const KIB = 1024;
const MAX = 4 * KIB * KIB;
const SEGMENT = 16_371;

/**
 * Sends without end over a line with a round trip and a rate, which holds what
 * comes too fast. Returns how long bytes waited in it, in ms, and how many
 * arrived, both for the second half of the time.
 */
function overLine(window: CongestionWindow, { roundTripMs, bytesPerMs }: Line, forMs: number) {
  let now = 0;
  let sent = 0;
  let received = 0;
  let freeAt = 0;
  const acks: { at: number; received: number }[] = [];
  const waits: number[] = [];
  while (now < forMs) {
    while (sent - received < window.bytes) {
      sent += SEGMENT;
      window.sent(sent, now);
      const begins = Math.max(now, freeAt);
      freeAt = begins + SEGMENT / bytesPerMs;
      if (now > forMs / 2) {
        waits.push(begins - now);
      }
      acks.push({ at: freeAt + roundTripMs, received: sent });
    }
    const ack = acks.shift();
    if (ack === undefined) {
      break;
    }
    now = ack.at;
    received = ack.received;
    window.acknowledged(received, now);
  }
  return { longestWaitMs: Math.max(...waits), rate: received / now };
}

interface Line {
  readonly roundTripMs: number;
  readonly bytesPerMs: number;
}

describe('the congestion window of a file', () => {
  test.each<[string, Line]>([
    ['2 Mbit/s, 40 ms', { roundTripMs: 40, bytesPerMs: 250 }],
    ['20 Mbit/s, 80 ms', { roundTripMs: 80, bytesPerMs: 2500 }],
    ['100 Mbit/s, 10 ms', { roundTripMs: 10, bytesPerMs: 12_500 }],
    ['100 MB/s, 0.1 ms', { roundTripMs: 0.1, bytesPerMs: 100_000 }],
  ])('fills a line of %s, and nothing waits long behind it', (_, line) => {
    const { longestWaitMs, rate } = overLine(new CongestionWindow(MAX), line, 20_000);
    expect(rate).toBeGreaterThan(0.85 * line.bytesPerMs);
    // A quarter of a round trip and 10 ms are tolerated. Beyond that it may grow for one round trip, and by a segment.
    const segmentMs = SEGMENT / line.bytesPerMs;
    expect(longestWaitMs).toBeLessThan(0.5 * line.roundTripMs + 15 + 2 * segmentMs);
  });

  test('is one segment if the line carries hardly anything', () => {
    const window = new CongestionWindow(MAX);
    overLine(window, { roundTripMs: 100, bytesPerMs: 20 }, 120_000);
    expect(window.bytes).toBe(16 * KIB);
  });

  test('never grows beyond the window of the peer', () => {
    const window = new CongestionWindow(MAX);
    overLine(window, { roundTripMs: 300, bytesPerMs: 1_000_000 }, 20_000);
    expect(window.bytes).toBe(MAX);
  });

  test('does not grow while it is not used up', () => {
    const window = new CongestionWindow(MAX);
    for (let n = 1; n <= 100; n += 1) {
      window.sent(n * 1000, n * 10);
      window.acknowledged(n * 1000, n * 10 + 5);
    }
    expect(window.bytes).toBe(48 * KIB);
  });

  test('starts from nothing on another channel', () => {
    const window = new CongestionWindow(MAX);
    overLine(window, { roundTripMs: 1, bytesPerMs: 100_000 }, 1000);
    window.restart(0);
    expect(window.bytes).toBe(48 * KIB);
    expect(overLine(window, { roundTripMs: 200, bytesPerMs: 2500 }, 20_000).rate).toBeGreaterThan(
      0.85 * 2500,
    );
  });

  test('learns that a line has become longer for good', () => {
    const window = new CongestionWindow(MAX);
    let now = 0;
    let end = 0;
    function turn(tookMs: number) {
      end += window.bytes;
      window.sent(end, now);
      now += tookMs;
      window.acknowledged(end, now);
    }
    for (let n = 0; n < 50; n += 1) {
      turn(10);
    }
    for (let n = 0; n < 100; n += 1) {
      turn(100);
    }
    expect(window.bytes).toBe(16 * KIB);
    for (let n = 0; n < 2000; n += 1) {
      turn(100);
    }
    expect(window.bytes).toBeGreaterThan(500 * KIB);
  });
});
