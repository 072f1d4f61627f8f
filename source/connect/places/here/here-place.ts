import type { Socket } from 'node:net';
import { PunchlineError } from '../../../errors.ts';
import type { Endpoint, Family } from '../../../events.ts';
import type { Server } from '../../../network/endpoint.ts';
import { monitorNetwork } from '../../../network/network-monitor.ts';
import { anyAddress } from '../../../network/nat64/translation.ts';
import { pause } from '../../../network/waiting.ts';
import type { PlaceAddress } from '../../../protocol/place-address.ts';
import {
  FIRST_OWN_NUMBER,
  type ClientMessage,
  type ServerMessage,
} from '../../../protocol/rendezvous-messages.ts';
import type {
  JoinOptions,
  Match,
  ObservedPort,
  Place,
  RoomRequest,
  SentProbe,
  SignalIn,
  SignalOut,
  Visit,
} from '../../place.ts';
import { Inbox } from '../inbox.ts';
import { base64url, joinRoom, openRoom, type RoomConnection } from '../rendezvous/room.ts';
import { serverError } from '../rendezvous/server-failure.ts';
import { announce, type AnnounceOptions } from '../local/announce.ts';
import { SEARCH_MS } from '../local/announcement-id.ts';
import { firewallHint } from './firewall-hint.ts';
import type { HostEntry, HostServer, StartHost } from './host-server.ts';
import { findReach } from './reach-here.ts';
import { RouterPorts } from './router-ports.ts';

export interface HerePlaceOptions {
  readonly start: StartHost;
  /** 0: any free one. */
  readonly port: number;
  readonly families: readonly Family[];
  /** Whether the local network may reach it. */
  readonly lan: boolean;
  /** Whether it is announced there. */
  readonly announced: boolean;
  /** Under which id, as long as we look for other hosts, too. Afterwards, and without it, we only wait. */
  readonly id?: string | undefined;
  /** Whether the router may be asked to map the port. */
  readonly portMapping: boolean;
  /** The STUN servers that tell the address of a router that forwards the port by hand. Undefined: nobody is asked. */
  readonly stun?: readonly Server[] | undefined;
  readonly answerMs: number;
}

const placeName = 'this machine';

/** This machine as a place: the rendezvous runs inside this program, until the session is over. */
export class HerePlace implements Place {
  readonly kind = 'here';
  readonly name = placeName;
  readonly options: HerePlaceOptions;
  readonly #over = new AbortController();
  #started: Promise<HostServer> | undefined;
  #announced: AbortController | undefined;
  #hasMet = false;
  #id: string | undefined;
  #hint: string | undefined;
  #addresses: readonly Server[] = [];
  #look: (() => Promise<void>) | undefined;
  #isLooking = false;
  #isStale = false;
  #onMoved: (mapped: Endpoint) => void = () => undefined;
  #mapped: Endpoint = { address: anyAddress(4), port: 0 };

  constructor(options: HerePlaceOptions) {
    this.options = options;
    this.#id = options.id;
  }

  get addresses(): readonly PlaceAddress[] {
    return this.#addresses;
  }

  get hint(): string | undefined {
    return this.#hint;
  }

  /** Lets the local network know of this place, as long as a guest may come. */
  announce(number: number, port: number): void {
    const { announced, lan, families } = this.options;
    if (announced && lan && this.#announced === undefined) {
      this.#announced = new AbortController();
      void this.#tell({
        number,
        port,
        families,
        // A number that was just drawn is known to nobody.
        unasked: number >= FIRST_OWN_NUMBER,
        signal: AbortSignal.any([this.#announced.signal, this.#over.signal]),
      });
    }
  }

  async #tell(options: AnnounceOptions): Promise<void> {
    const { signal } = options;
    const id = this.#id;
    if (id !== undefined) {
      const looking = new AbortController();
      const told = announce({ ...options, id, signal: AbortSignal.any([signal, looking.signal]) });
      await pause(SEARCH_MS, signal);
      looking.abort();
      await told;
    }
    await announce(options);
  }

  /** Calls back when the addresses have changed, until the returned function is called. */
  watch(onMoved: (mapped: Endpoint) => void): () => void {
    this.#onMoved = onMoved;
    return () => {
      this.#onMoved = () => undefined;
    };
  }

  /** The peer was met, here or elsewhere. From now on we look for nobody, and a guest is announced only while it is awaited. */
  settled(): void {
    this.#hasMet = true;
    this.#id = undefined;
    this.left();
  }

  /** Nobody waits here any more. Before the first guest has come, we are about to come back. */
  left(): void {
    if (this.#hasMet) {
      this.#announced?.abort();
      this.#announced = undefined;
    }
  }

  /** The endpoint by which others know this place best. */
  get mapped(): Endpoint {
    return this.#mapped;
  }

  async visit(signal: AbortSignal): Promise<Visit> {
    this.#started ??= this.#start();
    const server = await this.#started;
    signal.throwIfAborted();
    return new HereVisit(this, server);
  }

  close(): void {
    this.#over.abort();
  }

  /** Nobody outside tells the host how it is seen. */
  async observePort(): Promise<ObservedPort | undefined> {
    return undefined;
  }

  async #start(): Promise<HostServer> {
    const { start, port, families, lan, portMapping, stun } = this.options;
    const { signal } = this.#over;
    const [only] = families.length === 1 ? families : [];
    const server = await start({ port, host: only && anyAddress(only) });
    signal.addEventListener('abort', () => server.close(), { once: true });
    if (signal.aborted) {
      server.close();
      signal.throwIfAborted();
    }
    const router = new RouterPorts({
      port: server.port,
      onChange: () => void this.#lookAgain(),
      signal,
    });
    this.#look = async () => {
      const [{ servers, own, hint }, firewall] = await Promise.all([
        findReach({
          port: server.port,
          families,
          lan,
          portMapping,
          stun,
          router,
          told: this.#addresses,
          signal,
        }),
        firewallHint(server.port),
      ]);
      const hasMoved = own !== this.#mapped.address;
      this.#mapped = { address: own, port: server.port };
      this.#hint = [hint, firewall].filter(Boolean).join('. ') || undefined;
      const isGood = isKept(this.#addresses, servers);
      if (!isGood) {
        this.#addresses = servers;
      }
      if (hasMoved || !isGood) {
        this.#onMoved(this.#mapped);
      }
    };
    const stopWatching = monitorNetwork(() => void this.#lookAgain());
    signal.addEventListener('abort', stopWatching, { once: true });
    this.#isLooking = true;
    await this.#look();
    this.#isLooking = false;
    if (this.#isStale) {
      void this.#lookAgain();
    }
    return server;
  }

  /** The addresses of this machine have changed, or the port of its router. */
  async #lookAgain(): Promise<void> {
    this.#isStale = true;
    if (this.#isLooking) {
      return;
    }
    this.#isLooking = true;
    while (this.#isStale && !this.#over.signal.aborted) {
      this.#isStale = false;
      try {
        await this.#look?.();
      } catch (error) {
        // There is no network at the moment. The next one is a change again.
        if (!(error instanceof PunchlineError) && !this.#over.signal.aborted) {
          throw error;
        }
      }
    }
    this.#isLooking = false;
  }
}

/** Whether an invite with the addresses `told` still leads here, and no place is known that it should have named. */
function isKept(told: readonly Server[], now: readonly Server[]): boolean {
  return told.length === 0
    ? now.length === 0
    : told.every(({ host, port }) => now.some((one) => one.host === host && one.port === port));
}

/** The host's side of one meeting. Nothing leaves this program but what the server says to the guest. */
class HereVisit implements Visit {
  readonly family: Family;
  readonly local: Endpoint;
  readonly remote: Endpoint;
  readonly probePort = 0;
  readonly #place: HerePlace;
  readonly #line: HostLine;
  readonly #port: number;

  constructor(place: HerePlace, server: HostServer) {
    this.#place = place;
    this.#line = new HostLine(server);
    this.#port = server.port;
    this.local = place.mapped;
    // The guest comes from outside, so it is never offered the loopback addresses of this machine.
    this.remote = place.mapped;
    this.family = place.mapped.address.includes(':') ? 6 : 4;
  }

  async openRoom(signal: AbortSignal): Promise<number> {
    const { number } = await openRoom(this.#line, this.#roomOptions(signal));
    // Before anybody is told the number, so that no question comes too early. The server holds a guest until we join.
    this.#place.announce(number, this.#port);
    return number;
  }

  async join(room: RoomRequest, { onWaiting, onMoved, signal }: JoinOptions): Promise<Match> {
    if ('number' in room) {
      this.#place.announce(room.number, this.#port);
    }
    const stopWatching = this.#place.watch((mapped) => onMoved?.(mapped));
    try {
      const match = await joinRoom(this.#line, room, {
        ...this.#roomOptions(signal),
        // The server knows by itself that the room is the host's.
        token: undefined,
        onWaiting: () => onWaiting(this.#place.mapped),
      });
      return { ...match, mapped: this.#place.mapped };
    } finally {
      stopWatching();
    }
  }

  #roomOptions(signal: AbortSignal) {
    return { client: '', answerMs: this.#place.options.answerMs, signal };
  }

  async answers(): Promise<boolean> {
    return true;
  }

  send(message: SignalOut): void {
    if (message.t === 'seal') {
      const { sealed, unopened } = message;
      this.#line.send({ t: 'candidate', sealed: base64url(sealed), ...(unopened && { unopened }) });
    }
  }

  async receive(signal: AbortSignal): Promise<SignalIn> {
    for (;;) {
      const message = await this.#line.receive(signal);
      if (message.t === 'candidate') {
        return { t: 'seal', sealed: Buffer.from(message.sealed, 'base64url') };
      }
    }
  }

  async lateObservation(): Promise<ObservedPort | undefined> {
    return undefined;
  }

  async probeAnew(): Promise<SentProbe | undefined> {
    return undefined;
  }

  /** The guest's own connection. */
  relay(signal: AbortSignal): Promise<Socket | string> {
    return this.#line.connection(signal);
  }

  report(outcome: 'punched' | 'failed'): void {
    this.#place.settled();
    this.#line.send({ t: 'done', outcome });
  }

  close(): void {
    this.#place.left();
    this.#line.close();
  }

  destroy(): void {
    this.close();
  }
}

/** A connection to the server in this program, without a socket. */
class HostLine implements RoomConnection {
  readonly server = placeName;
  readonly rttMs = 0;
  readonly isProxied = false;
  /** Nobody probes: no punch follows. */
  readonly probing = { token: '' };
  readonly #inbox = new Inbox<ServerMessage>();
  readonly #entry: HostEntry;

  constructor(server: HostServer) {
    this.#entry = server.enter((message) => this.#deliver(message as ServerMessage));
  }

  send(message: ClientMessage): void {
    this.#entry.send(message);
  }

  receive(signal: AbortSignal): Promise<ServerMessage> {
    return this.#inbox.take(signal);
  }

  async answers(): Promise<boolean> {
    return true;
  }

  connection(signal: AbortSignal): Promise<Socket | string> {
    return this.#entry.connection(signal);
  }

  close(): void {
    this.#entry.leave();
    this.#inbox.end(new PunchlineError('ERR_RENDEZVOUS_CLOSED', 'the host has left its room'));
  }

  #deliver(message: ServerMessage): void {
    if (message.t === 'error' || message.t === 'retry') {
      this.#inbox.end(serverError(message, placeName));
    } else {
      this.#inbox.put(message);
    }
  }
}
