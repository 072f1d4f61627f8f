import { expect, test } from 'vitest';
import { RoundMoments } from '../../../../../source/connect/places/mailbox/wire/round-moments.ts';

function round(n: number, rttMs: number, probePort?: number) {
  return { t: 'round', n, rttMs, ...(probePort !== undefined && { probePort }) } as const;
}

test('both sides begin at one moment, whoever asks last', () => {
  for (const [first, second] of [
    [0, 400],
    [400, 0],
  ] as const) {
    // `us` is 40 ms from the server and back, the peer 160 ms. Each hears both requests.
    const [ours, theirs] = [new RoundMoments(), new RoundMoments()];
    const events = [
      { at: first, isOurs: true },
      { at: second, isOurs: false },
    ].toSorted((one, other) => one.at - other.at);
    const starts = [ours, theirs].map((side, index) => {
      const halfMs = index === 0 ? 20 : 80;
      return events.map(({ at, isOurs }) => {
        const now = at + halfMs;
        const from = isOurs === (index === 0) ? 'us' : 'peer';
        const start = side.heard(from, round(2, isOurs ? 40 : 160), now);
        return start && now + start.startInMs;
      });
    });
    expect(starts).toEqual([
      [undefined, 480],
      [undefined, 480],
    ]);
  }
});

test('the peer’s probe is handed on, and ours is not', () => {
  const moments = new RoundMoments();
  expect(moments.heard('us', round(2, 10, 1111), 0)).toBeUndefined();
  expect(moments.heard('peer', round(2, 10, 2222), 10)).toEqual({ startInMs: 0, probePort: 2222 });
});

test('a repeat starts nothing, and neither does another round', () => {
  const moments = new RoundMoments();
  expect(moments.heard('us', round(2, 10), 0)).toBeUndefined();
  expect(moments.heard('us', round(2, 10), 1)).toBeUndefined();
  expect(moments.heard('peer', round(3, 10), 2)).toBeUndefined();
  expect(moments.heard('peer', round(2, 10), 3)).toEqual({ startInMs: 0 });
  expect(moments.heard('peer', round(2, 10), 4)).toBeUndefined();
});
