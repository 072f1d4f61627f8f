import type { Figure } from '../figure.ts';
import { forManyClients, residentBytes, smallNursery, startLoad, startRendezvous } from './programs.ts';

const CLIENTS = 10_000;
/** These clients load the code and grow the heap, which happens once and not for each client. */
const WARM_UP = 500;
/** The socket alone takes 5.5 KiB of Node's and V8's memory. */
const MAX_KIB = 10;

/** The server's memory for each waiting client. */
export async function waiting(): Promise<Figure[]> {
  const server = await startRendezvous(forManyClients, [smallNursery]);
  try {
    const warm = await startLoad(['wait', server.port, WARM_UP]);
    const before = residentBytes(server.pid);
    const load = await startLoad(['wait', server.port, CLIENTS]);
    const grown = residentBytes(server.pid) - before;
    await warm.stop();
    await load.stop();
    return [
      {
        name: `memory of a waiting client, of ${CLIENTS}, KiB`,
        value: grown / CLIENTS / 1024,
        atMost: MAX_KIB,
      },
    ];
  } finally {
    await server.stop();
  }
}
