/** One row for each way to the peer that is tried: its dials, its outcome and its time. */
import { isOfRounds } from '../../nat/candidate-kind.ts';
import { formatEndpoint } from '../../network/endpoint.ts';
import { safeText } from '../../text/safe-text.ts';
import type { Attempt, ChatState } from '../conversation/chat-state.ts';
import { type Line, type Piece, plain, styled } from '../text/line.ts';
import { padText, truncateText } from '../text/text-layout.ts';
import { countText, durationText } from '../text/wording.ts';
import { outcomeWords } from '../text/way-wording.ts';
import { type ConnectingView, lastedMs, runningText, turningMark } from './connecting-view.ts';

/** A way to the peer, in words. */
interface Way {
  readonly mark: 'running' | 'good' | 'bad' | 'due';
  /** The number of the round; empty for what is tried beside the rounds. */
  readonly round: string;
  readonly name: string;
  readonly where: string;
  readonly outcome: string;
  /** How long it has taken, or has been going on. */
  readonly time: string;
}

const NAME_COLUMNS = 21;
const WHERE_COLUMNS = 27;
const OUTCOME_COLUMNS = 10;
/** A narrower row has no room for the endpoint. */
const MIN_COLUMNS_FOR_WHERE = 75;

/** The ways since the match, in their order. */
export function wayLines(chat: ChatState, view: ConnectingView): readonly Line[] {
  return [...dialledWays(chat, view), ...relayWay(chat, view)].map((way) => wayLine(way, view));
}

function dialledWays({ attempts, connecting }: ChatState, view: ConnectingView): readonly Way[] {
  const matchedAt = connecting.matchedAt ?? 0;
  // An attempt may have begun a moment before the event of the match was told.
  const current = attempts.filter(({ startedAt }) => startedAt >= matchedAt - 1000);
  const hit = hitOf(current, connecting);
  const all = current.toReversed().map((attempt) => afterHit(attempt, hit));
  const rounds = all.filter(({ kind }) => isOfRounds(kind));
  const hosts = all.filter(({ kind }) => kind === 'host');
  const isVain = connecting.nats?.direct === 'no';
  const ports = all.filter(({ kind }) => kind === 'forwarded');
  return [
    ...rounds.map((attempt) => roundWay(attempt, isVain, view)),
    ...ports.map((attempt) => forwardedWay(attempt, view)),
    ...hostWay(hosts, view),
  ];
}

/** An attempt, as far as its outcome matters by now. */
type Told = Omit<Attempt, 'outcome'> & { readonly outcome: Attempt['outcome'] | 'unproven' | 'not needed' };

/** The connection that proves itself at the moment, and the attempt that it came of. */
interface Hit {
  readonly attempt: Attempt | undefined;
  readonly at: number;
}

/** The peer's dial may have come in before ours got through. Then the round that both play has led to it. */
function hitOf(latestFirst: readonly Attempt[], { proof }: ChatState['connecting']): Hit | undefined {
  if (proof === undefined || proof.path === 'relay') {
    return undefined;
  }
  const { remote, at } = proof;
  const near = latestFirst.filter(({ address }) => address === remote.address);
  const attempt =
    near.find(({ port, outcome }) => port === remote.port && outcome === 'connected') ??
    near.find(({ outcome }) => outcome === 'connected') ??
    near.find(({ kind, outcome }) => kind !== 'host' && outcome === 'started') ??
    // A peer on our own network dials from another port than it listens on.
    latestFirst.find(({ kind, outcome }) => kind === 'host' && outcome === 'started');
  return { attempt, at };
}

function afterHit(attempt: Attempt, hit: Hit | undefined): Told {
  const { outcome, startedAt, strategy } = attempt;
  if (outcome === 'connected') {
    // What connects has to prove itself. Classic has no code, and no strategies either.
    return attempt === hit?.attempt || strategy === undefined ? attempt : { ...attempt, outcome: 'unproven' };
  }
  if (hit === undefined || outcome !== 'started') {
    return attempt;
  }
  // The other dials go on until the connection has proven itself, but nobody waits for them.
  const isHit = attempt === hit.attempt;
  return { ...attempt, ms: Math.max(0, hit.at - startedAt), outcome: isHit ? 'connected' : 'not needed' };
}

function roundWay(attempt: Told, isVain: boolean, view: ConnectingView): Way {
  const way = { round: String(attempt.n), ...wayWords(attempt), ...outcomeOf(attempt, view) };
  // The rounds go on although the verdict is known.
  return isVain && attempt.outcome === 'started' ? { ...way, outcome: 'no chance' } : way;
}

/** What an attempt does, and where. */
export function wayWords(attempt: Omit<Attempt, 'outcome'>): Pick<Way, 'name' | 'where'> {
  const { strategy, kind, dials } = attempt;
  const endpoint = formatEndpoint(attempt);
  if (strategy === 'spray') {
    return kind === 'sprayed'
      ? { name: "guess the peer's port", where: `${grouped(dials)} random ports` }
      : { name: 'let the peer guess', where: `${grouped(dials)} ports of ours` };
  }
  const where = dials > 1 ? `${endpoint}, ${countText(dials, 'dial')}` : endpoint;
  if (strategy === 'predicted') {
    // If only our own NAT counts, the peer has to predict.
    return { name: kind === 'predicted' ? 'predict the next port' : 'let the peer predict', where };
  }
  return { name: 'straight across', where };
}

/** `1,024`. A plan has fewer than a million dials. */
function grouped(count: number): string {
  return String(count).replace(/(?<=^\d{1,3})(?=\d{3}$)/, ',');
}

/** The router of the peer maps a port to it. */
function forwardedWay(attempt: Told, view: ConnectingView): Way {
  return {
    round: '',
    name: "its router's port",
    where: formatEndpoint(attempt),
    ...outcomeOf(attempt, view),
  };
}

/** All dials on our own networks are one way. */
function hostWay(hosts: readonly Told[], view: ConnectingView): readonly Way[] {
  const [first] = hosts;
  if (first === undefined) {
    return [];
  }
  const telling =
    hosts.find(({ outcome }) => outcome === 'connected') ??
    hosts.find(({ outcome }) => outcome === 'started' || outcome === 'not needed') ??
    first;
  const where = hosts.length === 1 ? formatEndpoint(first) : countText(hosts.length, 'endpoint');
  return [{ round: '', name: 'on your own network', where, ...outcomeOf(telling, view) }];
}

function outcomeOf(
  { outcome, ms, startedAt, reason }: Told,
  view: ConnectingView,
): Pick<Way, 'mark' | 'outcome' | 'time'> {
  if (outcome === 'not needed') {
    return { mark: 'due', outcome, time: '' };
  }
  if (outcome === 'unproven') {
    return { mark: 'bad', outcome, time: durationText(ms) };
  }
  const words = outcomeWords[outcome];
  if (outcome === 'started') {
    const lasted = lastedMs(view, startedAt);
    return { mark: 'running', outcome: words, time: lasted === undefined ? '' : runningText(lasted) };
  }
  // What was given up for something better has not failed.
  const mark = outcome === 'connected' ? 'good' : outcome === 'abandoned' ? 'due' : 'bad';
  return reason === undefined || outcome === 'connected'
    ? { mark, outcome: words, time: durationText(ms) }
    : { mark, outcome: reason, time: '' };
}

function relayWay({ connecting, server, ended }: ChatState, view: ConnectingView): readonly Way[] {
  const { relay, relayAt, proof } = connecting;
  const way = { round: '', name: 'relay', where: safeText(server ?? ''), time: '' };
  if (relay?.state === 'refused') {
    return [{ ...way, mark: 'bad', outcome: `refused: ${safeText(relay.reason)}` }];
  }
  if (relay !== undefined) {
    const isThere = proof?.path === 'relay';
    return [{ ...way, mark: isThere ? 'good' : 'running', outcome: isThere ? 'connected' : 'asked' }];
  }
  // Something has answered if a connection proves itself.
  if (relayAt === undefined || ended !== undefined || proof !== undefined) {
    return [];
  }
  const outcome = view.reducedMotion ? '' : `in ${runningText(Math.max(0, relayAt - view.now))}`;
  return [{ ...way, mark: 'due', where: 'if nothing answers', outcome }];
}

function wayLine({ mark, round, name, where, outcome, time }: Way, view: ConnectingView): Line {
  const room = view.columns - 7;
  const lead: Line = [markOf(mark, view), styled('dim', ` ${round.padStart(2)}  `)];
  if (view.columns < NAME_COLUMNS + 2 * OUTCOME_COLUMNS) {
    return [...lead, plain(truncateText(`${name}: ${outcome} ${time}`.trimEnd(), room + 1))];
  }
  const place = view.columns < MIN_COLUMNS_FOR_WHERE ? '' : `${padText(where, WHERE_COLUMNS)}  `;
  const end = time === '' ? outcome : `${padText(outcome, OUTCOME_COLUMNS)} ${time}`;
  return [
    ...lead,
    plain(`${padText(name, NAME_COLUMNS)}  `),
    styled('dim', place),
    plain(truncateText(end, Math.max(1, room - NAME_COLUMNS - place.length))),
  ];
}

function markOf(mark: Way['mark'], view: ConnectingView): Piece {
  switch (mark) {
    case 'running': {
      return turningMark(view);
    }
    case 'good': {
      return styled('good', '✓');
    }
    case 'bad': {
      return styled('dim', '×');
    }
    case 'due': {
      return styled('dim', '·');
    }
  }
}
