/** Reads from the packets of a trial what each of the two clients did. */
import type { WatchedPacket } from '../../../lab/watch/watch-events.ts';
import { roles, type Evidence, type Role } from './trial-evidence.ts';

/** One dial. SYNs that are sent again belong to the same one. */
export interface Dial {
  /** When its first SYN left. */
  readonly at: number;
  readonly from: number;
  /** The endpoint as the last place saw it that the SYN reached. */
  readonly seenFrom: string;
  readonly to: string;
  readonly syns: readonly WatchedPacket[];
  /** `refused` by RST or ICMP. `open`: no answer came. */
  readonly end: 'connected' | 'refused' | 'open';
  readonly endedAt: number | undefined;
}

/** A SYN that reached the host and that the host itself refused, because nothing listened. */
export interface UnheardSyn {
  readonly at: number;
  readonly port: number;
  readonly from: string;
}

export interface ClientFacts {
  readonly role: Role;
  readonly host: string;
  /** From which port it met the rendezvous, and the endpoint that the rendezvous saw. */
  readonly met: { readonly at: number; readonly port: number; readonly seen: string } | undefined;
  /** Bytes that it sent to the rendezvous. */
  readonly saidBytes: number;
  /** When the greeting that names the peer reached it. */
  readonly toldAt: number | undefined;
  /** When it ended its connection to the rendezvous, if that was before it was told. */
  readonly leftAt: number | undefined;
  /** Its dials to anybody but the rendezvous. */
  readonly dials: readonly Dial[];
  readonly unheard: readonly UnheardSyn[];
  /** All ports on which it listened at any time. */
  readonly listened: ReadonlySet<number>;
  /** Bytes that reached the other client. */
  readonly deliveredBytes: number;
}

export function portOf(endpoint: string): number {
  return Number(endpoint.slice(endpoint.lastIndexOf(':') + 1));
}

export function addressOf(endpoint: string): string {
  return endpoint.slice(0, endpoint.lastIndexOf(':'));
}

/** The facts of both clients. */
export function factsOf(evidence: Evidence): Readonly<Record<Role, ClientFacts>> {
  // A packet is told when its fate is known, and that may be later than that of another one.
  const packets = evidence.events
    .flatMap((event) => (event.event === 'packet' && event.protocol === 'tcp' ? [event] : []))
    .filter(({ at }) => at <= evidence.endAt)
    .toSorted((one, other) => one.at - other.at);
  const [first, second] = roles.map((role) => factsOfSide(packets, evidence, role));
  if (first === undefined || second === undefined) {
    throw new Error('there are two roles');
  }
  return { first, second };
}

function factsOfSide(packets: readonly WatchedPacket[], evidence: Evidence, role: Role): ClientFacts {
  const { rendezvous } = evidence;
  const { host, listened } = evidence[role];
  const other = evidence[role === 'first' ? 'second' : 'first'].host;
  const sent = packets.filter(({ from }) => from === host);
  const received = packets.filter((packet) => packet.to === host && isDelivered(packet));
  const toServer = sent.filter((packet) => targetOf(packet) === rendezvous);
  const greetings = withoutRepeats(
    received.filter((packet) => firstSource(packet) === rendezvous && packet.length > 0),
  );
  // The first is greeted twice: at once, and when the second has come.
  const told = greetings[role === 'first' ? 1 : 0];
  const toldAt = told === undefined ? undefined : arrivalOf(told);
  const meeting = toServer.find(({ flags }) => flags === 'S');
  const left = toServer.find(({ flags }) => /[FR]/.test(flags));
  return {
    role,
    host,
    met: meeting && { at: meeting.at, port: portOf(firstSource(meeting)), seen: lastSource(meeting) },
    saidBytes: bytesOf(toServer),
    toldAt,
    leftAt: left !== undefined && (toldAt === undefined || left.at < toldAt) ? left.at : undefined,
    dials: dialsOf(
      sent.filter((packet) => packet.flags === 'S' && targetOf(packet) !== rendezvous),
      received,
    ),
    unheard: unheardOf(received, sent),
    listened,
    deliveredBytes: bytesOf(sent.filter((packet) => packet.to === other && isDelivered(packet))),
  };
}

function dialsOf(syns: readonly WatchedPacket[], received: readonly WatchedPacket[]): Dial[] {
  const groups = Map.groupBy(syns, (syn) => `${firstSource(syn)} ${targetOf(syn)} ${syn.seq}`);
  return [...groups.values()].flatMap((same) => {
    const [syn] = same;
    if (syn === undefined) {
      return [];
    }
    // An answer to a SYN, and only that, acknowledges the number behind it (RFC 9293, 3.10.7.1).
    const answer = received.find(
      ({ ack, flags }) => ack === nextNumber(syn.seq) && (flags.includes('A') || flags.includes('R')),
    );
    const refusal = same.find(({ fate }) => fate.kind === 'answered');
    const isConnected = answer !== undefined && !answer.flags.includes('R');
    const endedAt = answer === undefined ? refusal?.at : arrivalOf(answer);
    return [
      {
        at: syn.at,
        from: portOf(firstSource(syn)),
        seenFrom: lastSource(syn),
        to: targetOf(syn),
        syns: same,
        end: isConnected ? 'connected' : endedAt === undefined ? 'open' : 'refused',
        endedAt,
      },
    ];
  });
}

function unheardOf(received: readonly WatchedPacket[], sent: readonly WatchedPacket[]): UnheardSyn[] {
  const refusals = sent.filter(({ flags }) => flags.includes('R'));
  return received
    .filter(({ flags }) => flags === 'S')
    .filter((syn) => refusals.some(({ ack }) => ack === nextNumber(syn.seq)))
    .map((syn) => ({ at: arrivalOf(syn), port: portOf(lastTarget(syn)), from: lastSource(syn) }));
}

/** Sequence numbers have 32 bits (RFC 9293, 3.4). A SYN counts as one. */
function nextNumber(seq: number): number {
  return (seq + 1) % 2 ** 32;
}

function withoutRepeats(packets: readonly WatchedPacket[]): WatchedPacket[] {
  return packets.filter(({ seq }, index) => packets.findIndex((packet) => packet.seq === seq) === index);
}

function isDelivered({ fate }: WatchedPacket): boolean {
  return fate.kind === 'delivered';
}

function bytesOf(packets: readonly WatchedPacket[]): number {
  return packets.reduce((sum, { length }) => sum + length, 0);
}

/** Behind its own router, before any translation. */
function firstSource({ sightings }: WatchedPacket): string {
  return sightings[0]?.source ?? '';
}

/** The endpoint that was dialled, before any translation. */
function targetOf({ sightings }: WatchedPacket): string {
  return sightings[0]?.target ?? '';
}

function lastSource({ sightings }: WatchedPacket): string {
  return sightings.at(-1)?.source ?? '';
}

function lastTarget({ sightings }: WatchedPacket): string {
  return sightings.at(-1)?.target ?? '';
}

/** The last sighting is at the router in front of the receiver. */
function arrivalOf({ at, sightings }: WatchedPacket): number {
  return sightings.at(-1)?.at ?? at;
}
