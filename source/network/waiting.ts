import type { Writable } from 'node:stream';
import { setMaxListeners } from 'node:events';

/** `within` rejects with it when the time is over. */
export class TimeoutError extends Error {
  override readonly name = 'TimeoutError';
}

/**
 * Bounds the wait for a promise: rejects with TimeoutError after `ms`, or with
 * the signal's reason. The promise itself goes on; its late failure is ignored.
 */
export function within<T>(promise: Promise<T>, ms: number, signal?: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    function finish() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
    function onAbort() {
      finish();
      reject(signal?.reason);
    }
    const timer = setTimeout(() => {
      finish();
      reject(new TimeoutError(`no answer within ${ms} ms`));
    }, ms);
    promise.then(
      (value) => {
        finish();
        resolve(value);
      },
      (error: unknown) => {
        finish();
        reject(error);
      },
    );
    if (signal?.aborted === true) {
      onAbort();
    } else {
      signal?.addEventListener('abort', onAbort);
    }
  });
}

/** Resolves after `ms`, or as soon as the signal is aborted. Zero or less sets no timer. */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms <= 0 || signal.aborted) {
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    function finish() {
      clearTimeout(timer);
      signal.removeEventListener('abort', finish);
      resolve();
    }
    const timer = setTimeout(finish, ms);
    signal.addEventListener('abort', finish);
  });
}

/** Resolves when the stream takes more, or has closed. Never rejects. */
export async function drained(stream: Writable): Promise<void> {
  if (!stream.writableNeedDrain || stream.destroyed) {
    return;
  }
  await new Promise<void>((resolve) => {
    function done() {
      stream.off('drain', done);
      stream.off('close', done);
      resolve();
    }
    stream.on('drain', done);
    stream.on('close', done);
  });
}

/** Returns the same signal. Hundreds of dials and waits may listen to it, and Node would warn of a leak from the eleventh on. */
export function manyListeners(signal: AbortSignal): AbortSignal {
  setMaxListeners(0, signal);
  return signal;
}
