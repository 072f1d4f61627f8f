/**
 * Says why a trial has failed: the first defect of a list that the facts show,
 * with the numbers that show it. It looks only at clients under test.
 */
import { safeText } from '../../../text/safe-text.ts';
import { addressOf, factsOf, portOf, type ClientFacts, type Dial } from './client-facts.ts';
import type { DefectName } from './defects.ts';
import { isPassed, roles, type Evidence, type Role, type Side } from './trial-evidence.ts';
import { packetLines, seconds } from './packet-lines.ts';

export interface Verdict {
  readonly defect: DefectName;
  /** Whose defect it is; null if it is not known. */
  readonly host: string | null;
  readonly role: Role | null;
  /** What shows it, in a sentence or two. */
  readonly evidence: string;
  /** The packets of both, for a defect without a name. */
  readonly lines: readonly string[];
}

/** What a test of one defect sees. */
interface Case {
  readonly own: ClientFacts;
  readonly peer: ClientFacts;
  readonly side: Side;
  /** Milliseconds from the moment at which the peer was named to the first of the two. */
  readonly since: (at: number) => string;
  /** When the trial ended. */
  readonly endAt: number;
}

/** Returns the evidence of a defect, or undefined if it is not there. */
type Look = (one: Case) => string | undefined;

/** A client that goes on trying dials again within this. */
const PATIENCE_MS = 3000;
/** So many refused dials show whether they have a period. */
const MIN_DIALS = 4;
/** The middle half of the gaps of a fixed period differs by less than this share of it. A busy machine makes them differ at all. */
const MAX_SPREAD = 0.15;
/** The last words of a program that are quoted. */
const MAX_QUOTED = 160;

const looks: readonly (readonly [DefectName, Look])[] = [
  ['never-met', neverMet],
  ['port-in-use', portInUse],
  ['spoke-first', spokeFirst],
  ['left-early', leftEarly],
  ['wrong-endpoint', wrongEndpoint],
  ['fresh-port', freshPort],
  ['outside-port', outsidePort],
  ['blocks', blocks],
  ['never-dialled', neverDialled],
  ['no-retry', noRetry],
  ['fixed-period', fixedPeriod],
  ['no-listener', noListener],
  ['unused-connection', unusedConnection],
  ['sent-nothing', sentNothing],
  ['printed-nothing', printedNothing],
  ['ended-early', endedEarly],
];

/** The verdict on a trial; undefined if it has passed. */
export function verdictOf(evidence: Evidence): Verdict | undefined {
  const facts = factsOf(evidence);
  // A client that has connected to itself prints its own words.
  if (isPassed(evidence) && facts.first.deliveredBytes > 0) {
    return undefined;
  }
  const zero = Math.min(facts.first.toldAt ?? Infinity, facts.second.toldAt ?? Infinity);
  const base = Number.isFinite(zero) ? zero : (evidence.events[0]?.at ?? 0);
  const cases = roles
    .filter((role) => evidence[role].program === 'client')
    .map((role): Case => ({
      own: facts[role],
      peer: facts[role === 'first' ? 'second' : 'first'],
      side: evidence[role],
      since: (at) => seconds(at - base),
      endAt: evidence.endAt,
    }));
  for (const [defect, look] of looks) {
    for (const one of cases) {
      const found = look(one);
      if (found !== undefined) {
        const { host, role } = one.own;
        return { defect, host, role, evidence: found, lines: [] };
      }
    }
  }
  return {
    defect: 'unknown',
    host: null,
    role: null,
    evidence: 'The packets show none of the usual defects.',
    lines: packetLines(evidence, base),
  };
}

function neverMet({ own, side }: Case): string | undefined {
  return own.met === undefined
    ? `No SYN to the server left ${own.host}. ${endOf(side)}${lastWords(side)}`
    : undefined;
}

function portInUse({ side }: Case): string | undefined {
  const isInUse = /EADDRINUSE|address (?:is )?already in use/i.test(`${side.stderr}\n${side.stdout}`);
  return isInUse ? `${endOf(side)}${lastWords(side)}` : undefined;
}

function spokeFirst({ own }: Case): string | undefined {
  return own.saidBytes > 0 && own.toldAt === undefined
    ? `${own.host} sent ${own.saidBytes} bytes to the server.`
    : undefined;
}

function leftEarly({ own, side, since }: Case): string | undefined {
  return own.leftAt !== undefined && own.toldAt === undefined
    ? `${own.host} ended its connection to the server at ${since(own.leftAt)}, before the peer was named. ${endOf(side)}${lastWords(side)}`
    : undefined;
}

function wrongEndpoint({ own, peer }: Case): string | undefined {
  const named = peer.met?.seen;
  const [dial] = own.dials;
  if (named === undefined || dial === undefined || own.dials.some(({ to }) => to === named)) {
    return undefined;
  }
  const [port, right] = [portOf(dial.to), portOf(named)];
  const isSwapped = addressOf(dial.to) === addressOf(named) && port === (right % 256) * 256 + (right >> 8);
  const why = isSwapped ? `: ${port} is ${right} with its two bytes swapped` : '';
  return `${own.host} dialled ${dial.to}, but the server named ${named}${why}.`;
}

function freshPort({ own, peer }: Case): string | undefined {
  const dials = dialsToPeer(own, peer);
  const [dial] = dials;
  const { met } = own;
  if (met === undefined || dial === undefined || dials.some(({ from }) => from === met.port)) {
    return undefined;
  }
  return `The SYN of ${own.host} left from port ${dial.from}, but ${own.host} met the rendezvous from port ${met.port}: not the same port. The rendezvous saw ${met.seen}, and named that to ${peer.host}.${fateOf(dial)}`;
}

function outsidePort({ own }: Case): string | undefined {
  const { met, listened } = own;
  if (met === undefined || listened.has(met.port)) {
    return undefined;
  }
  const outside = portOf(met.seen);
  return outside !== met.port && listened.has(outside)
    ? `${own.host} listened on port ${outside}, which is its port as the outside sees it. Behind its NAT, the port is ${met.port}, and there nothing listened.${unheardText(own)}`
    : undefined;
}

function blocks(one: Case): string | undefined {
  const { own, since } = one;
  const syn = unheardSyn(one);
  if (syn === undefined) {
    return undefined;
  }
  const dial = own.dials.find(
    ({ at, endedAt = Infinity, syns }) => at < syn.at && endedAt > syn.at && syns.length > 0,
  );
  return dial === undefined
    ? undefined
    : `A SYN of ${syn.from} reached port ${syn.port} of ${own.host} at ${since(syn.at)} and was refused, because nothing listened there: the dial of ${own.host} from port ${dial.from}, begun at ${since(dial.at)}, had no answer yet, and ${own.host} never listened.`;
}

function neverDialled({ own, peer, since }: Case): string | undefined {
  if (own.toldAt === undefined || own.dials.length > 0) {
    return undefined;
  }
  const stopped = peer.dials
    .flatMap(({ syns }) => syns)
    .find(({ fate }) => fate.kind === 'stopped' || fate.kind === 'answered');
  const shown =
    stopped === undefined || stopped.fate.kind === 'delivered'
      ? ''
      : ` The SYN of ${peer.host} ended at ${stopped.fate.place}.`;
  return `The server named the peer to ${own.host} at ${since(own.toldAt)}, and no SYN left ${own.host} after that.${shown}`;
}

function noRetry({ endAt, own, peer, side, since }: Case): string | undefined {
  const dials = dialsToPeer(own, peer);
  const last = dials.at(-1);
  if (last?.end !== 'refused' || last.endedAt === undefined) {
    return undefined;
  }
  if (isConnected(own, peer)) {
    return undefined;
  }
  const hasEnded = side.end !== undefined;
  const isWaiting = own.met !== undefined && own.listened.has(own.met.port);
  if (!hasEnded && (isWaiting || endAt - last.endedAt < PATIENCE_MS)) {
    return undefined;
  }
  // The second may leave the retries to the first, as long as it listens.
  const count = dials.length === 1 ? 'its only dial' : `the last of its ${dials.length} dials`;
  return `${own.host} was refused at ${since(last.endedAt)}, ${count}. ${endOf(side)}${lastWords(side)}`;
}

function fixedPeriod({ own, peer, since }: Case): string | undefined {
  const [dials, others] = [dialsToPeer(own, peer), dialsToPeer(peer, own)];
  const starts = dials.map(({ at }) => at);
  const gaps = starts.slice(1).map((at, index) => at - (starts[index] ?? at));
  if (dials.length < MIN_DIALS || dials.some(({ end }) => end !== 'refused') || others.length === 0) {
    return undefined;
  }
  const sorted = gaps.toSorted((one, other) => one - other);
  const period = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const [low = 0, high = 0] = [
    sorted[Math.floor(sorted.length / 4)],
    sorted[Math.ceil((sorted.length * 3) / 4) - 1],
  ];
  if (high - low > MAX_SPREAD * period) {
    return undefined;
  }
  const theirs = others.slice(0, MIN_DIALS).map(({ at }) => since(at));
  return `${own.host} dialled ${dials.length} times, one every ${seconds(period)}, and each dial was refused: at ${starts
    .slice(0, MIN_DIALS)
    .map((at) => since(at))
    .join(', ')} …. The dials of ${peer.host} left at ${theirs.join(', ')} …, so no two SYNs crossed.`;
}

function noListener(one: Case): string | undefined {
  const { own, since } = one;
  const syn = unheardSyn(one);
  return syn === undefined
    ? undefined
    : `A SYN of ${syn.from} reached port ${syn.port} of ${own.host} at ${since(syn.at)} and was refused, because ${own.host} never listened there.`;
}

function unusedConnection({ own, peer, since }: Case): string | undefined {
  const dial = dialsToPeer(own, peer).find(({ end }) => end === 'connected');
  return own.role === 'second' &&
    peer.deliveredBytes > 0 &&
    dial?.endedAt !== undefined &&
    own.met !== undefined &&
    own.listened.has(own.met.port)
    ? `The dial of ${own.host} from port ${dial.from} connected at ${since(dial.endedAt)}. ${peer.host} sent ${peer.deliveredBytes} bytes over it, and ${own.host} printed none of them. It listened on port ${own.met.port}.`
    : undefined;
}

function sentNothing({ own, peer, side }: Case): string | undefined {
  return own.role === 'first' && isConnected(own, peer) && own.deliveredBytes === 0
    ? `${own.host} was connected, and no byte of it reached ${peer.host}. ${endOf(side)}${lastWords(side)}`
    : undefined;
}

function printedNothing({ own, peer, side }: Case): string | undefined {
  return own.role === 'second' && peer.deliveredBytes > 0
    ? `${peer.deliveredBytes} bytes of ${peer.host} reached ${own.host}, and "Hello, world" is not in its output. ${endOf(side)}${lastWords(side)}`
    : undefined;
}

function endedEarly({ side, since }: Case): string | undefined {
  return side.end === undefined
    ? undefined
    : `${endOf(side)} That was ${since(side.end.at)} after the peer was named.${lastWords(side)}`;
}

/** The first SYN that came to the right port after the client knew its peer, where the client never listened. */
function unheardSyn({ own }: Case): ClientFacts['unheard'][number] | undefined {
  const { listened, met, toldAt, unheard } = own;
  if (met === undefined || toldAt === undefined || listened.has(met.port)) {
    return undefined;
  }
  return unheard.find(({ at, port }) => port === met.port && at > toldAt);
}

/** Whether a dial of one of the two has reached the other. */
function isConnected(own: ClientFacts, peer: ClientFacts): boolean {
  return [...dialsToPeer(own, peer), ...dialsToPeer(peer, own)].some(({ end }) => end === 'connected');
}

/** All dials to the endpoint that the server named. */
function dialsToPeer(own: ClientFacts, peer: ClientFacts): readonly Dial[] {
  return own.dials.filter(({ to }) => to === peer.met?.seen);
}

function unheardText({ host, unheard }: ClientFacts): string {
  const [syn] = unheard;
  return syn === undefined
    ? ''
    : ` A SYN of ${syn.from} reached port ${syn.port} of ${host} and was refused.`;
}

function fateOf({ seenFrom, syns }: Dial): string {
  const fate = syns[0]?.fate;
  switch (fate?.kind) {
    case 'stopped':
    case 'answered':
    case 'kept': {
      return ` The SYN came from ${seenFrom} and ended at ${fate.place}${fate.reason === undefined ? '' : ` (${safeText(fate.reason)})`}.`;
    }
    default: {
      return '';
    }
  }
}

function endOf({ end, host }: Side): string {
  if (end === undefined) {
    return `The client of ${host} was still running.`;
  }
  const how = end.signal === null ? `exit code ${end.code}` : end.signal;
  return `The client of ${host} ended with ${how}.`;
}

/** What a program said last, if it said anything. */
function lastWords({ stderr, stdout }: Side): string {
  const text = stderr.trim() === '' ? stdout : stderr;
  const line = text.trim().split('\n').at(-1) ?? '';
  return line === '' ? '' : ` It said: ${safeText(line.slice(0, MAX_QUOTED))}`;
}
