import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RoundTurns } from '../../../source/connect/reconnect/round-turns.ts';
import { ProtocolError } from '../../../source/errors.ts';
import { samples } from '../../helpers/samples.ts';

/** Long enough for either side to begin another round. */
const LATER = 20_000;

describe('the rounds of two peers', () => {
  test('are begun by either and answered by the other', () => {
    const [a, b] = [new RoundTurns(), new RoundTurns()];
    expect(a.open(0)).toBe(1);
    expect(b.hear(1, 0)).toBe('opening');
    expect(a.hear(1, 0)).toBe('answer');
    expect(b.open(0)).toBe(2);
    expect(a.hear(2, 0)).toBe('opening');
    expect(b.hear(2, 0)).toBe('answer');
  });

  test('are one round if both begin it at once', () => {
    const [a, b] = [new RoundTurns(), new RoundTurns()];
    expect([a.open(0), b.open(0)]).toEqual([1, 1]);
    expect([a.hear(1, 0), b.hear(1, 0)]).toEqual(['answer', 'answer']);
  });

  test('go on if an answer comes too late', () => {
    const [a, b] = [new RoundTurns(), new RoundTurns()];
    expect(a.open(0)).toBe(1);
    expect(b.hear(1, 0)).toBe('opening');
    expect(a.open(0)).toBe(2);
    expect(a.hear(1, 0)).toBe('none');
    expect(b.hear(2, 0)).toBe('opening');
    expect(a.hear(2, 0)).toBe('answer');
  });

  test('begin with new numbers on another channel', () => {
    const [a, b] = [new RoundTurns(), new RoundTurns()];
    a.open(0);
    for (const one of [a, b]) {
      one.restart();
    }
    expect(b.open(0)).toBe(1);
    expect(a.hear(1, 0)).toBe('opening');
  });

  test('are agreed on, whichever side begins, and however long a frame takes', () => {
    const moves = fc.array(
      fc.record({
        who: fc.constantFrom('a' as const, 'b' as const),
        what: fc.constantFrom('open', 'hear', 'hear'),
        pause: fc.nat(15_000),
      }),
      { maxLength: 80 },
    );
    const agree = fc.property(moves, (steps) => {
      const sides = { a: new RoundTurns(), b: new RoundTurns() };
      const toward = { a: [] as number[], b: [] as number[] };
      let now = 0;
      for (const { who, what, pause } of steps) {
        now += pause;
        const other = who === 'a' ? 'b' : 'a';
        if (what === 'open') {
          const n = sides[who].open(now);
          if (n !== undefined) {
            toward[other].push(n);
          }
        } else {
          const n = toward[who].shift();
          if (n !== undefined && sides[who].hear(n, now) === 'opening') {
            toward[other].push(n);
          }
        }
      }
    });
    expect(() => fc.assert(agree, { numRuns: samples(500) })).not.toThrow();
  });
});

describe('a peer that begins rounds', () => {
  test('does so three times in a row, and then once in 20 s', () => {
    const turns = new RoundTurns();
    expect([0, 0, 0, 0, LATER - 1, LATER].map((now) => turns.open(now) !== undefined)).toEqual([
      true,
      true,
      true,
      false,
      false,
      true,
    ]);
  });

  test('is answered three times in a row, and then once in 10 s', () => {
    const turns = new RoundTurns();
    const told = [0, 0, 0, 0, 9999, 10_000].map((now, index) => turns.hear(index + 1, now));
    expect(told).toEqual(['opening', 'opening', 'opening', 'none', 'none', 'opening']);
  });

  test('is always answered if it keeps to its own bounds', () => {
    const pauses = fc.array(fc.nat(40_000), { maxLength: 100 });
    const answers = fc.property(pauses, fc.nat(1000), (steps, delay) => {
      const [ours, theirs] = [new RoundTurns(), new RoundTurns()];
      let now = 0;
      return steps.every((step) => {
        now += step;
        const n = theirs.open(now);
        // Some frames take longer than others.
        return n === undefined || ours.hear(n, now + (n % 2) * delay) === 'opening';
      });
    });
    expect(() => fc.assert(answers, { numRuns: samples(300) })).not.toThrow();
  });

  test('without end is no honest peer', () => {
    const turns = new RoundTurns();
    for (let n = 1; n <= 103; n += 1) {
      turns.hear(n, 0);
    }
    expect(() => turns.hear(104, 0)).toThrow(ProtocolError);
  });

  test.each([
    ['the same number twice', [1, 1]],
    ['a number below the last', [1, 2, 1]],
    ['a number too far ahead', [2]],
    ['the highest number', [4_294_967_295]],
  ])('with %s is no honest peer', (_, numbers) => {
    const turns = new RoundTurns();
    expect(() => numbers.map((n) => turns.hear(n, 0))).toThrow(ProtocolError);
  });
});
