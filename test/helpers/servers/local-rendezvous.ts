import { onTestFinished } from 'vitest';
import { serve } from '../../../source/server/serve.ts';

export interface LocalRendezvous {
  readonly port: number;
  readonly probePort: number;
  /** The options of a client for this server: `--server` and `--probe-port`. */
  readonly options: readonly string[];
}

/**
 * A rendezvous in this process, on free ports of the loopback. It takes a tenth of
 * the time of `punchline serve`, whose options and log it does not have. It ends
 * with the test.
 */
export async function openRendezvous(): Promise<LocalRendezvous> {
  const server = await serve({ port: 0, host: '127.0.0.1' });
  onTestFinished(() => server.destroy());
  const { port, probePort } = server;
  return { port, probePort, options: clientOptions(port, probePort) };
}

export function clientOptions(port: number, probePort: number): readonly string[] {
  return ['--server', `127.0.0.1:${port}`, '--probe-port', String(probePort)];
}
