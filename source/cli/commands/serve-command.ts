import { Socket } from 'node:net';
import { pino, type DestinationStream } from 'pino';
import { formatJsonLine } from '../../text/json-line.ts';
import { serveSettings, type ServeArguments } from '../settings/serve-settings.ts';
import { serve } from '../../server/serve.ts';
import { Outlet } from '../../ui/lines/outlet.ts';

/** The exit codes of a shell for a signal: 128 and its number. */
const signals = { SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof signals;

/** Bounds the log that waits for room on its disk, in bytes. What comes after that is dropped. */
const MAX_WAITING_LOG = 1024 * 1024;
/** As pino writes `warn`. */
const LEVEL_WARN = 40;

/**
 * Runs a rendezvous until SIGINT or SIGTERM, drains it, and resolves with exit
 * code 0; a second signal ends it at once, with that signal's code. Throws
 * what `serve` throws.
 */
export async function runServe(args: ServeArguments): Promise<number> {
  const { logLevel, ...options } = serveSettings(args);
  const logger = pino({ level: logLevel, base: null }, logDestination(process.stderr));
  const server = await serve({ ...options, logger });
  const { port, probePort, metricsPort } = server;

  return new Promise((resolve, reject) => {
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
    process.stdout.write(
      process.stdout.isTTY
        ? `Rendezvous on port ${port}, probes on port ${probePort}. Ctrl-C drains and ends.\n`
        : formatJsonLine({ event: 'listening', port, probePort, metricsPort }),
    );
  });
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
