import { hkdfSync } from 'node:crypto';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { PunchlineError } from '../../../errors.ts';
import type { Endpoint, Family } from '../../../events.ts';
import { FIRST_OWN_NUMBER } from '../../../protocol/rendezvous-messages.ts';
import {
  ProtocolBreach,
  type JoinOptions,
  type Match,
  type ObservedPort,
  type RoomRequest,
  type SentProbe,
  type SignalIn,
  type SignalOut,
  type Visit,
} from '../../place.ts';
import { MappedPort, observeByStun } from '../../stun/mapped-port.ts';
import { Inbox } from '../inbox.ts';
import { enterMailbox } from './enter-mailbox.ts';
import { MailboxClient, type PostedMessage } from './mailbox-client.ts';
import type { MailboxIdentity } from './mailbox-identity.ts';
import { transitRelay, transitToken } from './transit-relay.ts';
import { appId } from './wire/mailbox-messages.ts';
import { startInMs, type Found, type OwnEntry } from './wire/room-entrance.ts';
import { encodeBody, formatPhase, type RoomMessage } from './wire/room-messages.ts';
import { RoundMoments } from './wire/round-moments.ts';
import { TryReader, type Read } from './wire/try-reader.ts';

/** After so long a handshake answers a SYN that was sent again (RFC 6298). Its duration is not the round trip. */
const REPEATED_SYN_MS = 900;
/** Bounds the ping that measures the round trip instead. */
const FRESH_RTT_MS = 2000;
/** How much longer than the way through a proxy the STUN servers may take once more. */
const BESIDE_PROXY_MS = 100;
/** The program and the version of its protocol. Older servers want both to be texts. */
const clientVersion = ['punchline', '1'] as const;

/** Connects to the mailbox server. Rejects with a PunchlineError, or the signal's reason. */
export async function visitMailbox(identity: MailboxIdentity, signal: AbortSignal): Promise<Visit> {
  const { address, proxy, family, answerMs } = identity.options;
  const startedAt = performance.now();
  const over = new AbortController();
  const bound = Promise.withResolvers<undefined>();
  const port = new MappedPort({ servers: identity.stun, family, signal: over.signal }, bound.promise);
  try {
    const client = await MailboxClient.dial({
      url: address.mailbox,
      name: identity.name,
      proxy,
      family,
      answerMs,
      onBound: () => bound.resolve(undefined),
      signal,
    });
    // Beside a proxy, STUN servers may be out of reach. They are nearer than the mailbox, which takes several round trips.
    const patienceMs = proxy && performance.now() - startedAt + BESIDE_PROXY_MS;
    return new MailboxVisit(client, port, identity, { over, patienceMs });
  } catch (error) {
    over.abort();
    throw error;
  }
}

/** Has a new port observed by the STUN servers. */
export function observeForMailbox(
  identity: MailboxIdentity,
  signal: AbortSignal,
): Promise<ObservedPort | undefined> {
  return observeByStun({ servers: identity.stun, family: identity.options.family, signal });
}

class MailboxVisit implements Visit {
  readonly probePort = 0;
  readonly motd: string | undefined;
  readonly #client: MailboxClient;
  readonly #port: MappedPort;
  readonly #identity: MailboxIdentity;
  /** Ends what holds our mapping. */
  readonly #over: AbortController;
  /** How long the STUN servers are waited for, if not as long as usual. */
  readonly #patienceMs: number | undefined;
  readonly #inbox = new Inbox<SignalIn>();
  readonly #rounds = new RoundMoments();
  #side: string | undefined;
  /** What we have claimed and not released. */
  #nameplate: string | undefined;
  #mailbox = '';
  #isCodeRoom = false;
  #found: Found | undefined;
  #posted = 0;
  #isOver = false;

  constructor(
    client: MailboxClient,
    port: MappedPort,
    identity: MailboxIdentity,
    { over, patienceMs }: { readonly over: AbortController; readonly patienceMs: number | undefined },
  ) {
    // Once for a session, and again when it has changed.
    this.motd = client.motd === identity.motd ? undefined : client.motd;
    identity.motd = client.motd;
    this.#client = client;
    this.#port = port;
    this.#identity = identity;
    this.#over = over;
    this.#patienceMs = patienceMs;
  }

  get family(): Family {
    return this.#port.observed?.family ?? this.#client.family;
  }

  get local(): Endpoint {
    return this.#port.observed?.local ?? this.#client.local;
  }

  get remote(): Endpoint | undefined {
    return this.#client.remote;
  }

  async openRoom(signal: AbortSignal): Promise<number> {
    this.#bind(this.#identity.side);
    this.#client.send({ type: 'allocate' });
    const { nameplate } = await this.#client.answer('allocated', signal);
    const number = /^[1-9]\d*$/.test(nameplate) ? Number(nameplate) : Number.NaN;
    // From 1000 on are the codes that people choose themselves. Their roles are not those of a room that was opened.
    if (!(number < FIRST_OWN_NUMBER)) {
      throw new PunchlineError(
        'ERR_RENDEZVOUS_REFUSED',
        `the mailbox server ${this.#identity.name} has no room number below ${FIRST_OWN_NUMBER} left`,
        { hint: 'Try again later, or agree on a code of your own with --code.' },
      );
    }
    this.#identity.ownRoom = number;
    return number;
  }

  async join(room: RoomRequest, { onWaiting, signal }: JoinOptions): Promise<Match> {
    const client = this.#client;
    const entry = this.#entryOf(room);
    this.#isCodeRoom = 'number' in room;
    this.#bind(entry.side);
    const [mailbox] = await Promise.all([
      'number' in room ? this.#claim(room.number, signal) : sessionNames(room.room).mailbox,
      this.#port.known(this.#patienceMs),
      client.rttMs >= REPEATED_SYN_MS ? client.answers(FRESH_RTT_MS) : undefined,
    ]);
    signal.throwIfAborted();
    this.#mailbox = mailbox;
    const { rttMs } = client;
    const found = await enterMailbox({
      client,
      mailbox,
      entry,
      rttMs,
      mapped: () => this.#port.observed?.mapped,
      watchMapped: (onChange) => {
        this.#port.onChange = onChange;
      },
      nextCount: (earlier) => this.#identity.nextJoin(earlier),
      onWaiting: () => onWaiting(this.#port.observed?.mapped),
      isGuest: this.#isCodeRoom && entry.seat === 'a',
      signal,
    });
    this.#found = found;
    this.#read(entry, found);
    return this.#matchOf(found, rttMs);
  }

  answers(timeoutMs: number): Promise<boolean> {
    return this.#client.answers(timeoutMs);
  }

  send(message: SignalOut): void {
    if (message.t === 'seal') {
      this.#post({ t: 'seal', sealed: message.sealed });
      return;
    }
    const { n, probeToken } = message;
    const probe = probeToken === undefined ? {} : { probePort: Number(probeToken) };
    this.#post({ t: 'round', n, rttMs: this.#client.rttMs, ...probe });
  }

  receive(signal: AbortSignal): Promise<SignalIn> {
    return this.#inbox.take(signal);
  }

  async lateObservation(): Promise<ObservedPort | undefined> {
    return this.#port.observed;
  }

  async probeAnew(): Promise<SentProbe | undefined> {
    const observed = await this.#port.probe();
    return observed && { localPort: observed.local.port, token: String(observed.mapped.port) };
  }

  async relay(signal: AbortSignal): Promise<Socket | string> {
    const { transit, transitProxy: proxy, family, answerMs } = this.#identity.options;
    if (transit === undefined || this.#found === undefined) {
      return 'a mailbox server relays nothing; name a transit relay of magic-wormhole on both sides, with --transit';
    }
    const { nonceA, nonceB } = this.#found.try;
    const token = transitToken([nonceA, nonceB, Buffer.from(this.#mailbox)]);
    return transitRelay({ server: transit, proxy, token, family, answerMs, signal });
  }

  report(outcome: 'punched' | 'failed'): void {
    if (outcome === 'failed') {
      this.#leave();
    }
    this.#isOver = true;
    if (this.#isCodeRoom && this.#mailbox !== '') {
      this.#release();
      const mood = outcome === 'punched' ? 'happy' : this.#found === undefined ? 'lonely' : 'errory';
      // The room of a session is never closed: the server would throw it away under a side that has come back.
      this.#client.send({ type: 'close', mood });
    }
  }

  close(): void {
    this.#leave();
    this.#over.abort();
    this.#client.close();
  }

  destroy(): void {
    this.close();
    this.#client.destroy();
  }

  #bind(side: string): void {
    if (this.#side === undefined) {
      this.#side = side;
      this.#client.send({ type: 'bind', appid: appId, side, client_version: clientVersion });
    }
  }

  async #claim(number: number, signal: AbortSignal): Promise<string> {
    this.#nameplate = String(number);
    this.#client.send({ type: 'claim', nameplate: this.#nameplate });
    const { mailbox } = await this.#client.answer('claimed', signal);
    return mailbox;
  }

  #release(): void {
    if (this.#nameplate !== undefined) {
      this.#nameplate = undefined;
      this.#client.send({ type: 'release' });
    }
  }

  #entryOf(room: RoomRequest): OwnEntry {
    const { nonce } = room;
    if ('slot' in room) {
      const { sides } = sessionNames(room.room);
      const peerSide = sides[room.slot === 'a' ? 'b' : 'a'];
      return { side: sides[room.slot], seat: room.slot, nonce, share: undefined, peerSide };
    }
    const { number, share } = room;
    const { side, ownRoom } = this.#identity;
    const seat = number === ownRoom ? 'b' : number < FIRST_OWN_NUMBER ? 'a' : 'own';
    return { side, seat, nonce, share, peerSide: undefined };
  }

  #matchOf({ role, at, mapped: peerMapped, nonce, share, rttMs: peerRttMs }: Found, rttMs: number): Match {
    const refusal = peerMapped && this.#port.refusal(peerMapped, this.remote);
    if (refusal !== undefined) {
      throw new ProtocolBreach(
        'ERR_RENDEZVOUS_PROTOCOL',
        `the mailbox server ${this.#identity.name} says that the peer is at ${refusal}`,
        { hint: 'It is not honest, or your peer is not. Meet at another place.' },
      );
    }
    const now = performance.now();
    return {
      role,
      mapped: this.#port.observed?.mapped,
      peerMapped,
      isTold: true,
      spendsRoom: true,
      matchedAt: now,
      startInMs: startInMs({ at, rttMs, peerRttMs }, now),
      peer: { nonce, share },
    };
  }

  /** From the match on the mailbox is read for this try alone. */
  #read(own: OwnEntry, found: Found): void {
    const reader = new TryReader(own, found);
    const take = (posted: Omit<PostedMessage, 'type'>) => {
      for (const read of reader.read(posted)) {
        this.#take(read);
      }
    };
    this.#client.listen({ onPosted: take, onGone: (failure) => this.#inbox.end(failure) });
    for (const posted of found.early) {
      take(posted);
    }
  }

  #take({ from, message }: Read): void {
    if (message.t === 'round') {
      const start = this.#rounds.heard(from, message, performance.now());
      if (start !== undefined) {
        this.#inbox.put({ t: 'start', n: message.n, ...start });
      }
    } else if (from === 'peer' && message.t === 'seal') {
      // Both shares are in, and the peer knows it. From now on a third side is not crowded out by us, but finds an empty
      // room. The answer to an earlier release would hold back this seal (Nagle).
      this.#release();
      this.#inbox.put({ t: 'seal', sealed: message.sealed });
    } else if (from === 'peer' && message.t === 'leave') {
      this.#inbox.end(
        new PunchlineError('ERR_PEER_LEFT', 'the peer has left', {
          hint: 'Ask your peer to come again, and use a new code.',
        }),
      );
    }
  }

  #post(message: RoomMessage): void {
    const found = this.#found;
    if (found !== undefined) {
      const phase = formatPhase({ ...found.try, role: found.role, count: this.#count(found) });
      this.#client.send({ type: 'add', phase, body: encodeBody(message) });
    }
  }

  #count({ hasAnswered }: Found): number {
    this.#posted += 1;
    return this.#posted - (hasAnswered ? 0 : 1);
  }

  /** Tells the peer that nothing more comes of this try. */
  #leave(): void {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#post({ t: 'leave' });
      if (this.#found !== undefined) {
        this.#release();
      }
    }
  }
}

/** The mailbox of a session, and the names of its two sides there. Only the two peers can derive them. */
function sessionNames(room: Uint8Array) {
  function derive(purpose: string) {
    const bytes = hkdfSync('sha256', room, new Uint8Array(0), `punchline/1 mailbox ${purpose}`, 16);
    return Buffer.from(bytes).toString('hex');
  }
  return { mailbox: derive('room'), sides: { a: derive('side a'), b: derive('side b') } };
}
