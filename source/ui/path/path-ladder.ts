/**
 * The steps of a connection as a ladder. It shows what this side knows, and no
 * more: a dial without an answer ends before the peer's NAT, because nobody
 * here can tell how far it got.
 */
import type { AttemptEvent, Candidate, Endpoint, NatKind, Path } from '../../events.ts';
import type { Arrow, Ladder, Lane, Row } from '../../ladder/ladder.ts';
import { formatEndpoint } from '../../network/endpoint.ts';
import type { ChatState } from '../conversation/chat-state.ts';
import { nameText } from '../text/peer-name.ts';
import { countText, durationText, isEncrypted, placeNouns } from '../text/wording.ts';
import { forwardedText } from '../text/way-wording.ts';
import { foldRepeats } from './fold-repeats.ts';
import { elapsedText } from './step-text.ts';
import type { Step } from './timeline.ts';

/** After a longer pause, times count anew. */
const MAX_PAUSE_MS = 60_000;

type PathState = Pick<ChatState, 'timeline' | 'mapped' | 'candidates' | 'connection'>;

/** The ladder of all steps so far. */
export function pathLadder(state: PathState): Ladder {
  const parties = partiesOf(state);
  const rows = new PathRows(parties);
  state.timeline.forEach((step) => rows.add(step));
  return { lanes: parties.lanes, rows: foldRepeats(rows.rows) };
}

/** The lanes, and the number of each party's. Without a NAT of its own, a party's NAT has none. */
interface Parties {
  readonly lanes: readonly Lane[];
  readonly you: number;
  readonly yourNat: number | undefined;
  readonly rendezvous: number;
  readonly peerNat: number | undefined;
  readonly peer: number;
  readonly peerName: string;
}

function partiesOf({ timeline, mapped, candidates, connection }: PathState): Parties {
  const visit = timeline.findLast((step) => step.event === 'rendezvous');
  const local = timeline.findLast((step) => step.event === 'connected')?.local.address;
  const peerMapped = candidates.find(({ kind }) => kind === 'mapped')?.address;
  const peerOwn = candidates.flatMap(({ kind, address }) => (kind === 'host' ? [address] : []));
  const peerName = connection === undefined ? 'the peer' : nameText(connection.peerName);
  const nats = timeline.findLast((step) => step.event === 'nats');
  const own = natOf(nats?.own, mapped?.address, local === undefined ? [] : [local]);
  // A peer that tells none of its addresses may as well have no NAT that changes nothing.
  const isTold = peerOwn.length > 0 || nats?.peer !== 'endpoint-independent';
  const theirs = natOf(isTold ? nats?.peer : undefined, peerMapped, peerOwn);
  const isShared = own !== 'none' && peerMapped !== undefined && mapped?.address === peerMapped;
  const lanes: Lane[] = [{ label: 'you', ...(local !== undefined && { detail: local }) }];
  function add(label: string, detail: string | undefined): number {
    return lanes.push({ label, ...(detail !== undefined && { detail }) }) - 1;
  }
  const yourNat =
    own === 'none'
      ? undefined
      : add(`${isShared ? 'NAT of both' : 'your NAT'}${own === 'unknown' ? '?' : ''}`, mapped?.address);
  const rendezvous = add(placeNouns[visit?.place ?? 'rendezvous'], visit?.server);
  const peerNat = isShared
    ? yourNat
    : theirs === 'none'
      ? undefined
      : add(`${peerName}'s NAT${theirs === 'unknown' ? '?' : ''}`, peerMapped);
  const peer = add(peerName, undefined);
  return { lanes, you: 0, yourNat, rendezvous, peerNat, peer, peerName };
}

/**
 * Whether a NAT stands before a side that the outside sees at `mapped`: as the
 * connection says, or else as the side's own addresses of the same family tell.
 */
function natOf(
  kind: NatKind | undefined,
  mapped: string | undefined,
  own: readonly string[],
): 'there' | 'none' | 'unknown' {
  if (kind !== undefined && kind !== 'unknown') {
    return kind === 'none' ? 'none' : 'there';
  }
  if (mapped === undefined) {
    return 'unknown';
  }
  if (own.includes(mapped) || isLoopback(mapped)) {
    return 'none';
  }
  return own.some((address) => isIpv6(address) === isIpv6(mapped)) ? 'there' : 'unknown';
}

/** No NAT stands between two programs on one machine. */
function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

function isIpv6(address: string): boolean {
  return address.includes(':');
}

/** Collects rows, and completes those of dials when their outcome is known. */
class PathRows {
  readonly rows: Row[] = [];
  readonly #parties: Parties;
  /** When the section began, in ms since the epoch. */
  #since: number | undefined;
  /** Since when there has been a line. Undefined if no step tells, because it was too long ago. */
  #upSince: number | undefined;
  #lastAt = 0;
  #mapped: Endpoint | undefined;
  #peerMapped: Endpoint | undefined;
  #known: readonly Candidate[] = [];
  /** The rows of dials and visits to the rendezvous without an answer, by what they are about. */
  readonly #open = new Map<string, number>();
  /** Whether a dial of ours has connected in this section, and the row of the last such spray. */
  #hasConnected = false;
  #spray: number | undefined;
  #hasWaited = false;
  /** The row with which the search for the peer began, if the line may not be lost yet, and its time in ms since the epoch. */
  #search: { readonly row: number; readonly at: number } | undefined;

  constructor(parties: Parties) {
    this.#parties = parties;
  }

  add(step: Step): void {
    this.#beginSection(step);
    this.#lastAt = step.at;
    switch (step.event) {
      case 'rendezvous': {
        this.#addVisit(step);
        break;
      }
      case 'peer': {
        this.#addPeer(step);
        break;
      }
      case 'plan':
      case 'nats':
      case 'proof': {
        // The labels of the dials, the names of the lanes and the band of the connection say as much.
        break;
      }
      case 'forwarded': {
        this.#push(step.at, { kind: 'note', label: forwardedText(step) });
        break;
      }
      case 'attempt': {
        this.#addAttempt(step);
        break;
      }
      case 'relay': {
        const { you, rendezvous } = this.#parties;
        if (step.state === 'asked') {
          this.#arrow(step.at, { from: you, to: rendezvous, label: `asks for a relay: ${step.reason}` });
        } else {
          this.#arrow(step.at, { from: rendezvous, to: you, label: `no relay: ${step.reason}`, tone: 'bad' });
        }
        break;
      }
      case 'connected': {
        this.#addConnected(step);
        break;
      }
      case 'resumed': {
        const again = step.resent === 0 ? [] : [`${countText(step.resent, 'message')} sent again`];
        const back = `back after ${durationText(step.ms)}`;
        this.#band(step.at, [`TLS 1.3${wayOf(step.path)}`, back, ...again], 'good');
        break;
      }
      case 'path': {
        const where = `moved to ${step.path} ${formatEndpoint(step.remote)}`;
        this.#band(step.at, [`${where}: ${step.reason}`], 'good');
        break;
      }
      case 'lost': {
        // Its section tells it.
        break;
      }
      case 'error': {
        this.#push(step.at, { kind: 'note', label: step.message, tone: 'bad' });
        break;
      }
      default: {
        step satisfies never;
      }
    }
  }

  /** A loss begins a new section, and so does the first step after a long pause. */
  #beginSection(step: Step): void {
    if (this.#since === undefined) {
      this.#since = step.at;
      return;
    }
    const pauseMs = step.at - this.#lastAt;
    if (step.event !== 'lost' && pauseMs <= MAX_PAUSE_MS) {
      return;
    }
    if (step.event !== 'lost') {
      this.#since = step.at;
      this.#search = undefined;
      this.#push(step.at, { kind: 'section', label: `${elapsedText(pauseMs)} later` });
      return;
    }
    const after = this.#upSince === undefined ? '' : ` after ${elapsedText(step.at - this.#upSince)}`;
    this.#beginLoss(step.at, `line lost${after}: ${step.reason}`);
    this.#hasConnected = false;
    this.#spray = undefined;
    this.#upSince = undefined;
  }

  /** The search begins as soon as the line is suspect, and belongs to the loss. */
  #beginLoss(lostAt: number, label: string): void {
    const { row, at } = this.#search ?? { row: this.rows.length, at: lostAt };
    const earlierMs = at - (this.#since ?? at);
    const searched = this.rows.splice(row);
    if (this.rows.at(-1)?.kind === 'section') {
      // The pause before the search is told by the label.
      this.rows.pop();
    }
    this.#since = at;
    this.#search = undefined;
    this.#push(at, { kind: 'section', label, tone: 'bad' });
    const shift = this.rows.length - row;
    for (const one of searched) {
      this.rows.push({ ...one, at: Math.max(0, one.at - earlierMs) });
    }
    for (const [key, index] of this.#open) {
      if (index < row) {
        this.#open.delete(key);
      } else {
        this.#open.set(key, index + shift);
      }
    }
  }

  #addVisit({ at, state, mapped }: Extract<Step, { event: 'rendezvous' }>): void {
    const { you, rendezvous, peer, yourNat, peerNat } = this.#parties;
    this.#mapped = mapped ?? this.#mapped;
    if (state === 'connecting') {
      this.#known = [];
      this.#hasWaited = false;
      this.#arrow(at, {
        from: you,
        to: rendezvous,
        through: passing(yourNat),
        label: 'joins the room',
        end: 'open',
      });
      this.#open.set('rendezvous', this.rows.length - 1);
      this.#search ??= { row: this.rows.length - 1, at };
      return;
    }
    if (state === 'closed') {
      return;
    }
    this.#finish('rendezvous', { end: 'arrives' });
    if (state === 'waiting') {
      this.#hasWaited = true;
      const seen = mapped === undefined ? 'wait' : `you are at :${mapped.port}`;
      this.#arrow(at, { from: rendezvous, to: you, through: passing(yourNat), label: seen });
    } else if (this.#hasWaited) {
      this.#arrow(at, { from: peer, to: rendezvous, through: passing(peerNat), label: 'joins the room' });
    }
  }

  /** The first time the rendezvous tells where the peer is, and later the peer tells its own addresses. */
  #addPeer({ at, candidates }: Extract<Step, { event: 'peer' }>): void {
    const { you, rendezvous, peer, yourNat, peerNat, peerName } = this.#parties;
    const isFirst = this.#known.length === 0;
    const news = candidates.filter((one) => !this.#known.some((known) => isSame(known, one)));
    this.#known = candidates;
    const mapped = candidates.find(({ kind }) => kind === 'mapped');
    this.#peerMapped = mapped ?? this.#peerMapped;
    const [first, ...others] = news.filter(({ kind }) => kind !== 'mapped');
    if (isFirst) {
      const where = mapped === undefined ? 'here' : `at :${mapped.port}`;
      const told: Omit<Arrow, 'end'> = {
        from: rendezvous,
        to: you,
        through: passing(yourNat),
        label: `${peerName} is ${where}`,
      };
      const own = this.#mapped;
      this.#push(at, {
        kind: 'arrows',
        arrows: [
          { ...told, end: 'arrives' },
          ...(own === undefined
            ? []
            : [
                {
                  from: rendezvous,
                  to: peer,
                  through: passing(peerNat),
                  end: 'arrives',
                  label: `you are at :${own.port}`,
                } as const,
              ]),
        ],
      });
    }
    if (first !== undefined) {
      const more = others.length === 0 ? '' : ` and ${others.length} more`;
      this.#arrow(at, {
        from: peer,
        to: you,
        through: passing(peerNat, rendezvous, yourNat),
        label: `also at ${formatEndpoint(first)}${more}`,
      });
    }
  }

  #addAttempt(step: Extract<Step, { event: 'attempt' }>): void {
    const { you, peer, yourNat, peerNat } = this.#parties;
    const key = `${step.n} ${step.kind} ${formatEndpoint(step)}`;
    const isHost = step.kind === 'host';
    // Nobody tells us which packets come as far as the peer's NAT.
    const target = peerNat ?? peer;
    if (step.outcome === 'started' || !this.#open.has(key)) {
      this.#arrow(
        step.at - (step.outcome === 'started' ? 0 : step.ms),
        {
          from: you,
          to: target,
          ...(!isHost && { through: passing(yourNat) }),
          label: this.#dialText(step),
          end: 'open',
        },
        step.of > 1 && !isHost ? `round ${step.n}` : undefined,
      );
      this.#open.set(key, this.rows.length - 1);
    }
    const row = this.#open.get(key);
    switch (step.outcome) {
      case 'started': {
        break;
      }
      case 'connected': {
        this.#hasConnected = true;
        this.#spray = step.kind === 'sprayed' ? row : undefined;
        const through = isHost ? [] : passing(yourNat, peerNat);
        this.#finish(key, { end: 'arrives', to: peer, through, tone: 'good' });
        break;
      }
      case 'refused': {
        this.#finish(key, { end: 'turned' });
        const times = step.dials === undefined ? '' : `, ${step.dials} dials`;
        this.#arrow(step.at, {
          from: target,
          to: you,
          start: 'turned',
          ...(!isHost && { through: passing(yourNat) }),
          label: `refused${times}`,
        });
        break;
      }
      case 'timeout': {
        this.#finish(key, { end: 'unanswered' }, ', no answer');
        break;
      }
      case 'unreachable': {
        this.#finish(key, { end: 'unanswered' }, ', unreachable');
        break;
      }
      case 'abandoned': {
        this.#finish(key, {}, ', given up');
        break;
      }
      default: {
        step.outcome satisfies never;
      }
    }
  }

  /** A dial in words. Of an endpoint at the peer's mapped address, the port is enough. */
  #dialText({ kind, dials = 1, address, port }: AttemptEvent): string {
    const where = address === this.#peerMapped?.address ? `:${port}` : formatEndpoint({ address, port });
    if (kind === 'sprayed') {
      return `SYN to ${dials.toLocaleString('en')} ports`;
    }
    if (kind === 'predicted') {
      const others = dials === 1 ? '' : ` and ${countText(dials - 1, 'more port', 'more ports')}`;
      return `SYN to ${where} (guessed)${others}`;
    }
    const how = kind === 'forwarded' ? ' (mapped by its router)' : '';
    return dials === 1 ? `SYN to ${where}${how}` : `SYN from ${dials} ports to ${where}`;
  }

  #addConnected(step: Extract<Step, { event: 'connected' }>): void {
    const { you, peer, yourNat, peerNat, peerName } = this.#parties;
    const { at, remote, path } = step;
    if (this.#spray !== undefined && this.rows[this.#spray] !== undefined) {
      this.#change(this.#spray, {}, `, :${remote.port} opens`);
    }
    if (!this.#hasConnected && path !== 'relay' && step.here !== true) {
      const through = path === 'lan' ? [] : passing(peerNat, yourNat);
      this.#arrow(at, { from: peer, to: you, through, label: `SYN of ${peerName}`, tone: 'good' });
    }
    if (isEncrypted(step)) {
      const way = step.here === true ? ' over the same connection' : wayOf(path);
      this.#band(at, [`TLS 1.3${way}`, 'both proved the code'], 'good');
    } else {
      this.#band(at, ['TCP, NOT ENCRYPTED'], 'bad');
    }
  }

  #push(at: number, row: DistributiveOmit<Row, 'at'>): void {
    this.rows.push({ at: Math.max(0, at - (this.#since ?? at)), ...row });
  }

  #arrow(at: number, arrow: Omit<Arrow, 'end'> & { readonly end?: Arrow['end'] }, group?: string): void {
    const arrows = [{ end: 'arrives' as const, ...arrow }];
    this.#push(at, { kind: 'arrows', arrows, ...(group !== undefined && { group }) });
  }

  #band(at: number, texts: readonly string[], tone: 'good' | 'bad'): void {
    const { you, peer } = this.#parties;
    this.#upSince ??= at;
    this.#search = undefined;
    this.#push(at, { kind: 'band', from: you, to: peer, label: texts.join(' · '), tone });
  }

  /** Tells the outcome in the row of a dial or a visit. */
  #finish(key: string, change: Partial<Arrow>, words = ''): void {
    const index = this.#open.get(key);
    this.#open.delete(key);
    if (index !== undefined) {
      this.#change(index, change, words);
    }
  }

  #change(index: number, change: Partial<Arrow>, words: string): void {
    const row = this.rows[index];
    if (row?.kind === 'arrows') {
      const arrows = row.arrows.map((arrow) => ({ ...arrow, ...change, label: arrow.label + words }));
      this.rows[index] = { ...row, arrows };
    }
  }
}

type DistributiveOmit<Union, Key extends PropertyKey> = Union extends unknown ? Omit<Union, Key> : never;

function passing(...numbers: readonly (number | undefined)[]): number[] {
  return [...new Set(numbers)].filter((number) => number !== undefined);
}

function isSame(one: Candidate, other: Candidate): boolean {
  return one.address === other.address && one.port === other.port;
}

function wayOf(path: Path): string {
  return path === 'relay' ? ' by way of the rendezvous' : '';
}
