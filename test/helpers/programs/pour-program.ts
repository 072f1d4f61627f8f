/**
 * Copies stdin into a writable, or a readable into stdout, with the code of
 * `pipe`. Reports its progress on stderr, one JSON object per line. With `stay`
 * behind the argument, it lives until its stdin ends.
 */
import { readlinkSync } from 'node:fs';
import { Readable, Writable } from 'node:stream';
import { DATA_HEADER_BYTES } from '../../../source/connect/session/wire/frames.ts';
import { pourStdin, pourStdout } from '../../../source/cli/pour.ts';

const [way, argument = '0', then] = process.argv.slice(2);
function tell(fields: object) {
  return process.stderr.write(`${JSON.stringify(fields)}\n`);
}

function countOfFreed(buffers: readonly ArrayBuffer[]) {
  return buffers.filter(({ detached }) => detached).length;
}

/** The file that a descriptor stands for, as Linux tells it. */
function fileAt(fd: number) {
  return process.platform === 'linux' ? readlinkSync(`/proc/self/fd/${fd}`) : undefined;
}

if (way === 'in') {
  // A writable that takes one write at a time, each in `argument` ms, and copies it to stdout, like the connection.
  let most = 0;
  const into = new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      most = Math.max(most, into.writableLength);
      process.stdout.write(Uint8Array.prototype.slice.call(chunk));
      if (argument === '0') {
        done();
      } else {
        setTimeout(done, Number(argument));
      }
    },
    final(done) {
      tell({ event: 'final', most });
      done();
    },
  });
  const stdin = pourStdin(into);
  stdin.on('error', (error) => tell({ event: 'error', message: error.message }));
  stdin.on('end', () => tell({ event: 'end' }));
} else {
  // A readable of `argument` bytes, in chunks with headers between them, as frames lie in memory: one alone, then two
  // together, and so on.
  const total = Number(argument);
  let made = 0;
  const alone: ArrayBuffer[] = [];
  const together: ArrayBuffer[] = [];
  function chunksIn(count: number, buffers: ArrayBuffer[]) {
    const memory = new ArrayBuffer(count * (DATA_HEADER_BYTES + 30_000));
    buffers.push(memory);
    return Array.from({ length: count }, (_, index) => {
      const at = index * (DATA_HEADER_BYTES + 30_000) + DATA_HEADER_BYTES;
      const chunk = new Uint8Array(memory, at, Math.min(30_000, total - made));
      for (let n = 0; n < chunk.length; n += 1) {
        chunk[n] = (made + n) % 251;
      }
      made += chunk.length;
      return chunk;
    });
  }
  const ready: Uint8Array[] = [];
  const source = new Readable({
    read() {
      if (ready.length === 0) {
        ready.push(...chunksIn(1, alone), ...chunksIn(2, together));
      }
      const chunk = ready.shift();
      this.push(chunk === undefined || chunk.length === 0 ? null : chunk);
    },
  });
  process.once('beforeExit', () =>
    tell({ event: 'freed', alone: countOfFreed(alone) / alone.length, together: countOfFreed(together) }),
  );
  source.on('end', () => tell({ event: 'end', made }));
  source.on('pause', () => tell({ event: 'pause', made }));
  pourStdout(source).then(
    () => tell({ event: 'taken', stdout: fileAt(1) }),
    (error: NodeJS.ErrnoException) => {
      tell({ event: 'error', code: error.code });
      source.destroy();
    },
  );
  if (then === 'stay') {
    process.stdin.resume();
  }
}
