import process from 'node:process';

/**
 * How long the size must stay the same before everything is drawn once more: a
 * frame for an earlier size may have been under way.
 */
const SETTLED_MS = 100;

/** In characters. */
export interface WindowSize {
  readonly columns: number;
  readonly rows: number;
}

/** The terminal's size; 80 × 24 if it does not know its size (a serial line). */
export function sizeOf(stdout: NodeJS.WriteStream): WindowSize {
  return { columns: stdout.columns || 80, rows: stdout.rows || 24 };
}

export interface WindowListener {
  /** The size has changed. */
  readonly onResize: (size: WindowSize) => void;
  /** The size has not changed for a moment. */
  readonly onSettled: () => void;
}

/** Calls the listener when the window's size changes, until the returned function is called. */
export function watchWindow(stdout: NodeJS.WriteStream, { onResize, onSettled }: WindowListener): () => void {
  let settling: NodeJS.Timeout | undefined;
  // Node emits no resize if the window is back at its old size, but the terminal may have cut off rows in between.
  function settle(): void {
    clearTimeout(settling);
    settling = setTimeout(onSettled, SETTLED_MS);
  }
  function resize(): void {
    onResize(sizeOf(stdout));
    settle();
  }
  process.on('SIGWINCH', settle);
  stdout.on('resize', resize);
  return () => {
    stdout.off('resize', resize);
    process.off('SIGWINCH', settle);
    clearTimeout(settling);
  };
}
