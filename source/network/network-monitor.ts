import { ownAddresses } from './sockets.ts';

/** Bounds how late we learn of a change. Asking for the addresses takes a tenth of a millisecond. */
const LOOK_EVERY_MS = 1000;
/** A gap between our ticks that load does not explain. Setting the clock looks the same, and costs one ping. */
const STANDSTILL_MS = 3000;

export interface MonitorOptions {
  /**
   * In ms, of the wall clock: it goes on while the machine sleeps, and Linux's
   * monotonic clock does not.
   */
  readonly now?: () => number;
  /** The addresses of this machine. */
  readonly addresses?: () => readonly string[];
}

/**
 * Calls `onChange` when channels may have died without a packet that says so:
 * this process or machine stood still, or this machine's addresses have
 * changed. Returns a function that ends the watch.
 */
export function monitorNetwork(
  onChange: () => void,
  { now = Date.now, addresses = ownAddresses }: MonitorOptions = {},
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
  // The watch alone must not keep the process alive: code that waits for a channel has timers of its own.
  timer.unref();
  return () => clearInterval(timer);
}

function summary(addresses: readonly string[]): string {
  return [...addresses].toSorted().join(' ');
}
