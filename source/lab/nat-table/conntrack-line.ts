/**
 * Reads what `conntrack -o extended,id` prints: a connection a line. `conntrack -L`
 * lists the connections, and `conntrack -E -o extended,timestamp,id` tells when one
 * comes, changes or goes. Both forms are read.
 */

/** The endpoints of one direction, as a packet in that direction has them before the router translates it. */
export interface Flow {
  readonly source: ConnectionEnd;
  readonly target: ConnectionEnd;
}

interface ConnectionEnd {
  readonly address: string;
  /** Null for a protocol without ports. */
  readonly port: number | null;
}

/** A connection that a router knows. */
export interface Connection {
  /** Null if the line is of a list. */
  readonly change: 'new' | 'changed' | 'gone' | null;
  /** Milliseconds since the epoch; null if the line is of a list. */
  readonly at: number | null;
  /** The kernel's number for it. Another connection may get it later. */
  readonly id: string;
  readonly protocol: string;
  /** Of TCP: `SYN_SENT`, `SYN_SENT2`, `SYN_RECV`, `ESTABLISHED` and so on. */
  readonly state: string | null;
  /** Null of a connection that is gone. */
  readonly secondsLeft: number | null;
  /** The direction of the first packet, and the answers to it. */
  readonly original: Flow;
  readonly reply: Flow;
  readonly isReplied: boolean;
  /** Connection tracking has zones, which know nothing of each other. */
  readonly zone: number;
}

/** Bounds a line. The longest that conntrack prints, with IPv6 and all its words, has about 400 characters. */
const MAX_LINE_LENGTH = 2000;

const changes = { NEW: 'new', UPDATE: 'changed', DESTROY: 'gone' } as const;

/** The words in front of the endpoints: time, change, family, protocol, seconds left, state. */
const headPattern =
  /^\s*(?:\[(?<at>\d+\.\d+)\]\s*)?(?:\[(?<change>NEW|UPDATE|DESTROY)\]\s*)?(?:ipv[46]\s+\d+\s+)?(?<protocol>[a-z0-9]+)\s+\d+\s+(?:(?<seconds>\d+)\s+)?(?:(?<state>[A-Z][A-Z0-9_]*)\s+)?(?=src=)/;

/** Reads a line; undefined if it is none of a connection. */
export function parseConntrackLine(line: string): Connection | undefined {
  if (line.length > MAX_LINE_LENGTH) {
    return undefined;
  }
  const head = headPattern.exec(line);
  const words = head === null ? [] : line.slice(head[0].length).split(/\s+/);
  const { at, change, protocol, seconds, state } = head?.groups ?? {};
  const [original, reply] = flowsOf(words);
  // A ping has an `id` of its own, in front of that of the connection.
  const id = valuesOf(words, 'id').at(-1);
  if (protocol === undefined || original === undefined || reply === undefined || id === undefined) {
    return undefined;
  }
  return {
    change: change === undefined ? null : changes[change as keyof typeof changes],
    at: at === undefined ? null : Number(at) * 1000,
    id,
    protocol,
    state: state ?? null,
    secondsLeft: seconds === undefined ? null : Number(seconds),
    original,
    reply,
    isReplied: !words.includes('[UNREPLIED]'),
    zone: Number(valuesOf(words, 'zone')[0] ?? 0),
  };
}

/** All connections of a list, in its order. */
export function parseConntrackList(text: string): Connection[] {
  return text.split('\n').flatMap((line) => parseConntrackLine(line) ?? []);
}

/** The first endpoints are those of the original direction, the second those of the answers. */
function flowsOf(words: readonly string[]): Flow[] {
  const sources = valuesOf(words, 'src');
  const targets = valuesOf(words, 'dst');
  const sourcePorts = valuesOf(words, 'sport');
  const targetPorts = valuesOf(words, 'dport');
  return sources.slice(0, 2).flatMap((source, index) => {
    const target = targets[index];
    return target === undefined
      ? []
      : [
          {
            source: { address: source, port: portOf(sourcePorts[index]) },
            target: { address: target, port: portOf(targetPorts[index]) },
          },
        ];
  });
}

function portOf(text: string | undefined): number | null {
  return text === undefined ? null : Number(text);
}

function valuesOf(words: readonly string[], key: string): string[] {
  const start = `${key}=`;
  return words.filter((word) => word.startsWith(start)).map((word) => word.slice(start.length));
}
