import type { Readable } from 'node:stream';
import { isatty } from 'node:tty';
import { PunchlineError } from '../../errors.ts';
import type { Happening } from '../../events.ts';
import { chatSettings, type ChatArguments } from '../settings/chat-settings.ts';
import { asFailure } from '../../network/to-punchline-error.ts';
import { connect, type Connection } from '../../connect/connection.ts';
import { pourStdin } from '../../net/pour-stdin.ts';
import { pourStdout } from '../../net/pour-stdout.ts';
import { readConfig } from '../settings/read-config.ts';
import { Outlet } from '../../ui/lines/outlet.ts';
import { createPlainPrinter } from '../../ui/lines/plain.ts';
import { signals } from '../../ui/lines/until-ended.ts';
import { omittedLine } from '../../ui/text/wording.ts';
import { failureLines } from '../../text/failure-lines.ts';

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
  if (stdin === undefined) connection.end();
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
  const tell = (happening: Happening) => print({ v: 1, at: Date.now(), ...happening });
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
      if (interrupted !== undefined) process.exit(exit);
      interrupted = exit;
      interrupt();
    });
    stdin?.on('error', (error) => connection.destroy(unusable('stdin', error)));
    process.stdout.on('error', (error) => connection.destroy(unusable('stdout', error)));
    connection.on('error', (error) => {
      failure = error;
    });
    connection.on('goodbye', (by) => {
      if (by === 'peer' && !connection.isWhole) failure = cutShort();
    });
    connection.on('close', () => {
      stopListening();
      stdin?.destroy();
      if (interrupted !== undefined) resolve(interrupted);
      else if (failure === undefined) resolve(0);
      else {
        const error = asFailure(failure);
        process.stderr.write(failureLines(error));
        resolve(error.exitCode);
      }
    });
  });
}

function onSignals(listener: (exit: number) => void): () => void {
  const removers = Object.entries(signals).map(([signal, exit]) => {
    const onSignal = () => listener(exit);
    process.on(signal, onSignal);
    return () => process.off(signal, onSignal);
  });
  return () => {
    for (const remove of removers) remove();
  };
}

const cutShort = (): PunchlineError =>
  new PunchlineError('ERR_CONNECTION_LOST', 'the peer left before both directions had ended', {
    hint: 'What has arrived may be a part only: start again on both sides.',
  });

const unusable = (stream: string, cause: Error): PunchlineError =>
  new PunchlineError('ERR_FILE', `${stream} cannot be used any more: ${cause.message}`, {
    hint: 'Whatever stood on the other side of the pipe is gone.',
    cause,
  });
