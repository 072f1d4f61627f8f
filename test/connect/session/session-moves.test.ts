import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { listeningSession } from '../../helpers/sessions/listening-session.ts';
import {
  aTurn,
  faults,
  moveBoth,
  recordedWrites,
  resumeBoth,
} from '../../helpers/sessions/moving-sessions.ts';
import { samples } from '../../helpers/samples.ts';

test('one side reads what the other wrote, in order and once, through any moves and cuts', async () => {
  const steps = fc.array(
    fc.record({
      there: faults,
      back: faults,
      writes: fc.array(fc.integer({ min: 1, max: 9000 }), { maxLength: 3 }),
      /** How long they talk before the next step, and when something is cut in it. */
      turns: fc.nat(40),
      cutAt: fc.nat(40),
      cut: fc.constantFrom('nothing', 'nothing', 'the old one', 'the new one', 'both'),
    }),
    { minLength: 1, maxLength: 8 },
  );
  const arrives = fc.asyncProperty(steps, async (moves) => {
    const [a, b] = [listeningSession(), listeningSession()];
    const { wrote, write } = recordedWrites(a.session, b.session);
    let old: readonly { destroy(): unknown }[] = resumeBoth(a.session, b.session);
    for (const { there, back, writes, turns, cutAt, cut } of moves) {
      for (const length of writes) {
        write('a', length);
      }
      const { streams, moved } = moveBoth(a.session, b.session, there, back);
      for (let n = 0; n <= turns; n += 1) {
        if (n === cutAt && (cut === 'the old one' || cut === 'both')) {
          for (const one of old) {
            one.destroy();
          }
        }
        if (n === cutAt && (cut === 'the new one' || cut === 'both')) {
          for (const one of streams) {
            one.destroy();
          }
        }
        if (n % 10 === 5) {
          for (const length of writes) {
            write('b', length + 1);
          }
        }
        await aTurn();
      }
      // A move that takes too long is cancelled. The other side may have moved already.
      const done = await Promise.race([moved, aTurn().then(() => 'late' as const)]);
      if (done === 'late') {
        for (const one of streams) {
          one.destroy();
        }
      } else if (done) {
        old = streams;
      }
      await moved;
    }
    resumeBoth(a.session, b.session);
    a.session.close('quit');
    await eventually(() =>
      expect([a.said.at(-1), b.said.at(-1)]).toEqual(['closed by us', 'closed by peer']),
    );
    expect(b.read().equals(Buffer.concat(wrote.a))).toBe(true);
    expect(a.read().equals(Buffer.concat(wrote.b))).toBe(true);
  });
  await fc.assert(arrives, { numRuns: samples(60) });
});

test(
  'what was written before a goodbye arrives, whenever in a move that is said, and whatever is cut then',
  { timeout: 180_000 },
  async () => {
    const parting = fc.record({
      there: faults,
      back: faults,
      writes: fc.array(fc.integer({ min: 1, max: 9000 }), { maxLength: 4 }),
      closer: fc.constantFrom('a', 'b'),
      /** In turns of the loop from the beginning of the move. */
      closesAt: fc.nat(40),
      cutAt: fc.nat(40),
      cut: fc.constantFrom('nothing', 'the old one', 'the new one', 'both'),
    });
    const outcomes = new Set<string>();
    const arrives = fc.asyncProperty(
      parting,
      async ({ there, back, writes, closer, closesAt, cutAt, cut }) => {
        const sides = { a: listeningSession(), b: listeningSession() };
        const { a, b } = sides;
        const { wrote, write } = recordedWrites(a.session, b.session);
        const old = resumeBoth(a.session, b.session, there, back);
        for (const length of writes) {
          write('a', length);
          write('b', length);
        }
        const { streams, moved } = moveBoth(a.session, b.session, there, back);
        const cutTurn = closesAt + cutAt;
        for (let n = 0; n <= cutTurn; n += 1) {
          if (n === closesAt) {
            sides[closer].session.close('quit');
          }
          if (n === cutTurn && (cut === 'the old one' || cut === 'both')) {
            for (const one of old) {
              one.destroy();
            }
          }
          if (n === cutTurn && (cut === 'the new one' || cut === 'both')) {
            for (const one of streams) {
              one.destroy();
            }
          }
          await aTurn();
        }
        const done = await Promise.race([moved, aTurn().then(() => 'late' as const)]);
        if (done === 'late') {
          for (const one of streams) {
            one.destroy();
          }
        }
        await moved;
        resumeBoth(a.session, b.session);
        const [left, stayed] = closer === 'a' ? [a, b] : [b, a];
        // The side that says goodbye last cannot know whether it was heard.
        function ends() {
          return [left.said.at(-1), stayed.said.at(-1)];
        }
        await eventually(() => expect(ends().join()).toMatch(/closed by us|closed by peer/));
        expect(stayed.read().equals(Buffer.concat(wrote[closer]))).toBe(true);
        // What the other side had written arrives in order and once, as far as it comes.
        const rest = Buffer.concat(wrote[closer === 'a' ? 'b' : 'a']);
        expect(left.read().equals(rest.subarray(0, left.read().length))).toBe(true);
        outcomes.add(`${cut}, ${stayed.said.at(-1)}`);
      },
    );
    // Fewer would not be sure to bring each outcome.
    await fc.assert(arrives, { numRuns: 100, endOnFailure: true });
    // A goodbye that is cut off may never be heard. That is the exception, and not what is tested here.
    expect([...outcomes]).toContain('both, closed by peer');
    expect([...outcomes]).toContain('nothing, closed by peer');
  },
);
