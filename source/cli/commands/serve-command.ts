import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { pino, type DestinationStream } from 'pino';
import { PunchlineError } from '../../errors.ts';
import { formatJsonLine } from '../../text/json-line.ts';
import { serveSettings, type ServeArguments } from '../settings/serve-settings.ts';
import type { Log } from '../../server/log.ts';
import { createLogSentences, type LogRecord } from '../../server/log-sentences.ts';
import { serve, type Server } from '../../server/serve.ts';
import type { Certificate } from '../../server/web/certificate.ts';
import { fileTrouble } from '../../storage/file-trouble.ts';
import { quote } from '../../text/safe-text.ts';
import { fitFor } from '../../ui/lines/hanging-text.ts';
import { screenSettings, whyLines } from '../../ui/settings/screen-settings.ts';
import { LiveLine } from '../../ui/terminal/live-line.ts';
import { isTerminalGone } from '../../ui/terminal/terminal-gone.ts';
import { asciiMarks } from '../../ui/text/ascii-marks.ts';
import { Outlet } from '../../ui/lines/outlet.ts';

/** The exit codes of a shell for a signal: 128 and its number. */
const signals = { SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof signals;

/** Bounds the log that waits for room on its disk, in bytes. What comes after that is dropped. */
const MAX_WAITING_LOG = 1024 * 1024;
/** As pino writes `warn` and `info`. */
const LEVEL_WARN = 40;
const LEVEL_INFO = 30;

/** How often the line with the numbers is drawn. */
const NUMBERS_MS = 400;

/**
 * Runs a rendezvous until SIGINT or SIGTERM, drains it, and resolves with exit
 * code 0; a second signal ends it at once, with that signal's code. Throws
 * what `serve` throws.
 */
export async function runServe(args: ServeArguments): Promise<number> {
  const { logLevel, certificateFiles, ...options } = serveSettings(args);
  const { stderr, stdout } = process;
  const watch = stderr.isTTY ? watchOnTerminal(stderr, logLevel) : undefined;
  const logger = watch?.logger ?? pino({ level: logLevel, base: null }, logDestination(stderr));
  const certificate = certificateFiles && readCertificate(certificateFiles);
  const server = await serve({ ...options, certificate, logger });
  const stopReading = certificateFiles && readAgainOnHup(certificateFiles, server, logger);
  const { port, probePort, metricsPort } = server;

  return new Promise<number>((resolve, reject) => {
    let isDraining = false;
    function end(exit: number) {
      for (const signal of Object.keys(signals)) {
        process.off(signal, onSignal);
      }
      resolve(exit);
    }
    function onSignal(signal: Signal) {
      if (isDraining) {
        server.destroy();
        end(signals[signal]);
        return;
      }
      isDraining = true;
      server.close().then(() => end(0), reject);
    }
    for (const signal of Object.keys(signals)) {
      process.on(signal, onSignal);
    }
    // Comes last, because a reader may send a signal at once.
    stdout.write(
      stdout.isTTY
        ? `Rendezvous on port ${port}, probes on port ${probePort}. Ctrl-C drains and ends.\n`
        : formatJsonLine({ event: 'listening', port, probePort, metricsPort }),
    );
    watch?.show(server);
  }).finally(() => {
    stopReading?.();
    watch?.end();
  });
}

/** Where a certificate with its chain is, and the key that belongs to it. */
interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** Throws ERR_PERMISSION, which names the file that cannot be read. */
function readCertificate({ certFile, keyFile }: CertificateFiles): Certificate {
  return { cert: read('--tls-cert', certFile), key: read('--tls-key', keyFile) };
}

function read(option: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    throw new PunchlineError(
      'ERR_PERMISSION',
      `${option} ${quote(path)} cannot be read: ${fileTrouble(cause)}`,
      {
        hint: 'Name a PEM file that the user of this process may read.',
        cause,
      },
    );
  }
}

/**
 * Reads the certificate again on SIGHUP. One that cannot be used is told of, and the last one stays. A terminal that goes
 * away sends the same signal, and then the process ends by it, as it does without a certificate.
 */
function readAgainOnHup(files: CertificateFiles, server: Server, log: Log): () => void {
  function stop() {
    process.off('SIGHUP', onHup);
  }
  function onHup() {
    if ([process.stdin, process.stdout, process.stderr].some(isTerminalGone)) {
      stop();
      process.kill(process.pid, 'SIGHUP');
      return;
    }
    try {
      server.useCertificate(readCertificate(files));
      log.info('the certificate was read again');
    } catch (error) {
      if (!(error instanceof PunchlineError)) {
        throw error;
      }
      log.error({ reason: error.message }, 'the last certificate stays in use');
    }
  }
  process.on('SIGHUP', onHup);
  return stop;
}

interface Watch {
  readonly logger: Log;
  /** Shows the numbers of this server, too. */
  readonly show: (server: Server) => void;
  readonly end: () => void;
}

/** Tells an operator in sentences what happens, above one line with the numbers of now. */
function watchOnTerminal(stderr: NodeJS.WriteStream, logLevel: string): Watch {
  const { ascii } = screenSettings({}, process.env, {});
  const canDraw = whyLines({}, process.env, {}, process.platform) === undefined;
  const sentences = createLogSentences(ascii ? '<->' : '⇄');
  const lowest = pino.levels.values[logLevel] ?? Number.POSITIVE_INFINITY;
  let line: LiveLine | undefined;
  let matched = 0;
  function write(lines: string) {
    const fitted = lines === '' ? '' : fitFor(stderr, lines.slice(0, -1));
    if (fitted === '') {
      return;
    }
    if (line === undefined) {
      stderr.write(`${fitted}\n`);
    } else {
      line.write(`${fitted}\n`);
    }
  }
  function take(json: string) {
    const record = JSON.parse(json) as LogRecord;
    if (record.msg === 'match' || record.msg === 'classic pair') {
      matched += 1;
    }
    // The first line says it already.
    if (record.level >= lowest && record.msg !== 'listening') {
      write(sentences.tell(record));
    }
  }
  // The matches are counted even if they are not told.
  const level = lowest > LEVEL_INFO ? 'info' : logLevel;
  return {
    logger: pino({ level, base: null }, { write: take }),
    show: (server) => {
      if (!canDraw) {
        return;
      }
      function numbers(): string {
        const { classicWaiting, relays, waiting } = server.counts();
        const text = `${waiting + classicWaiting} waiting · ${relays} relayed · ${matched} matched`;
        return ascii ? asciiMarks(text) : text;
      }
      line = new LiveLine({ stream: stderr, text: numbers, atMostEveryMs: NUMBERS_MS, isMoving: true });
    },
    end: () => {
      write(lowest <= LEVEL_INFO ? sentences.end(Date.now()) : '');
      line?.end();
    },
  };
}

/** Whatever becomes of the log, the service goes on. */
function logDestination(stderr: NodeJS.WriteStream & { readonly fd: 2 }): DestinationStream {
  if (stderr instanceof Socket && !stderr.isTTY) {
    // Whoever reads this pipe may stop reading, as a pager does.
    const outlet = new Outlet(stderr, {
      missing: (lines) =>
        formatJsonLine({
          level: LEVEL_WARN,
          time: Date.now(),
          lines,
          msg: 'lines dropped, because nobody read',
        }),
    });
    return { write: (line) => outlet.write(line) };
  }
  // Synchronous: no line is lost at the end, and no worker is needed.
  const destination = pino.destination({ fd: stderr.fd, sync: true, maxLength: MAX_WAITING_LOG });
  // The disk may be full. The next line tries again.
  destination.on('error', () => undefined);
  return destination;
}
