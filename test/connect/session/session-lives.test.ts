import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameLink } from '../../../source/connect/session/frame-link.ts';
import { eventually } from '../../helpers/eventually.ts';
import { faultyPair } from '../../helpers/sessions/faulty-duplex.ts';
import { listeningSession } from '../../helpers/sessions/listening-session.ts';
import { samples } from '../../helpers/samples.ts';

function turn() {
  return new Promise((resolve) => setImmediate(resolve));
}

async function pass(turns: number) {
  for (let n = 0; n < turns; n += 1) {
    await turn();
  }
}

const sides = fc.constantFrom('a', 'b');
const faults = fc.record({
  sizes: fc.array(fc.oneof(fc.integer({ min: 1, max: 3000 }), fc.integer({ min: 1, max: 40_000 })), {
    minLength: 1,
    maxLength: 6,
  }),
  turns: fc.array(fc.nat(3), { minLength: 1, maxLength: 4 }),
  bufferBytes: fc.constantFrom(1000, 100_000),
});
const steps = fc.array(
  fc.record({
    side: sides,
    length: fc.oneof(fc.nat(100), fc.nat(9000), fc.nat(90_000)),
    turns: fc.nat(20),
  }),
  { maxLength: 5 },
);
/** One channel of a life: what is sent while it lasts, how it ends, and in which order the two sides move to the next one. */
const life = fc.record({
  there: faults,
  back: faults,
  steps,
  /** Whose end breaks: both, or one and the other side notices, or none if the channel is replaced while it still carries. */
  breaks: fc.constantFrom('both', 'a', 'b', 'neither'),
  /** What is sent after it broke, after the next one was nominated, and between the two moves. */
  meanwhile: fc.tuple(steps, steps, steps),
  movesFirst: sides,
});

type Life = typeof life extends fc.Arbitrary<infer One> ? One : never;

/** Goes through all channels, and expects that each side reads what the other wrote. */
async function livesThrough(
  lives: readonly Life[],
  ends: Readonly<Record<'a' | 'b', number>>,
  leaver: 'a' | 'b',
) {
  const both = { a: listeningSession(), b: listeningSession() };
  const { a, b } = both;
  const wrote = { a: [] as Uint8Array[], b: [] as Uint8Array[] };
  let number = 0;
  async function play(index: number, played: Life['steps']) {
    for (const { side, length, turns } of played) {
      // A side that has ended its half only listens.
      if (index <= ends[side]) {
        number += 1;
        const bytes = Uint8Array.from({ length }, (_, n) => (n * 31 + number) % 251);
        wrote[side].push(bytes);
        both[side].session.write(Uint8Array.from(bytes));
      }
      await pass(turns);
    }
  }
  for (const [index, one] of lives.entries()) {
    const [ofA, ofB] = faultyPair(one.there, one.back);
    const { received } = a.session;
    await play(index, one.meanwhile[1]);
    const moves = [
      () => a.session.resume(new FrameLink(ofA), undefined),
      () => b.session.resume(new FrameLink(ofB), received),
    ] as const;
    moves[one.movesFirst === 'a' ? 0 : 1]();
    await play(index, one.meanwhile[2]);
    moves[one.movesFirst === 'a' ? 1 : 0]();
    await play(index, one.steps);
    for (const side of ['a', 'b'] as const) {
      if (index === ends[side]) {
        both[side].session.end();
      }
    }
    if (one.breaks !== 'b' && one.breaks !== 'neither') {
      ofA.destroy();
    }
    if (one.breaks !== 'a' && one.breaks !== 'neither') {
      ofB.destroy();
    }
    await play(index + 1, one.meanwhile[0]);
  }
  const [one, other] = faultyPair({ sizes: [1000], turns: [0] }, { sizes: [1000], turns: [0] });
  b.session.resume(new FrameLink(other), a.session.received);
  a.session.resume(new FrameLink(one), undefined);
  both[leaver].session.close('quit');
  const [left, stayed] = leaver === 'a' ? [a, b] : [b, a];
  await eventually(() =>
    expect([left.said.at(-1), stayed.said.at(-1)]).toEqual(['closed by us', 'closed by peer']),
  );
  expect(b.read().equals(Buffer.concat(wrote.a))).toBe(true);
  expect(a.read().equals(Buffer.concat(wrote.b))).toBe(true);
  for (const [writer, reader] of [
    ['a', b],
    ['b', a],
  ] as const) {
    expect(reader.said.filter((word) => word === 'end').length).toBe(ends[writer] < lives.length ? 1 : 0);
  }
}

describe('one side reads what the other wrote, in order and once', () => {
  test(
    'through any cuts, in any order of loss and return, with halves that end',
    { timeout: 180_000 },
    async () => {
      const ends = fc.record({ a: fc.nat(8), b: fc.nat(8) });
      const property = fc.asyncProperty(
        fc.array(life, { minLength: 1, maxLength: 6 }),
        ends,
        sides,
        livesThrough,
      );
      await fc.assert(property, { numRuns: samples(60) });
    },
  );

  test('through a long run of cuts', { timeout: 180_000 }, async () => {
    const ends = fc.constant({ a: 1000, b: 1000 });
    const property = fc.asyncProperty(
      fc.array(life, { minLength: 60, maxLength: 60 }),
      ends,
      sides,
      livesThrough,
    );
    await fc.assert(property, { numRuns: samples(3) });
  });
});
