import { ownAddresses } from './sockets.ts';

/** How late we may learn of it. Asking for the addresses takes a tenth of a millisecond. */
const LOOK_EVERY_MS = 1000;
/** A gap in our ticks that load does not explain. A clock that was set looks alike, and costs one ping. */
const STANDSTILL_MS = 3000;

export interface SurroundingsOptions {
  /**
   * In ms, by the clock on the wall: it goes on while the machine sleeps, which
   * Linux's monotonic clock does not.
   */
  readonly now?: () => number;
  /** The addresses of this machine. */
  readonly addresses?: () => readonly string[];
}

/**
 * Calls when channels may have died without a packet that says so: this
 * process or machine stood still, or this machine's addresses have changed.
 * Returns what ends the watch.
 */
export function watchSurroundings(
  onChange: () => void,
  { now = Date.now, addresses = ownAddresses }: SurroundingsOptions = {},
): () => void {
  let [lookedAt, known] = [now(), summary(addresses())];
  const timer = setInterval(() => {
    const before = { lookedAt, known };
    lookedAt = now();
    known = summary(addresses());
    if (lookedAt - before.lookedAt > STANDSTILL_MS || known !== before.known) {
      onChange();
    }
  }, LOOK_EVERY_MS);
  // Who waits for a channel has timers of its own.
  timer.unref();
  return () => clearInterval(timer);
}

function summary(addresses: readonly string[]): string {
  return [...addresses].toSorted().join(' ');
}
