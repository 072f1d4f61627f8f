import { describe, expect, test } from 'vitest';
import type { Happening, PunchlineEvent } from '../../source/events.ts';
import { EventLog } from '../../source/chat/event-log.ts';

function heartbeat(n: number): Happening {
  return { event: 'heartbeat', direction: 'sent', n, text: '' };
}
const ended: Happening = { event: 'ended', reason: 'quit', exit: 0 };

/** What a listener is told, as numbers of heartbeats; `ended` is -1. */
function listener() {
  const told: number[] = [];
  return {
    told,
    listen: (event: PunchlineEvent) => void told.push(event.event === 'heartbeat' ? event.n : -1),
  };
}

describe('EventLog', () => {
  test('stamps what happens with the version and the time', () => {
    const log = new EventLog();
    const events: PunchlineEvent[] = [];
    log.subscribe((event) => events.push(event));
    const before = Date.now();
    log.emit(heartbeat(1));
    expect(events).toEqual([{ v: 1, at: expect.any(Number), ...heartbeat(1) }]);
    expect(events[0]?.at).toBeGreaterThanOrEqual(before);
  });

  test('tells a late listener all that happened before, then what follows', () => {
    const log = new EventLog();
    log.emit(heartbeat(1));
    const { told, listen } = listener();
    log.subscribe(listen);
    log.emit(heartbeat(2));
    expect(told).toEqual([1, 2]);
  });

  test('tells nothing after `ended`, and `ended` to everybody, however late', () => {
    const log = new EventLog();
    for (let n = 1; n <= 2000; n += 1) {
      log.emit(heartbeat(n));
    }
    log.emit(ended);
    log.emit(heartbeat(2001));
    log.emit(ended);
    expect(log.ended).toBe(true);
    const { told, listen } = listener();
    log.subscribe(listen);
    expect(told.slice(0, 3)).toEqual([1, 2, 3]);
    expect(told.filter((n) => n === -1)).toHaveLength(1);
    expect(told.at(-1)).toBe(-1);
    // What is kept is bounded.
    expect(told.length).toBeLessThan(1000);
  });

  test('tells all listeners the same order when one of them makes something happen', () => {
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

  test('tells a listener once what happens while it subscribes', () => {
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

  test('tells one who has left nothing more, also within the same event', () => {
    const log = new EventLog();
    const { told, listen } = listener();
    const leave: (() => void)[] = [];
    log.subscribe(() => leave[0]?.());
    leave.push(log.subscribe(listen));
    log.emit(heartbeat(1));
    expect(told).toEqual([]);
  });
});
