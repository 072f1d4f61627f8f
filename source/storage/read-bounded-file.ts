import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';

const { O_NOFOLLOW, O_NONBLOCK, O_RDONLY } = constants;

/** The text of a file, and what the system says of it. */
export interface BoundedFile {
  readonly text: string;
  readonly stats: Stats;
}

/**
 * Reads a file that others may have written, and may change meanwhile. It waits
 * for no FIFO and reads no more than `maxBytes`. Throws Node's error, or an
 * Error with the reason.
 */
export function readBoundedFile(
  path: string,
  maxBytes: number,
  { followsLink }: { readonly followsLink: boolean },
): BoundedFile {
  const file = openSync(path, O_RDONLY | O_NONBLOCK | (followsLink ? 0 : O_NOFOLLOW));
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) {
      throw new Error('it is no file');
    }
    // One byte more than allowed: the file may have grown since.
    const bytes = Buffer.alloc(Math.min(stats.size, maxBytes) + 1);
    let length = 0;
    let read = 1;
    while (read > 0 && length < bytes.length) {
      read = readSync(file, bytes, length, bytes.length - length, length);
      length += read;
    }
    if (stats.size > maxBytes || length > maxBytes) {
      throw new Error(`it has more than ${maxBytes} bytes`);
    }
    return { text: bytes.toString('utf8', 0, length), stats };
  } finally {
    closeSync(file);
  }
}
