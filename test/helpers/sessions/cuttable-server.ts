import type { Limits } from '../../../source/server/limits.ts';
import { startCuttableLine } from '../servers/cuttable-line.ts';
import { TestServer } from '../servers/rendezvous-server.ts';

/** A rendezvous behind a connection that can be cut. If two peers use only the relay, all their data passes here. */
export async function startCuttableServer(limits: Partial<Limits> = {}) {
  const server = await TestServer.start({}, limits);
  const { address, ...line } = await startCuttableLine(server.port);
  return {
    /** Reached without the connection that can be cut. */
    server,
    /** Options for connect(). */
    options: {
      server: address,
      code: { number: 4711, words: ['velvet', 'orbit'] as const },
      relay: 'always' as const,
    },
    ...line,
  };
}
