import { createHook } from 'node:async_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { patienceMs } from './eventually.ts';

/** Timers of the test runner are not counted: they come and go with each test, and could hide one of ours. */
const runner = /node_modules\/(@vitest|vitest)\//;

/** The callers, innermost first, without those in Node itself. */
function callers(): string[] {
  return (new Error('who calls').stack ?? '')
    .split('\n')
    .slice(1)
    .map((line) => line.trim())
    .filter((line) => !line.includes('node:'));
}

/** Records timers that are made from now on and keep the process alive, each with the place where it was made. */
function watchTimers() {
  const timers = new Map<number, { readonly timer: NodeJS.Timeout; readonly madeAt: string }>();
  const hook = createHook({
    init: (id, type, _, timer) => {
      if (type !== 'Timeout') {
        return;
      }
      const madeAt = callers()[2] ?? '';
      if (!runner.test(madeAt)) {
        timers.set(id, { timer: timer as NodeJS.Timeout, madeAt });
      }
    },
    destroy: (id) => timers.delete(id),
  }).enable();
  return {
    left: () =>
      [...timers.values()].filter(({ timer }) => timer.hasRef()).map(({ madeAt }) => `timer ${madeAt}`),
    stop: () => hook.disable(),
  };
}

/** Counts sockets and listeners that keep the process alive, by kind. */
function handles(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (kind === 'TCPSocketWrap' || kind === 'TCPServerWrap') {
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
  }
  return counts;
}

/** Call this before anything is opened. It fails if a socket, listener or timer is left when the test is over. */
export function expectNothingLeft(settleMs?: number): void {
  const before = handles();
  const timers = watchTimers();
  onTestFinished(async () => {
    // Closing takes a moment: the last data is still sent, and the other side answers.
    const deadline = performance.now() + (settleMs ?? patienceMs());
    for (;;) {
      const more = [...handles()].filter(([kind, count]) => count > (before.get(kind) ?? 0));
      const left = [...more.map(([kind, count]) => `${count} ${kind}`), ...timers.left()];
      const isOver = left.length === 0 || performance.now() > deadline;
      if (isOver) {
        timers.stop();
      }
      if (left.length === 0) {
        return;
      }
      if (isOver) {
        throw new Error(`left: ${left.join(', ')}`);
      }
      await pause(1, undefined, { ref: false });
    }
  });
}
