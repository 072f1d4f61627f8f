import process from 'node:process';

/** After the last of many sizes: a frame for one before may have been on its way, so all is drawn once more. */
const SETTLED_MS = 100;

export interface WindowSize {
  readonly columns: number;
  readonly rows: number;
}

/** A terminal that does not tell its size (a serial line) is taken for the usual one. */
export function sizeOf(stdout: NodeJS.WriteStream): WindowSize {
  return { columns: stdout.columns || 80, rows: stdout.rows || 24 };
}

export interface WindowListener {
  /** The window has another size. */
  readonly onResize: (size: WindowSize) => void;
  /** It has not changed for a moment. */
  readonly onSettled: () => void;
}

/** Tells of a window that changes, until the function that it returns is called. */
export function watchWindow(stdout: NodeJS.WriteStream, { onResize, onSettled }: WindowListener): () => void {
  let settling: NodeJS.Timeout | undefined;
  // Also where Node tells of no new size: there and back again, a terminal may have cut off what stood there.
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
