import type { Family } from '../events.ts';
import type { RouterAnswer } from '../nat/doctor-report.ts';
import { addressClass, familyOf } from '../network/address.ts';
import { listen } from '../network/listen.ts';
import { mapPort } from '../network/port-mapping/map-port.ts';
import { anyAddress } from '../network/nat64/translation.ts';
import { ownAddresses } from '../network/sockets.ts';

interface LookOptions {
  /** Of the servers that look at us. No router is asked if none of them is outside this machine. */
  readonly servers: readonly string[];
  /** Default: both. Only IPv4 needs a mapped port. */
  readonly family?: Family | undefined;
  /** Ends the wait for the router. */
  readonly signal: AbortSignal;
}

/** Finds out whether our router maps a port for us, and gives it back at once. Does not reject. */
export async function lookAtRouter({ servers, family = 4, signal }: LookOptions): Promise<RouterAnswer> {
  const own = new Set(ownAddresses());
  const isOutside = servers.some(
    (one) => familyOf(one) === 4 && addressClass(one) !== 'loopback' && !own.has(one),
  );
  if (family === 6 || !isOutside) {
    return { mapped: false, reason: family === 6 ? 'not asked for' : 'there is none on the way' };
  }
  const listener = await listen({
    address: anyAddress(4),
    port: 0,
    family: 4,
    // Nobody is expected.
    onSocket: (socket) => socket.destroy(),
  }).catch(() => undefined);
  if (listener === undefined) {
    return { mapped: false, reason: 'this machine does not let us listen' };
  }
  try {
    const mapping = await mapPort({ internalPort: listener.endpoint.port, signal });
    if (typeof mapping === 'string') {
      const reason = signal.aborted ? 'the router takes too long to answer' : mapping;
      return { mapped: false, reason };
    }
    const { protocol, external } = mapping;
    await mapping.close();
    return { mapped: true, protocol, external };
  } finally {
    listener.close();
  }
}
