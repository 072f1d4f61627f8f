/** What a check may look at: what the lab has shown, what chats have told, and what the learner has typed. */
import type { WatchedLab, WatchedPacket, WatchedRow, WatchEvent } from '../../lab/watch/watch-events.ts';

/** An event of a chat, one line of `--json`. */
export interface ChatEvent {
  readonly event: string;
  readonly [field: string]: unknown;
}

/** What a learner predicts: one value, or one for each row or cell. */
export type Prediction = string | number | Readonly<Record<string, string>>;

export interface Evidence {
  /** All that the watched lab has told, in its order. */
  readonly lab: readonly WatchEvent[];
  /** By the host on which the chat ran. */
  readonly chats: Readonly<Record<string, readonly ChatEvent[]>>;
  readonly prediction: Prediction | undefined;
}

/** The packets in the order of their first sightings. */
export function packetsOf({ lab }: Evidence): readonly WatchedPacket[] {
  return lab
    .filter((event): event is WatchedPacket => event.event === 'packet')
    .toSorted((one, other) => one.at - other.at || one.id - other.id);
}

export function rowsOf({ lab }: Evidence): readonly WatchedRow[] {
  return lab.filter((event): event is WatchedRow => event.event === 'row');
}

export function placesOf({ lab }: Evidence): WatchedLab['places'] {
  return lab.find((event): event is WatchedLab => event.event === 'watch')?.places ?? [];
}

export interface Endpoint {
  readonly address: string;
  /** Undefined for ICMP, which has none. */
  readonly port: number | undefined;
}

/** Takes `192.168.1.2:4000`, `[2a00::2]:8877` or an address alone apart. */
export function parseSeenEndpoint(text: string): Endpoint {
  const [, bracketed, plain, port] = /^(?:\[(.*)\]|([^:]*)):(\d+)$/.exec(text) ?? [];
  const address = bracketed ?? plain;
  return address === undefined ? { address: text, port: undefined } : { address, port: Number(port) };
}
