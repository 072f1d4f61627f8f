import { createHook } from 'node:async_hooks';
import { setTimeout as pause } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { patienceMs } from './eventually.ts';

/** The runner's own timers come and go with each test: counted in, they would hide one of ours. */
const runner = /node_modules\/(@vitest|vitest)\//;

/** Who has called, innermost first, without what Node does in between. */
function callers(): string[] {
  return (new Error('who calls').stack ?? '')
    .split('\n')
    .slice(1)
    .map((line) => line.trim())
    .filter((line) => !line.includes('node:'));
}

/** Timers that are made from now on and keep the process alive, each with where it was made. */
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

/** Sockets and listeners that keep the process alive, by kind. */
function handles(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    if (kind === 'TCPSocketWrap' || kind === 'TCPServerWrap') {
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
  }
  return counts;
}

/** Call it before anything is opened: when the test is over, no socket, listener or timer of it may be left. */
export function expectNothingLeft(settleMs?: number): void {
  const before = handles();
  const timers = watchTimers();
  onTestFinished(async () => {
    // Closing takes its time: what was said last still leaves, and the other side answers.
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
