import { describe, expect, test } from 'vitest';
import type { Happening, PunchlineEvent } from '../../source/events.ts';
import { EventLog } from '../../source/chat/event-log.ts';

function heartbeat(n: number): Happening {
  return { event: 'heartbeat', direction: 'sent', n, text: '' };
}
const ended: Happening = { event: 'ended', reason: 'quit', exit: 0 };

/** A listener that keeps the numbers of the heartbeats that it is told of. For `ended` it keeps -1. */
function listener() {
  const told: number[] = [];
  return {
    told,
    listen: (event: PunchlineEvent) => void told.push(event.event === 'heartbeat' ? event.n : -1),
  };
}

describe('EventLog', () => {
  test('stamps events with the version and the time', () => {
    const log = new EventLog();
    const events: PunchlineEvent[] = [];
    log.subscribe((event) => events.push(event));
    const before = Date.now();
    log.emit(heartbeat(1));
    expect(events).toEqual([{ v: 1, at: expect.any(Number), ...heartbeat(1) }]);
    expect(events[0]?.at).toBeGreaterThanOrEqual(before);
  });

  test('tells a late listener all earlier events, and then the later ones', () => {
    const log = new EventLog();
    log.emit(heartbeat(1));
    const { told, listen } = listener();
    log.subscribe(listen);
    log.emit(heartbeat(2));
    expect(told).toEqual([1, 2]);
  });

  test('tells nothing after `ended`, and tells `ended` to every late listener', () => {
    const log = new EventLog();
    for (let n = 1; n <= 2000; n += 1) {
      log.emit(heartbeat(n));
    }
    log.emit(ended);
    log.emit(heartbeat(2001));
    log.emit(ended);
    const { told, listen } = listener();
    log.subscribe(listen);
    expect(told.slice(0, 3)).toEqual([1, 2, 3]);
    expect(told.filter((n) => n === -1)).toHaveLength(1);
    expect(told.at(-1)).toBe(-1);
    // Not all events are kept.
    expect(told.length).toBeLessThan(1000);
  });

  test('tells all listeners the same order when one of them causes an event', () => {
    const log = new EventLog();
    log.subscribe((event) => {
      if (event.event === 'heartbeat' && event.n < 3) {
        log.emit(heartbeat(event.n + 1));
      }
    });
    const { told, listen } = listener();
    log.subscribe(listen);
    log.emit(heartbeat(1));
    expect(told).toEqual([1, 2, 3]);
  });

  test('tells an event once to a listener that subscribes during it', () => {
    const log = new EventLog();
    const { told, listen } = listener();
    let subscribed = false;
    log.subscribe(() => {
      if (!subscribed) {
        log.subscribe(listen);
      }
      subscribed = true;
    });
    log.emit(heartbeat(1));
    log.emit(heartbeat(2));
    expect(told).toEqual([1, 2]);
  });

  test('tells nothing more to a listener that was removed, even during the same event', () => {
    const log = new EventLog();
    const { told, listen } = listener();
    const leave: (() => void)[] = [];
    log.subscribe(() => leave[0]?.());
    leave.push(log.subscribe(listen));
    log.emit(heartbeat(1));
    expect(told).toEqual([]);
  });
});
