import { askProbePort } from './ask-probe-port.ts';
import type { Endpoint, Family } from '../events.ts';
import type { Observations } from '../nat/diagnosis.ts';
import type { Server } from '../network/endpoint.ts';
import { RENDEZVOUS_VERSION } from '../protocol/rendezvous-messages.ts';
import { answerOf } from '../connect/places/rendezvous/room.ts';
import { InboundPort, hairpin } from './inbound-port.ts';
import { secondAddress } from '../connect/places/rendezvous/probe.ts';
import { Rendezvous } from '../connect/places/rendezvous/rendezvous.ts';

const MAX_PORT = 65_535;
/** A blocked probe port does not answer. SYNs leave at 0 and 1 s, and this leaves time for the second answer. */
const PROBE_MS = 2500;

export interface ExamineOptions {
  readonly server: Server;
  /** Given if the server is reached at https: the host of its certificate. Then no probe port is guessed. */
  readonly secureAs?: string | undefined;
  readonly family: Family;
  /** The probe port of the server. Default: the one that it names, or the one after its own. */
  readonly probePort?: number | undefined;
  /** When it aborts, everything not seen yet stays unknown. */
  readonly signal: AbortSignal;
}

export interface Examined extends Observations {
  /** By the address at which it has answered. */
  readonly server: Server;
  readonly probePort: number;
}

/**
 * Looks at our NAT from outside, with two connections to a rendezvous. From the
 * port of the first one we dial all ports and addresses of the server, to see the
 * mapping. From the port of the second one we dial only one port of the server,
 * so that a dial from its other address comes from a stranger. Throws the errors
 * of `Rendezvous.dial`, or the error that the server sends instead of an answer.
 */
export async function examine(options: ExamineOptions): Promise<Examined> {
  const { family, secureAs, server, signal } = options;
  const over = new AbortController();
  const until = AbortSignal.any([signal, over.signal]);
  const guess = options.probePort ?? (secureAs === undefined ? server.port + 1 : 0);
  async function probeAt(to: Endpoint, localPort: number) {
    return to.port === 0 || to.port > MAX_PORT
      ? undefined
      : askProbePort({ to, localPort, patienceMs: PROBE_MS, signal: until });
  }
  const opened: Rendezvous[] = [];
  try {
    // Several addresses may be dialled, each from a port of its own.
    const beside = new Map<number, Promise<Endpoint | undefined>>();
    const first = await Rendezvous.dial({
      server,
      secureAs,
      family,
      signal,
      // As in a chat, the probe follows at once, so that a counting NAT assigns the next port to it.
      onBound: ({ host, localPort }) => {
        beside.set(localPort, probeAt({ address: host, port: guess }, localPort));
      },
    });
    opened.push(first);
    // Both connections have to reach the same server.
    const at = { host: first.remote.address, port: first.remote.port };
    let probing = beside.get(first.local.port) ?? Promise.resolve(undefined);
    first.send({ t: 'observe', v: RENDEZVOUS_VERSION });
    const [seen, second] = await Promise.all([
      answerOf(first, 'observed', signal),
      meetAgain({ server: at, secureAs, family, signal: until }),
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
    const firstPort = new InboundPort(first, mapped, until);
    const secondPort = second && new InboundPort(second.rendezvous, second.mapped, until);
    const hairpinning = secondPort && hairpin(firstPort, secondPort, until);
    // The dials bind in this turn of the event loop. Once something listens on their port, they could not.
    await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([firstPort.open(), secondPort?.open()]);
    const [atProbePort, atSecondAddress, arrived, fromPort, fromAddress] = await Promise.all([
      probing,
      probingOther,
      hairpinning,
      firstPort.dialledBack('port'),
      secondPort?.dialledBack('address') ?? ('unavailable' as const),
    ]);
    return {
      server: at,
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

/** A second connection, from another port to the same address. Undefined if it fails; then we see less. */
async function meetAgain(
  options: Omit<ExamineOptions, 'probePort'>,
): Promise<{ rendezvous: Rendezvous; mapped: Endpoint } | undefined> {
  const { signal } = options;
  const rendezvous = await Rendezvous.dial({ ...options, onBound: () => {} }).catch(() => undefined);
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
