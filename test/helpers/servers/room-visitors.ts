/** Connections to a matchmaker that take random steps. */
import * as fc from 'fast-check';
import { ProtocolError } from '../../../source/errors.ts';
import { defaultLimits, type Limits } from '../../../source/server/limits.ts';
import { sharesOf } from '../../../source/server/admission/shares.ts';
import type { Comer, Joiner, SeatEvent } from '../../../source/server/rooms/matchmaker.ts';
import type { ContractSpace, Person } from './contract-spaces.ts';

/** Low limits, so that a short run reaches them. */
export const tightLimits: Limits = { ...defaultLimits, maxRearms: 1, numbersPerAddress: 2 };

const CONNECTIONS = 5;
/** Fewer than connections, so that two of these may be of one client: the newer one replaces the older. */
const CLIENTS = 3;

export interface Step {
  readonly who: number;
  readonly does:
    | 'open'
    | 'join'
    | 'resume'
    | 'update'
    | 'candidate'
    | 'round'
    | 'done'
    | 'leave'
    | 'burn'
    | 'wait';
  /** The room of an agreed code, the one that was opened last or before that, or one that nobody has opened. */
  readonly room: 'agreed' | 'last' | 'before' | 'unknown';
  readonly token: 'none' | 'right' | 'wrong';
  readonly slot: 'a' | 'b';
  readonly ms: number;
}

/** Most steps are joins, and most joins are for a room in which somebody may wait. `waits` are in milliseconds. */
export function stepsOf(waits: readonly number[], length: number): fc.Arbitrary<readonly Step[]> {
  const step = fc.record<Step>({
    // A failing run is made simpler towards the first of each: a wait.
    does: fc.constantFrom(
      ...(['wait', 'open', 'open', 'join', 'join', 'join', 'join', 'join', 'join', 'join'] as const),
      ...(['resume', 'resume', 'update', 'candidate', 'round', 'done', 'leave', 'burn', 'burn'] as const),
    ),
    who: fc.nat(CONNECTIONS - 1),
    room: fc.constantFrom(...(['agreed', 'agreed', 'last', 'last', 'last', 'before', 'unknown'] as const)),
    token: fc.constantFrom(...(['none', 'none', 'none', 'none', 'right', 'wrong'] as const)),
    slot: fc.constantFrom('a', 'b'),
    ms: fc.constantFrom(...waits),
  });
  return fc.array(step, { minLength: length, maxLength: length });
}

type Matched = Extract<SeatEvent, { kind: 'matched' }>;

/** A match, as one of its two clients was told of it. */
export interface SeenMatch extends Matched {
  /** The room of its request, which its own nonce identifies. */
  readonly room: string;
}

interface Visitor {
  readonly client: string;
  person: Person;
  /** How many of its events `look` has returned. */
  seen: number;
  /** The nonce of its last request. */
  nonce: string;
  /** It has asked for a room since the last look. A client waits for an answer before it asks again. */
  isAsking: boolean;
  match: SeenMatch | undefined;
  isDone: boolean;
}

/** Some connections. One that has ended is followed by another. */
export class RoomVisitors {
  /** All matches that anybody was told of. */
  readonly matches: SeenMatch[] = [];
  readonly #space: ContractSpace;
  readonly #visitors: readonly Visitor[];
  readonly #opened: { readonly number: number; readonly token: string }[] = [];
  readonly #sessions: string[] = [];
  /** The room of each request, by its nonce. */
  readonly #rooms = new Map<string, string>();
  #requests = 0;

  constructor(space: ContractSpace) {
    this.#space = space;
    this.#visitors = Array.from({ length: CONNECTIONS }, (_, who) => ({
      client: `client-${who % CLIENTS}`,
      person: this.#arrive(who),
      seen: 0,
      nonce: '',
      isAsking: false,
      match: undefined,
      isDone: false,
    }));
  }

  /** Returns the message of a ProtocolError that was thrown, or nothing. */
  do(step: Step): string {
    const visitor = this.#visitorAt(step.who);
    const { seat } = visitor.person;
    if (visitor.isAsking && ['open', 'join', 'resume'].includes(step.does)) {
      return '';
    }
    switch (step.does) {
      case 'open':
        this.#request(visitor, '');
        seat.open(visitor.client);
        break;
      case 'join':
        this.#join(visitor, step);
        break;
      case 'resume':
        this.#request(visitor, 'session');
        seat.resume('session', step.slot, this.#comer(visitor));
        break;
      case 'update':
        seat.update({ address: '192.0.2.7', port: 10_000 + (this.#requests += 1) });
        break;
      case 'candidate':
        return thrown(() => seat.send({ t: 'candidate', sealed: `of ${visitor.client}` }));
      case 'round':
        return thrown(() => seat.send({ t: 'round', n: 2, rttMs: step.who, probePort: undefined }));
      case 'done':
        visitor.isDone = true;
        seat.done();
        break;
      case 'leave':
        this.#comeAgain(visitor);
        break;
      case 'burn':
        // After a wrong guess, a guest leaves without `done`.
        if (visitor.match?.role === 'a') {
          this.#comeAgain(visitor);
        }
        break;
      case 'wait':
        break;
    }
    return '';
  }

  /** What each was told since the last look. A client that was refused comes again from a new connection. */
  look(): readonly (readonly string[])[] {
    const news = this.#visitors.map((visitor) => {
      const events = visitor.person.all.slice(visitor.seen);
      visitor.seen += events.length;
      visitor.isAsking = false;
      for (const event of events) {
        this.#see(visitor, event);
      }
      return { visitor, events };
    });
    return news.map(({ visitor, events }) => {
      if (events.some(({ kind }) => kind === 'refused' || kind === 'retry')) {
        this.#comeAgain(visitor);
      }
      return events.map((event) => this.#shown(event));
    });
  }

  /** The matches that have not ended, as far as their clients know. */
  get underWay(): readonly SeenMatch[] {
    return this.#visitors.flatMap(({ match, isDone }) => (match === undefined || isDone ? [] : match));
  }

  leave(): void {
    for (const { person } of this.#visitors) {
      person.seat.leave();
    }
  }

  #join(visitor: Visitor, { room, token }: Step): void {
    const opened = room === 'last' ? this.#opened.at(-1) : this.#opened.at(-2);
    const number = { agreed: 5000, unknown: 700, last: opened?.number, before: opened?.number }[room] ?? 1;
    this.#request(visitor, `number ${number}`);
    const joiner: Joiner = {
      ...this.#comer(visitor),
      share: `share-${this.#requests}`,
      number,
      token: { none: undefined, wrong: `token-of-${visitor.client}`, right: opened?.token }[token],
    };
    visitor.person.seat.join(joiner);
  }

  #request(visitor: Visitor, room: string): void {
    visitor.nonce = `nonce-${(this.#requests += 1)}`;
    this.#rooms.set(visitor.nonce, room);
    visitor.isAsking = true;
    visitor.match = undefined;
    visitor.isDone = false;
  }

  #comer({ client, nonce }: Visitor): Comer {
    return {
      client,
      mapped: { address: '192.0.2.7', port: this.#requests },
      nonce,
      nat: undefined,
      rttMs: 20,
    };
  }

  #arrive(who: number): Person {
    return this.#space.arrive(sharesOf(`192.0.2.${who % 2}`));
  }

  #comeAgain(visitor: Visitor): void {
    visitor.person.seat.leave();
    visitor.person = this.#arrive(this.#visitors.indexOf(visitor));
    visitor.seen = 0;
    visitor.isAsking = false;
    visitor.match = undefined;
    visitor.isDone = false;
  }

  #see(visitor: Visitor, event: SeatEvent): void {
    if (event.kind === 'opened') {
      this.#opened.push(event);
    } else if (event.kind === 'matched') {
      const match = { ...event, room: this.#rooms.get(event.own.nonce) ?? '' };
      this.matches.push(match);
      // Otherwise it has asked for another room meanwhile.
      if (event.own.nonce === visitor.nonce) {
        visitor.match = match;
      }
    }
  }

  /** An event as text. It is equal for two matchmakers that do the same: it contains no random session and no token. */
  #shown(event: SeatEvent): string {
    switch (event.kind) {
      case 'opened':
        return `opened ${event.number}`;
      case 'matched': {
        const { role, own, peer, session } = event;
        if (!this.#sessions.includes(session)) {
          this.#sessions.push(session);
        }
        return JSON.stringify({ matched: this.#sessions.indexOf(session), role, own, peer });
      }
      case 'retry':
        return 'retry';
      case 'waiting':
      case 'message':
      case 'refused':
        return JSON.stringify(event);
    }
  }

  #visitorAt(who: number): Visitor {
    const visitor = this.#visitors[who];
    if (visitor === undefined) {
      throw new Error('nobody of that number');
    }
    return visitor;
  }
}

function thrown(run: () => void): string {
  try {
    run();
    return '';
  } catch (error) {
    if (error instanceof ProtocolError) {
      return error.message;
    }
    throw error;
  }
}
