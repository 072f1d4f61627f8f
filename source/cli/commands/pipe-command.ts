import { namedProxies } from '../../network/proxy/named-proxies.ts';
import { performance } from 'node:perf_hooks';
import type { Readable } from 'node:stream';
import { isatty } from 'node:tty';
import { errorCode, PunchlineError } from '../../errors.ts';
import type { Happening } from '../../events.ts';
import { chatSettings, type ChatArguments } from '../settings/chat-settings.ts';
import { noPlace } from '../settings/named-server.ts';
import { toPunchlineError } from '../../network/to-punchline-error.ts';
import { connect, type Connection } from '../../connect/connection.ts';
import { readConfig } from '../settings/read-config.ts';
import { omittedLine, Outlet } from '../../ui/lines/outlet.ts';
import { ByteCount } from '../../ui/lines/byte-count.ts';
import { createPlainPrinter } from '../../ui/lines/plain.ts';
import { withFriend } from '../with-place.ts';
import { screenSettings, whyLines } from '../../ui/settings/screen-settings.ts';
import { LiveLine } from '../../ui/terminal/live-line.ts';
import { asciiMarks } from '../../ui/text/ascii-marks.ts';
import type { Config } from '../settings/config.ts';
import { onSignals } from '../../ui/lines/until-ended.ts';
import { fileTrouble, isDiskFull } from '../../storage/file-trouble.ts';
import { failureLines } from '../../text/failure-lines.ts';
import { hereOption } from '../here-option.ts';
import { pourStdin, pourStdout } from '../pour.ts';

/**
 * `punchline pipe`: carries stdin to the peer's stdout and back, over the
 * punched, encrypted connection. Words to a person go to stderr. Resolves with
 * the exit code when both directions have ended. Throws ERR_USAGE.
 */
export async function runPipe(args: ChatArguments): Promise<number> {
  const { PUNCHLINE_SERVER: variable, PUNCHLINE_CODE: code } = process.env;
  const config = await readConfig();
  // What needs no proxy is not held up by a variable that names a strange one.
  const isDirect = args.here !== undefined || args.classic === true;
  const proxies = isDirect ? {} : await namedProxies(args.proxy, process.env);
  const settings = await withFriend(chatSettings(args, { server: variable, code, proxies }, config, false));
  if (settings.server === undefined && settings.here === undefined && !settings.local) {
    throw noPlace(args.invite !== undefined);
  }
  const here = hereOption(settings.here);
  const interruption = new AbortController();
  const connection = connect({ ...settings, here, mode: 'pipe', signal: interruption.signal });
  const words = tellOnStderr(connection, config);
  // Nobody types bytes: a terminal counts as an ended stdin.
  const stdin = isatty(0) ? undefined : pourStdin(connection);
  if (stdin === undefined) {
    connection.end();
  }
  const written = pourStdout(connection);
  words.count();
  // The peer shall not end with 0 if stdout does not take all here.
  connection.awaitReader(written);
  return endOf(connection, stdin, written, { interrupt: () => interruption.abort(), words });
}

/** How often the number of bytes is drawn. */
const COUNT_MS = 500;

interface Words {
  /** Counts what is received from now on. */
  readonly count: () => void;
  /** Writes how much has passed, once. */
  readonly end: () => void;
}

function tellOnStderr(connection: Connection, config: Config): Words {
  const { stderr, stdout } = process;
  let received = 0;
  let bytes: ByteCount | undefined;
  let attempt = '';
  function passed() {
    return { sent: connection.bytesAcknowledged, received };
  }
  const { ascii } = screenSettings({}, process.env, config);
  function status(): string {
    const text = bytes?.text(passed(), performance.now()) ?? attempt;
    return ascii ? asciiMarks(text) : text;
  }
  const canDraw = whyLines({}, process.env, config, process.platform) === undefined;
  // The bytes of the peer would stand in the middle of it.
  const line =
    stderr.isTTY && !stdout.isTTY && canDraw
      ? new LiveLine({ stream: stderr, text: status, atMostEveryMs: COUNT_MS, isMoving: true })
      : undefined;
  // A reader of stderr who does not read must not hold up the bytes.
  const outlet = new Outlet(stderr, { missing: omittedLine });
  const print = createPlainPrinter((text) => (line === undefined ? outlet.write(text) : line.write(text)), {
    command: 'pipe',
    terminal: stderr,
  });
  function tell(happening: Happening) {
    if (happening.event === 'attempt') {
      attempt = `attempt ${happening.n} of ${happening.of}`;
    } else if (happening.event === 'connected') {
      bytes = new ByteCount(performance.now());
    }
    return print({ v: 1, at: Date.now(), ...happening });
  }
  connection.on('happening', tell);
  connection.on('lost', (reason) => tell({ event: 'lost', reason, queued: 0 }));
  connection.on('resumed', (ms, _resentBytes, path) => tell({ event: 'resumed', ms, resent: 0, path }));
  return {
    count: () => connection.on('data', ({ length }: Uint8Array) => (received += length)),
    end: () => {
      line?.end();
      if (bytes !== undefined) {
        outlet.write(`* ${bytes.summary(passed(), performance.now())}\n`);
        bytes = undefined;
      }
    },
  };
}

/**
 * Resolves with the exit code when both directions have ended and the reader of
 * stdout has all, as `written` tells. Writes errors to stderr.
 */
function endOf(
  connection: Connection,
  stdin: Readable | undefined,
  written: Promise<void>,
  { interrupt, words }: { readonly interrupt: () => void; readonly words: Words },
): Promise<number> {
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
    written.catch((error: Error) => connection.destroy(unusable('stdout', error)));
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
      words.end();
      if (interrupted !== undefined) {
        resolve(interrupted);
        return;
      }
      const exit = failure === undefined ? 0 : tellFailure(failure);
      // A slow reader gets what has arrived.
      written.then(
        () => resolve(exit),
        (error: Error) => resolve(exit === 0 ? tellFailure(unusable('stdout', error)) : exit),
      );
    });
  });
}

/** Returns the exit code. */
function tellFailure(failure: unknown): number {
  const error = toPunchlineError(failure);
  // A reader who has enough is no news to the one who started it.
  if (error.code !== 'ERR_FILE' || errorCode(error.cause) !== 'EPIPE') {
    process.stderr.write(failureLines(error));
  }
  return error.exitCode;
}

function cutShort(): PunchlineError {
  return new PunchlineError('ERR_CONNECTION_LOST', 'the peer left before both directions had ended', {
    hint: 'What has arrived may be only a part: start again on both sides.',
  });
}

function unusable(stream: 'stdin' | 'stdout', cause: Error): PunchlineError {
  return new PunchlineError('ERR_FILE', `${stream} cannot be used any more: ${fileTrouble(cause)}`, {
    hint: isDiskFull(cause)
      ? 'Make room on that disk, or write to another one, and start again on both sides.'
      : 'What has passed through it may be only a part: start again on both sides.',
    cause,
  });
}
