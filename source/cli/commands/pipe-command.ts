import type { Readable, Writable } from 'node:stream';
import { isatty } from 'node:tty';
import { fstatSync } from 'node:fs';
import { Socket } from 'node:net';
import { PunchlineError } from '../../errors.ts';
import type { Happening } from '../../events.ts';
import { chatSettings, type ChatArguments } from '../settings/chat-settings.ts';
import { toPunchlineError } from '../../network/to-punchline-error.ts';
import { connect, type Connection } from '../../connect/connection.ts';
import { readConfig } from '../settings/read-config.ts';
import { omittedLine, Outlet } from '../../ui/lines/outlet.ts';
import { createPlainPrinter } from '../../ui/lines/plain.ts';
import { signals } from '../../ui/lines/until-ended.ts';
import { failureLines } from '../../text/failure-lines.ts';
import { DATA_HEADER_BYTES } from '../../connect/session/wire/frames.ts';

/**
 * `punchline pipe`: stdin to the peer's stdout and back, over the punched,
 * encrypted connection. Words to a person go to stderr. Resolves with the exit
 * code when both directions have ended; throws ERR_USAGE.
 */
export async function runPipe(args: ChatArguments): Promise<number> {
  const { PUNCHLINE_SERVER: variable, PUNCHLINE_CODE: code } = process.env;
  const { server, ...settings } = chatSettings(args, { server: variable, code }, readConfig(), false);
  if (server === undefined) {
    throw new PunchlineError('ERR_USAGE', 'no rendezvous is named', {
      hint: 'Name one with --server HOST[:PORT], in the invite (CODE@HOST), in PUNCHLINE_SERVER or in the config file.',
    });
  }
  const interruption = new AbortController();
  const connection = connect({ ...settings, server, mode: 'pipe', signal: interruption.signal });
  tellOnStderr(connection);
  // Nobody types bytes: a terminal has nothing to say.
  const stdin = isatty(0) ? undefined : pourStdin(connection);
  if (stdin === undefined) {
    connection.end();
  }
  const ended = endOf(connection, stdin, () => interruption.abort());
  pourStdout(connection);
  return ended;
}

function tellOnStderr(connection: Connection): void {
  // Bytes pass whether anybody reads about them or not.
  const outlet = new Outlet(process.stderr, { missing: omittedLine });
  const print = createPlainPrinter((text) => outlet.write(text), {
    command: 'pipe',
    terminal: process.stderr,
  });
  function tell(happening: Happening) {
    return print({ v: 1, at: Date.now(), ...happening });
  }
  connection.on('happening', tell);
  connection.on('lost', (reason) => tell({ event: 'lost', reason, queued: 0 }));
  connection.on('resumed', (ms, _resentBytes, path) => tell({ event: 'resumed', ms, resent: 0, path }));
}

/** How the pipe has ended, as an exit code; what went wrong is said on stderr. */
function endOf(connection: Connection, stdin: Readable | undefined, interrupt: () => void): Promise<number> {
  return new Promise((resolve) => {
    let failure: unknown;
    let interrupted: number | undefined;
    const stopListening = onSignals((exit) => {
      if (interrupted !== undefined) {
        process.exit(exit);
      }
      interrupted = exit;
      interrupt();
    });
    stdin?.on('error', (error) => connection.destroy(unusable('stdin', error)));
    process.stdout.on('error', (error) => connection.destroy(unusable('stdout', error)));
    connection.on('error', (error) => {
      failure = error;
    });
    connection.on('goodbye', (by) => {
      if (by === 'peer' && !connection.isWhole) {
        failure = cutShort();
      }
    });
    connection.on('close', () => {
      stopListening();
      stdin?.destroy();
      if (interrupted !== undefined) {
        resolve(interrupted);
      } else if (failure === undefined) {
        resolve(0);
      } else {
        const error = toPunchlineError(failure);
        process.stderr.write(failureLines(error));
        resolve(error.exitCode);
      }
    });
  });
}

function onSignals(listener: (exit: number) => void): () => void {
  const removers = Object.entries(signals).map(([signal, exit]) => {
    function onSignal() {
      return listener(exit);
    }
    process.on(signal, onSignal);
    return () => process.off(signal, onSignal);
  });
  return () => {
    for (const remove of removers) {
      remove();
    }
  };
}

function cutShort(): PunchlineError {
  return new PunchlineError('ERR_CONNECTION_LOST', 'the peer left before both directions had ended', {
    hint: 'What has arrived may be a part only: start again on both sides.',
  });
}

function unusable(stream: string, cause: Error): PunchlineError {
  return new PunchlineError('ERR_FILE', `${stream} cannot be used any more: ${cause.message}`, {
    hint: 'Whatever stood on the other side of the pipe is gone.',
    cause,
  });
}

const STDIN_FD = 0;
/** More than a pipe holds by default (64 KiB): a read that does not fill it needs no second one to find the pipe empty. */
const READ_BYTES = 128 * 1024;

/**
 * Pours stdin into a writable that copies what `_write` gives it, and ends it
 * with the end of stdin. Returns stdin, for its errors and its end. What
 * comes through a pipe is read into the same memory again and again: a new
 * buffer for each read would make the collection of garbage cost as much as
 * the encryption (measured).
 */
export function pourStdin(into: Writable): Readable {
  const stat = fstatSync(STDIN_FD);
  if (!stat.isFIFO() && !stat.isSocket()) {
    process.stdin.pipe(into);
    return process.stdin;
  }
  let isWaiting = false;
  const stdin = new Socket({
    fd: STDIN_FD,
    writable: false,
    onread: {
      buffer: Buffer.allocUnsafe(READ_BYTES),
      callback: (bytes, buffer) => {
        into.write(buffer.subarray(0, bytes), goOn);
        // Until this write is done the next one would be kept, not taken.
        isWaiting = into.writableLength > 0;
        return !isWaiting;
      },
    },
  });
  function goOn() {
    if (!isWaiting) {
      return;
    }
    isWaiting = false;
    stdin.resume();
  }
  stdin.on('end', () => into.end());
  return stdin;
}

/**
 * Pours a connection into stdout; nobody else may read from it. Memory is
 * given back as soon as stdout has taken what it held: until garbage is
 * collected so much would pile up that collecting it costs a third of the
 * receiver's time (measured).
 */
export function pourStdout(connection: Readable): void {
  connection.on('data', (chunk: Uint8Array) => {
    const isTaken = process.stdout.write(chunk, () => release(chunk));
    if (isTaken) {
      return;
    }
    connection.pause();
    process.stdout.once('drain', () => connection.resume());
  });
}

/** Of memory that holds other frames, too, somebody else may still have views. */
function release({ buffer, byteOffset, byteLength }: Uint8Array): void {
  const holdsOneFrame =
    byteOffset === DATA_HEADER_BYTES && buffer.byteLength === DATA_HEADER_BYTES + byteLength;
  if (holdsOneFrame && buffer instanceof ArrayBuffer) {
    buffer.transfer(0);
  }
}
