/** While the link is cut, the kernel repeats a SYN ever later. A fresh dial each second is through first (measured: 1.1 s). */
const DIAL_EVERY_MS = 1000;
/** Bounds the dials under way at once. Each lives for 8 s at most. */
const MAX_DIALS = 8;

/** Starts a dial each second until one succeeds. Rejects when one has failed and no other is under way. */
export function dialInTurns<Dialled extends { destroy(): void }>(
  dial: (signal: AbortSignal) => Promise<Dialled>,
  signal: AbortSignal,
): Promise<Dialled> {
  const over = new AbortController();
  const either = AbortSignal.any([signal, over.signal]);
  return new Promise((resolve, reject) => {
    let underWay = 0;
    function start() {
      if (underWay >= MAX_DIALS) {
        return;
      }
      underWay += 1;
      dial(either).then(
        (dialled) => {
          if (over.signal.aborted) {
            dialled.destroy();
          } else {
            end(() => resolve(dialled));
          }
        },
        (error: unknown) => {
          underWay -= 1;
          if (underWay === 0 && !over.signal.aborted) {
            end(() => reject(error));
          }
        },
      );
    }
    function end(tell: () => void) {
      clearInterval(timer);
      over.abort();
      tell();
    }
    const timer = setInterval(start, DIAL_EVERY_MS);
    start();
  });
}
