import { pino } from 'pino';
import { formatJsonLine } from '../../text/json-line.ts';
import { serveSettings, type ServeArguments } from '../settings/serve-settings.ts';
import { serve } from '../../server/serve.ts';

/** The exit codes of a shell for a signal: 128 and its number. */
const signals = { SIGINT: 130, SIGTERM: 143 } as const;
type Signal = keyof typeof signals;

/** Bounds the log that waits for room on its disk, in bytes. What comes after that is dropped. */
const MAX_WAITING_LOG = 1024 * 1024;

/**
 * Runs a rendezvous until SIGINT or SIGTERM, drains it, and resolves with exit
 * code 0; a second signal ends it at once, with that signal's code. Throws
 * what `serve` throws.
 */
export async function runServe(args: ServeArguments): Promise<number> {
  const { logLevel, ...options } = serveSettings(args);
  // Synchronous: no line is lost at the end, and no worker is needed.
  const destination = pino.destination({ fd: 2, sync: true, maxLength: MAX_WAITING_LOG });
  // A log that cannot be written, on a full disk for example, must not end the service. The next line tries again.
  destination.on('error', () => undefined);
  const logger = pino({ level: logLevel, base: null }, destination);
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
