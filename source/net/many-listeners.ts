import { setMaxListeners } from 'node:events';

/** The signal itself: hundreds of dials, listeners and waits may hang on it. Node 22 warns of a leak from the eleventh on. */
export function manyListeners(signal: AbortSignal): AbortSignal {
  setMaxListeners(0, signal);
  return signal;
}
