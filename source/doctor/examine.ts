import type { Endpoint, Family } from '../events.ts';
import { addressClass, canonicalAddress, familyOf } from '../network/address.ts';
import type { Observations } from '../nat/diagnosis.ts';
import type { Server } from '../network/endpoint.ts';
import { RENDEZVOUS_VERSION } from '../protocol/rendezvous-messages.ts';
import { answerOf } from '../connect/rendezvous/room.ts';
import { InboundPort, hairpin } from './inbound-port.ts';
import { probe } from '../connect/rendezvous/probe.ts';
import { Rendezvous } from '../connect/rendezvous/rendezvous.ts';

const MAX_PORT = 65_535;
/** A probe port that is blocked shows by silence: SYNs leave at 0 and 1 s, and the second may still be answered. */
const PROBE_MS = 2500;
export interface ExamineOptions {
  /** An address, not a name: both connections are to meet the same server. */
  readonly server: Server;
  readonly family: Family;
  /** Where the server listens for probes; by default where it says, or the port after its own. */
  readonly probePort?: number | undefined;
  /** What is not seen when it is aborted stays unseen. */
  readonly signal: AbortSignal;
}

export interface Examined extends Observations {
  readonly server: Server;
  readonly probePort: number;
}

/**
 * Looks at our NAT from outside, over two connections to a rendezvous. The
 * first one's port meets all that the server has, for the mapping; the second
 * one's meets nothing but one port of the server: what dials it from another
 * address comes from a stranger. Throws what `Rendezvous.dial` throws, or what
 * the server says instead of an answer.
 */
export async function examine(options: ExamineOptions): Promise<Examined> {
  const { family, server, signal } = options;
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const guess = options.probePort ?? server.port + 1;
  async function probeAt(to: Endpoint, localPort: number) {
    return to.port > MAX_PORT
      ? undefined
      : probe({ to, family, localPort, patienceMs: PROBE_MS, signal: until });
  }
  const opened: Rendezvous[] = [];
  try {
    let probing: Promise<Endpoint | undefined> = Promise.resolve(undefined);
    const first = await Rendezvous.dial({
      server,
      family,
      signal,
      // As in a chat: what a counting NAT gives to the next destination is then the next port.
      onBound: ({ host, localPort }) => {
        probing = probeAt({ address: host, port: guess }, localPort);
      },
    });
    opened.push(first);
    first.send({ t: 'observe', v: RENDEZVOUS_VERSION });
    const [seen, second] = await Promise.all([
      answerOf(first, 'observed', signal),
      meetAgain(options, until),
    ]);
    if (second !== undefined) {
      opened.push(second.rendezvous);
    }
    const probePort = options.probePort ?? seen.probe ?? guess;
    if (probePort !== guess) {
      probing = probeAt({ ...first.remote, port: probePort }, first.local.port);
    }
    const other = secondAddress(seen.probeHost, first);
    const probingOther =
      other === undefined ? undefined : probeAt({ address: other, port: probePort }, first.local.port);

    const mapped: Endpoint = { address: seen.you.address, port: seen.you.port };
    const firstDoor = new InboundPort(first, mapped, until);
    const secondDoor = second && new InboundPort(second.rendezvous, second.mapped, until);
    const returning = secondDoor && hairpin(firstDoor, secondDoor, until);
    // The dials bind in this turn; once something listens on their port, they could not.
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([firstDoor.open(), secondDoor?.open()]);
    const [atProbePort, atSecondAddress, arrived, fromPort, fromAddress] = await Promise.all([
      probing,
      probingOther,
      returning,
      firstDoor.dialledBack('port'),
      secondDoor?.dialledBack('address') ?? ('unavailable' as const),
    ]);
    return {
      server,
      family,
      roundTripMs: Math.round(first.rttMs * 10) / 10,
      first: { local: first.local, mapped },
      second: second && { local: second.rendezvous.local, mapped: second.mapped },
      atProbePort,
      atSecondAddress,
      hairpin: arrived,
      fromPort,
      fromAddress,
      probePort,
    };
  } finally {
    over.abort();
    for (const rendezvous of opened) {
      rendezvous.close();
    }
  }
}

/** From another port, to the same address. Without it less is seen. */
async function meetAgain(
  { server, family }: ExamineOptions,
  signal: AbortSignal,
): Promise<{ rendezvous: Rendezvous; mapped: Endpoint } | undefined> {
  const rendezvous = await Rendezvous.dial({ server, family, signal, onBound: () => {} }).catch(
    () => undefined,
  );
  if (rendezvous === undefined) {
    return undefined;
  }
  try {
    rendezvous.send({ t: 'observe', v: RENDEZVOUS_VERSION });
    const { you } = await answerOf(rendezvous, 'observed', signal);
    return { rendezvous, mapped: { address: you.address, port: you.port } };
  } catch {
    rendezvous.close();
    return undefined;
  }
}

/** Where the server can be probed, too; nothing that is not as far away as the server itself. */
function secondAddress(named: string | undefined, { remote, family }: Rendezvous): string | undefined {
  if (named === undefined) {
    return undefined;
  }
  const address = canonicalAddress(named);
  return familyOf(address) === family && address !== remote.address && isAsFar(address, remote)
    ? address
    : undefined;
}

function isAsFar(address: string, remote: Endpoint): boolean {
  return addressClass(address) === addressClass(remote.address);
}
