/**
 * Reads the lines of `nft monitor trace`, which tell how the rules of a router
 * treated a packet. Of all that, only the rule that dropped it matters here, and
 * its comment: the reason in words.
 */
import { cutReason } from '../../plan/cut.ts';
import { formatEndpoint } from '../../../network/endpoint.ts';

/** A packet that a rule dropped. Its endpoints are those with which it came in. */
export interface TracedDrop {
  readonly source: string;
  readonly target: string;
  /** The identification of IPv4, or the flow label of IPv6. */
  readonly label: number;
  readonly reason?: string;
  /** How the rule answered the packet, if it did. */
  readonly answer?: 'rst' | 'icmp';
}

/** Bounds the packets whose traces have begun. A trace is complete when the packet leaves, in microseconds. */
const MAX_BEGUN = 4096;

const linePattern =
  /^trace id (?<id>[\da-f]+) (?<chain>\w+ \S+ \S+) (?<kind>packet:|(?:unknown )?rule|policy) (?<rest>.*)$/;
const addressPattern = / ip6? saddr (?<source>\S+) ip6? daddr (?<target>\S+) /;
const labelPattern = / (?:ip id|ip6 flowlabel) (?<label>\d+) /;
const portPattern = / tcp sport (?<sport>\d+) tcp dport (?<dport>\d+) /;
const commentPattern = /comment "(?<comment>[^"]*)"/;

/** nft tells no more than the number of a rule that has come after it. Only a cut adds some. */
const laterReasons: ReadonlyMap<string, string> = new Map([['inet cut forward', cutReason]]);

export interface TraceReader {
  /** The packet that this line says was dropped, if it does. Lines that are not understood say nothing. */
  read(line: string): TracedDrop | undefined;
}

export function createTraceReader(): TraceReader {
  /** The packets by the ids of their traces, as they came in. */
  const begun = new Map<string, Omit<TracedDrop, 'reason' | 'answer'>>();
  return {
    read(line) {
      const { chain = '', id = '', kind = '', rest = '' } = linePattern.exec(line)?.groups ?? {};
      if (kind === 'packet:') {
        const packet = begun.has(id) ? undefined : packetOf(rest);
        if (packet !== undefined) {
          begun.set(id, packet);
          forgetOldest(begun);
        }
        return undefined;
      }
      const packet = begun.get(id);
      const isDrop = kind === 'policy' ? rest.startsWith('drop') : rest.includes('(verdict drop)');
      if (packet === undefined || !isDrop) {
        return undefined;
      }
      begun.delete(id);
      const reason = commentPattern.exec(rest)?.groups?.['comment'] ?? laterReasons.get(chain);
      return { ...packet, ...(reason !== undefined && { reason }), ...answerOf(rest) };
    },
  };
}

function packetOf(text: string): Omit<TracedDrop, 'reason' | 'answer'> | undefined {
  const addresses = addressPattern.exec(text)?.groups;
  const label = labelPattern.exec(text)?.groups?.['label'];
  const ports = portPattern.exec(text)?.groups;
  if (addresses === undefined || label === undefined || ports === undefined) {
    return undefined;
  }
  const { source = '', target = '' } = addresses;
  const { dport, sport } = ports;
  return {
    source: formatEndpoint({ address: source, port: Number(sport) }),
    target: formatEndpoint({ address: target, port: Number(dport) }),
    label: Number(label),
  };
}

/** `reject with tcp reset`. Without words, `reject` answers with ICMP. */
function answerOf(rule: string): Pick<TracedDrop, 'answer'> {
  if (!/\breject\b/.test(rule.replace(commentPattern, ''))) {
    return {};
  }
  return { answer: rule.includes('reject with tcp reset') ? 'rst' : 'icmp' };
}

function forgetOldest(begun: Map<string, unknown>): void {
  if (begun.size > MAX_BEGUN) {
    for (const id of begun.keys()) {
      begun.delete(id);
      return;
    }
  }
}
