/** Writes the evidence of a trial by hand: what two clients behind NATs did, packet by packet. */
import type { Fate, WatchedPacket, WatchEvent } from '../../../source/lab/watch/watch-events.ts';
import type { Evidence, Role, Side } from '../../../source/workshop/client-check/verdict/trial-evidence.ts';

const START = 1_800_000_000_000;
export const rendezvous = '50.0.0.2:8877';
/** The port from which each client meets the server. */
export const ports = { first: 4000, second: 5000 } as const;
const hosts = { first: 'alice', second: 'bob' } as const;
const inside = { first: '192.168.1.2', second: '192.168.2.2' } as const;
const outside = { first: '50.0.1.2', second: '50.0.2.2' } as const;
/** From host to host, and from the host to the server. */
const TRAVEL_MS = 40;

interface Sent {
  readonly from?: number;
  readonly to?: string;
  readonly fate?: Fate;
  readonly flags?: string;
  readonly seq?: number;
  readonly ack?: number;
  readonly length?: number;
}

interface DialStory extends Sent {
  /** Who answers: a listener or another dial accepts, the host or a router refuses. */
  readonly answer?: 'accepted' | 'refused by host' | 'refused by router';
  /** The port behind the NAT at which it arrives. */
  readonly arrivesAt?: number;
}

export function other(role: Role): Role {
  return role === 'first' ? 'second' : 'first';
}

export class TrialStory {
  readonly #packets: WatchedPacket[] = [];
  /** By so much, an outside port is higher than the inside one. */
  readonly #shift: number;
  #seq = 1000;
  constructor(shift = 0) {
    this.#shift = shift;
  }

  /** The endpoint that the server saw and named. */
  named(role: Role): string {
    return `${outside[role]}:${ports[role] + this.#shift}`;
  }

  /** Both meet the server and are told at the same time, unless the second is told later. */
  paired({ lateMs = 0 }: { readonly lateMs?: number } = {}): this {
    this.met('first', -2000).met('second', -1100);
    this.greeted('first', -1000, 7);
    return this.greeted('first', 0, 15).greeted('second', lateMs, 20);
  }

  met(role: Role, at: number): this {
    this.sends(role, at, { to: rendezvous });
    return this;
  }

  /** Words of the server reach a client. */
  greeted(role: Role, at: number, length: number, fate: Fate = { kind: 'delivered' }): this {
    this.#seq += 100;
    const sighting = { place: 'internet', side: 'outside', source: rendezvous } as const;
    this.#packets.push({
      ...this.#numbers({ flags: 'PA', length, fate }),
      at: START + at - TRAVEL_MS,
      from: 'rendezvous',
      to: hosts[role],
      sightings: [
        { ...sighting, way: 'in', at: START + at - TRAVEL_MS, target: this.named(role) },
        {
          ...sighting,
          place: `${hosts[role]}.router`,
          side: 'inside',
          way: 'out',
          at: START + at,
          target: `${inside[role]}:${ports[role]}`,
        },
      ],
    });
    return this;
  }

  /** A client dials, by default the endpoint that it was told, from the port that the server saw. */
  dials(role: Role, at: number, { answer, arrivesAt, ...sent }: DialStory = {}): this {
    const peer = other(role);
    const port = sent.from ?? ports[role];
    const fate: Fate =
      sent.fate ??
      (answer === 'refused by router'
        ? {
            kind: 'answered',
            place: `${hosts[peer]}.router`,
            by: 'rst',
            reason: 'nobody inside has contacted it',
          }
        : { kind: 'delivered' });
    const { seq } = this.sends(role, at, { ...sent, fate, arrivesAt });
    if (answer !== undefined) {
      const isRefused = answer !== 'accepted';
      this.#comesBack(role, at + 2 * TRAVEL_MS, {
        from: answer === 'refused by router' ? `${hosts[peer]}.router` : hosts[peer],
        flags: isRefused ? 'AR' : 'SA',
        ack: seq + 1,
        source: sent.to ?? this.named(peer),
        port,
      });
    }
    return this;
  }

  /** Bytes reach the other client. */
  says(role: Role, at: number, length: number): this {
    this.sends(role, at, { flags: 'PA', length });
    return this;
  }

  sends(
    role: Role,
    at: number,
    { arrivesAt, ...sent }: Sent & { arrivesAt?: number | undefined } = {},
  ): WatchedPacket {
    const peer = other(role);
    const port = sent.from ?? ports[role];
    const to = sent.to ?? this.named(peer);
    const source = `${inside[role]}:${port}`;
    const seen = `${outside[role]}:${port + this.#shift}`;
    const isThrough = (sent.fate?.kind ?? 'delivered') === 'delivered' && to !== rendezvous;
    const packet: WatchedPacket = {
      ...this.#numbers(sent),
      at: START + at,
      from: hosts[role],
      to: to === rendezvous ? 'rendezvous' : hosts[peer],
      sightings: [
        { at: START + at, place: `${hosts[role]}.router`, side: 'inside', way: 'in', source, target: to },
        {
          at: START + at + TRAVEL_MS,
          place: 'internet',
          side: 'outside',
          way: 'in',
          source: seen,
          target: to,
        },
        ...(isThrough
          ? [
              {
                at: START + at + TRAVEL_MS,
                place: `${hosts[peer]}.router`,
                side: 'inside' as const,
                way: 'out' as const,
                source: seen,
                target: `${inside[peer]}:${arrivesAt ?? ports[peer]}`,
              },
            ]
          : []),
      ],
    };
    this.#packets.push(packet);
    return packet;
  }

  /** What is known of the trial. By default, it ended with its last packet. */
  evidence(
    sides: Readonly<Partial<Record<Role, Partial<Side>>>> = {},
    endAt = Math.max(0, ...this.#packets.map(({ at }) => at - START)),
  ): Evidence {
    function side(role: Role): Side {
      return {
        role,
        host: hosts[role],
        program: 'client',
        stdout: '',
        stderr: '',
        end: undefined,
        listened: new Set([ports[role]]),
        ...sides[role],
      };
    }
    return {
      events: this.#packets satisfies WatchEvent[],
      endAt: START + endAt,
      rendezvous,
      first: side('first'),
      second: side('second'),
    };
  }

  #comesBack(
    role: Role,
    at: number,
    {
      ack,
      flags,
      from,
      port,
      source,
    }: { ack: number; flags: string; from: string; port: number; source: string },
  ): void {
    this.#packets.push({
      ...this.#numbers({ flags, ack, seq: 0 }),
      at: START + at - TRAVEL_MS,
      from,
      to: hosts[role],
      sightings: [
        {
          at: START + at,
          place: `${hosts[role]}.router`,
          side: 'inside',
          way: 'out',
          source,
          target: `${inside[role]}:${port}`,
        },
      ],
    });
  }

  #numbers({ ack = 0, fate = { kind: 'delivered' }, flags = 'S', length = 0, seq }: Sent) {
    this.#seq += 1000;
    return {
      v: 1,
      event: 'packet',
      id: this.#packets.length + 1,
      protocol: 'tcp',
      flags,
      seq: seq ?? this.#seq,
      ack,
      length,
      fate,
    } as const;
  }
}

export function ended(at: number, code: number): Side['end'] {
  return { at: START + at, code, signal: null };
}
