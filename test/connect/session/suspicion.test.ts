import { once } from 'node:events';
import { performance } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { encodeFrame } from '../../../source/connect/session/wire/frames.ts';
import type { KeepaliveTimes } from '../../../source/connect/session/wire/keepalive.ts';
import { FrameLink } from '../../../source/connect/session/frame-link.ts';
import { Session } from '../../../source/connect/session/session.ts';
import { eventually } from '../../helpers/eventually.ts';
import { linePair, type LineOptions } from '../../helpers/sessions/line-pair.ts';

const STEP_MS = 10;

/** Two sessions on a line, and what each has told about its channel. */
function onLine(times: KeepaliveTimes, options?: LineOptions) {
  const ends = linePair(options);
  const sides = ends.map((end) => {
    const session = new Session(times);
    onTestFinished(() => session.destroy());
    const said: string[] = [];
    let received = 0;
    for (const word of ['suspect', 'silent', 'revived', 'gone'] as const) {
      session.on(word, () => said.push(word));
    }
    session.on('failed', (reason) => said.push(`failed: ${reason}`));
    session.on('data', (bytes) => {
      received += bytes.length;
      session.consumed(bytes.length);
    });
    session.attach(new FrameLink(end));
    return { end, session, said, received: () => received };
  });
  return sides as [(typeof sides)[0], (typeof sides)[0]];
}

function saysOf(sides: readonly { readonly said: string[] }[]) {
  return sides.map(({ said }) => said);
}
function settled(...sides: readonly { readonly session: Session }[]) {
  return eventually(() => {
    for (const { session } of sides) {
      expect(session.rttMs).toBeDefined();
    }
    for (const { session } of sides) {
      expect(session.delivered).toBe(true);
    }
  });
}
/** As many turns of the event loop as the streams between two sessions could take. */
async function turns(): Promise<void> {
  for (let n = 0; n < 20; n += 1) {
    await turn();
  }
}

describe('a channel that is suspect', () => {
  const times = { pingAfterMs: 600_000, dueMs: 150, suspectMs: 150, askAgainMs: 50 };

  test('is not revived by an ack and data that were under way since before', async () => {
    const [a, b] = onLine(times);
    await settled(a, b);
    // The first cut: the answers of `b` are under way, and nothing more reaches `b`.
    b.end.cut();
    a.session.write(Buffer.from('before'));
    b.session.write(Buffer.from('before'));
    await eventually(() => expect(b.received()).toBe(6));
    a.end.cut();
    a.session.write(Buffer.from(', and meanwhile'));
    await eventually(() =>
      expect(saysOf([a, b])).toEqual([
        ['suspect', 'silent'],
        ['suspect', 'silent'],
      ]),
    );
    // The link is back for a moment, in which the system sends again what was sent, in that direction only.
    const acknowledged = once(a.session, 'acknowledged');
    b.end.mend();
    b.end.cut();
    expect(await acknowledged).toEqual([6]);
    await eventually(() => expect(a.received()).toBe(6));
    // As many turns as any effect of this could take.
    await turns();
    expect(a.said).toEqual(['suspect', 'silent']);
    // Then the link is back for good.
    a.end.mend();
    b.end.mend();
    await eventually(() =>
      expect(saysOf([a, b])).toEqual([
        ['suspect', 'silent', 'revived'],
        ['suspect', 'silent', 'revived'],
      ]),
    );
    await settled(a, b);
  });

  test('is revived on both sides when it is revived on one, though nothing else is said', async () => {
    const [a, b] = onLine(times);
    await settled(a, b);
    a.end.cut();
    b.end.cut();
    a.session.write(Buffer.from('to be answered'));
    b.session.write(Buffer.from('to be answered'));
    await eventually(() =>
      expect(saysOf([a, b])).toEqual([
        ['suspect', 'silent'],
        ['suspect', 'silent'],
      ]),
    );
    const revived = [a, b].map(({ session }) => once(session, 'revived'));
    a.end.mend();
    b.end.mend();
    // It is not the next ping that does this, because that comes after the end of this test.
    await Promise.all(revived);
  });

  test('is asked with new pings while data still waits to be sent', async () => {
    const [a, b] = onLine(
      { ...times, dueMs: 300, suspectMs: 300 },
      { bytesPerSecond: 4e6, bufferBytes: 1e5 },
    );
    await settled(a, b);
    a.end.cut();
    a.session.write(Buffer.alloc(2_000_000));
    await eventually(() => expect(a.said).toEqual(['suspect', 'silent']));
    a.end.mend();
    await eventually(() => expect(a.said).toEqual(['suspect', 'silent', 'revived']));
    expect(a.session.delivered).toBe(false);
  });
});

describe('a channel that is slow', () => {
  /** Far less than the data that is under way takes. */
  const times = { pingAfterMs: 500, dueMs: 1000, suspectMs: 500, askAgainMs: 100 };
  const window = 4 * 1024 * 1024;
  const bytesPerSecond = 1.5e6;

  // On the machine's own clock, a machine that stood still for a second would be a line that did.
  let now = 0;
  beforeEach(() => {
    // `Date`, because a machine that stands still is noticed by the wall clock.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
    // The fake timers replace the global `performance`, and sessions import it.
    vi.spyOn(performance, 'now').mockImplementation(() => now);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  /** Lets time pass in steps in which little arrives, and sessions answer. */
  async function pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      now += STEP_MS;
      vi.advanceTimersByTime(STEP_MS);
      await turns();
    }
  }

  test.each([
    ['one', 0],
    ['both', window],
  ])('is never suspect as long as data moves, with a window under way from %s', async (_, back) => {
    const [a, b] = onLine(times, { bytesPerSecond });
    a.session.write(Buffer.alloc(window));
    b.session.write(Buffer.alloc(back));
    // The answers to the pings of `b` come behind all that.
    b.session.write(Buffer.from('and a question'));
    await pass(((window + back) / bytesPerSecond) * 1000 + 1000);
    expect([a.session.delivered, b.session.delivered]).toEqual([true, true]);
    expect([a.received(), b.received()]).toEqual([back + 14, window]);
    expect(saysOf([a, b])).toEqual([[], []]);
  });

  test('is lost when it stands still, however much is under way', async () => {
    const [a, b] = onLine(times, { bytesPerSecond });
    a.session.write(Buffer.alloc(window));
    await pass(1000);
    expect(b.received()).toBeGreaterThan(0);
    expect(saysOf([a, b])).toEqual([[], []]);
    a.end.cut();
    b.end.cut();
    await pass(times.pingAfterMs + times.dueMs + times.suspectMs + 100);
    expect(saysOf([a, b])).toEqual([
      ['suspect', 'silent'],
      ['suspect', 'silent'],
    ]);
  });
});

test('a peer that sends data but answers nothing is suspect', async () => {
  const [one, other] = linePair();
  const session = new Session({ pingAfterMs: 50, dueMs: 100, suspectMs: 60_000, askAgainMs: 60_000 });
  onTestFinished(() => session.destroy());
  const said: string[] = [];
  for (const word of ['suspect', 'revived', 'gone'] as const) {
    session.on(word, () => said.push(word));
  }
  session.attach(new FrameLink(one));
  other.resume();
  const timer = setInterval(() => other.write(encodeFrame({ type: 'ping', id: 9 })), 20);
  onTestFinished(() => clearInterval(timer));
  await eventually(() => expect(said).toEqual(['suspect']));
});
