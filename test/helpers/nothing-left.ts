import { setImmediate as turn } from 'node:timers/promises';
import { onTestFinished } from 'vitest';

/** How long closing may take: what was said last still leaves, and the other side answers. */
const SETTLE_MS = 4000;

/** What keeps the process alive, by kind. */
function alive(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    // Turning the loop to wait is an Immediate itself; the rest of them are no leak either.
    if (kind === 'TCPSocketWrap' || kind === 'TCPServerWrap' || kind === 'Timeout') {
      counts.set(kind, (counts.get(kind) ?? 0) + 1);
    }
  }
  return counts;
}

/** Call it before anything is opened: when the test is over, no socket, listener or timer of it may be left. */
export function expectNothingLeft(): void {
  const before = alive();
  onTestFinished(async () => {
    const deadline = performance.now() + SETTLE_MS;
    for (;;) {
      const left = [...alive()].filter(([kind, count]) => count > (before.get(kind) ?? 0));
      if (left.length === 0) return;
      if (performance.now() > deadline) throw new Error(`left: ${JSON.stringify(left)}`);
      await turn();
    }
  });
}
