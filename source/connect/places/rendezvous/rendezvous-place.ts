import { randomBytes } from 'node:crypto';
import type { Endpoint, Family, Path } from '../../../events.ts';
import { natKindOf } from '../../../nat/nat-kind.ts';
import { formatHttps, formatServer, type Server } from '../../../network/endpoint.ts';
import { AllFailed, firstToSucceed } from '../../../network/happy-eyeballs.ts';
import { formatProxy, type Proxy } from '../../../network/proxy/proxy.ts';
import type { Connection } from '../../../network/sockets.ts';
import { within } from '../../../network/waiting.ts';
import type { PlaceAddress } from '../../../protocol/place-address.ts';
import type { MappedEndpoint } from '../../../protocol/rendezvous-messages.ts';
import { safeText } from '../../../text/safe-text.ts';
import type {
  JoinOptions,
  Match,
  ObservedPort,
  PairOfNats,
  Place,
  RoomRequest,
  SentProbe,
  SignalIn,
  SignalOut,
  Visit,
} from '../../place.ts';
import type { PortBeside } from './port-beside.ts';
import { Rendezvous } from './rendezvous.ts';
import { base64url, joinRoom, openRoom } from './room.ts';
import { joinedFailure, notItself, unreachableHost } from './server-failure.ts';

/**
 * How long a later round waits for a probe that was not seen before the match. Its SYN was repeated after 1 s, when
 * the first round has just ended in silence.
 */
const LATE_PROBE_MS = 300;

/** One way to a rendezvous. */
export interface Way {
  readonly server: Server;
  /** The host that its certificate must be for, if it is reached at https. */
  readonly secureAs?: string | undefined;
  /** What leads to it. */
  readonly proxy?: Proxy | undefined;
}

/**
 * When the other way is tried beside the first one, if that has not answered. RFC 8305 says 250 ms for addresses that are
 * as good as each other. This one costs TLS, and a second connection to each user of a slow line, so it waits until a
 * SYN was lost: the kernel repeats it after 1 s.
 */
const OTHER_WAY_MS = 1000;

export interface RendezvousPlaceOptions extends Way {
  /** `local` if it was found on the local network: a stranger has named it, so nothing else of it is dialled. */
  readonly kind?: 'rendezvous' | 'local';
  /** The way to the same rendezvous if this one leads nowhere. */
  readonly otherWay?: Way | undefined;
  /** Whether the server is dialled past the proxy, too, so that it tells how it sees us. */
  readonly looksBeside?: boolean;
  /** STUN servers that tell how the outside sees us, if a proxy or a web server hides that from the server. */
  readonly stun?: readonly Server[] | undefined;
  /** Only this family is dialled; by default both. */
  readonly family: Family | undefined;
  /** As the user names it. Else it is the port after the server's own, until the server names another. */
  readonly probePort: number | undefined;
  /** Whether the server is told, for its figures, how a match ended and between which kinds of NAT. */
  readonly report: boolean;
  /** How long the server may take to answer a line. */
  readonly answerMs: number;
}

/** The rendezvous as a place. Its fields are what the visits of one session have in common. */
export class RendezvousPlace implements Place {
  readonly kind: 'rendezvous' | 'local';
  readonly options: RendezvousPlaceOptions;
  /** The server knows by it that two connections are of one session. */
  client = newClient();
  /** Proves that the room we opened is ours. */
  token: string | undefined;
  probePort: number | undefined;
  /** The server as it was last reached. */
  remote: Endpoint | undefined;
  /** The way by which it was last reached. It is tried first the next time. */
  way: Way;
  #otherWay: Way | undefined;

  constructor(options: RendezvousPlaceOptions) {
    this.options = options;
    this.way = options;
    this.#otherWay = options.otherWay;
    this.kind = options.kind ?? 'rendezvous';
    this.probePort = options.probePort;
  }

  get addresses(): readonly PlaceAddress[] {
    const { server, secureAs, otherWay } = this.options;
    const { host, port } = server;
    if (secureAs !== undefined) {
      return [{ https: { host, port } }];
    }
    return [{ host, port, ...(otherWay && { httpsPort: otherWay.server.port }) }];
  }

  get name(): string {
    const { secureAs, server } = this.way;
    return secureAs === undefined ? formatServer(server) : formatHttps(server);
  }

  get proxy(): string | undefined {
    const { proxy } = this.way;
    return proxy && formatProxy(proxy);
  }

  async visit(signal: AbortSignal): Promise<Visit> {
    const { looksBeside = true, stun, family, answerMs } = this.options;
    const { remote, probePort, way } = this;
    const { server, secureAs, proxy } = way;
    const options = { server, secureAs, family, probePort, preferred: remote?.address, answerMs };
    const asksServer = proxy !== undefined;
    const beside =
      looksBeside && (asksServer || this.#mayAskStun)
        ? await portBeside({ ...options, asksServer, stun })
        : undefined;
    try {
      const rendezvous = await this.dial(signal);
      beside?.connected();
      const unreached = way === this.options && this.way !== way ? way.server.port : undefined;
      return new RendezvousVisit(rendezvous, this, beside, unreached);
    } catch (error) {
      beside?.close();
      throw error;
    }
  }

  async dial(signal: AbortSignal): Promise<Rendezvous> {
    const { way } = this;
    const other = this.#otherWay;
    if (other === undefined) {
      return this.#dialBy(way, signal);
    }
    try {
      const won = await firstToSucceed([way, other], {
        attempt: async (one, until) => ({ one, rendezvous: await this.#dialBy(one, until) }),
        discard: ({ rendezvous }) => rendezvous.destroy(),
        signal,
        nextAfterMs: OTHER_WAY_MS,
      });
      if (won.one === other) {
        this.way = other;
        this.#otherWay = way;
      }
      return won.rendezvous;
    } catch (error) {
      throw error instanceof AllFailed ? joinedFailure(error.failures) : error;
    }
  }

  async #dialBy({ server, secureAs, proxy }: Way, signal: AbortSignal): Promise<Rendezvous> {
    const { family, answerMs } = this.options;
    const isLocal = this.kind === 'local';
    try {
      return await Rendezvous.dial({
        server,
        secureAs,
        answerMs,
        proxy,
        family,
        preferred: this.remote?.address,
        probePort: this.probePort,
        signal,
        ...(isLocal && { onBound: () => undefined }),
      });
    } catch (error) {
      throw isLocal ? unreachableHost(error, server) : error;
    }
  }

  renew(): void {
    this.client = newClient();
  }

  close(): void {
    // Each visit closes its own connection.
  }

  async observePort(signal: AbortSignal): Promise<ObservedPort | undefined> {
    const { options, remote, probePort } = this;
    const { looksBeside = true, stun = [], family, answerMs } = options;
    const { server, secureAs, proxy } = this.way;
    const mayLook = proxy === undefined ? remote !== undefined : looksBeside;
    if (!mayLook) {
      return undefined;
    }
    const { observePort } = await loadObserving();
    const at = proxy === undefined ? server : await besideProxy({ server, family }, signal);
    const preferred = remote?.address;
    const observed =
      at && (await observePort({ server: at, secureAs, answerMs, family, preferred, probePort, signal }));
    if (observed !== undefined || !looksBeside || !this.#mayAskStun) {
      return observed;
    }
    const { observeByStun } = await import('../../stun/mapped-port.ts');
    return observeByStun({ servers: stun, family, signal });
  }

  /** Whether STUN servers are named, and something may stand between us and the server. */
  get #mayAskStun(): boolean {
    const { proxy, secureAs } = this.way;
    const mayBeHidden = proxy !== undefined || secureAs !== undefined || this.#otherWay !== undefined;
    return this.options.stun !== undefined && mayBeHidden;
  }
}

/** Most see the server directly, and the first frame of the screen does not need this code. */
async function portBeside(options: ConstructorParameters<typeof PortBeside>[0]): Promise<PortBeside> {
  const loaded = await import('./port-beside.ts');
  return new loaded.PortBeside(options);
}

async function besideProxy(
  options: Pick<RendezvousPlaceOptions, 'server' | 'family'>,
  signal: AbortSignal,
): Promise<Server | undefined> {
  const { serverByDns } = await import('./port-beside.ts');
  return serverByDns(options, signal);
}

/** The first frame does not need this code either. Later a spray may take all files, so both are loaded before. */
function loadRelay() {
  return import('./relay.ts');
}
function loadObserving() {
  return import('./observe-port.ts');
}

class RendezvousVisit implements Visit {
  #rendezvous: Rendezvous;
  readonly #place: RendezvousPlace;
  /** Undefined if nothing stands between us and the server, and if nothing is dialled past that. */
  readonly #beside: PortBeside | undefined;
  /** Whether STUN servers have told where we are seen, because the server does not see us. */
  #isTold = false;
  #mapped: MappedEndpoint | undefined;
  #hasObserved = false;

  readonly unreachedPort: number | undefined;

  constructor(rendezvous: Rendezvous, place: RendezvousPlace, beside?: PortBeside, unreachedPort?: number) {
    this.#rendezvous = rendezvous;
    this.#place = place;
    this.#beside = beside;
    this.unreachedPort = unreachedPort;
  }

  get family(): Family {
    return (this.#told ?? this.#seeing ?? this.#rendezvous).family;
  }

  get local(): Endpoint {
    return (this.#told ?? this.#seeing ?? this.#rendezvous).local;
  }

  get remote(): Endpoint | undefined {
    return this.#seeing?.remote;
  }

  get probePort(): number {
    return this.#seeing?.probing.port ?? 0;
  }

  /** The connection on which the server sees us, and not a proxy. */
  get #seeing(): Rendezvous | undefined {
    return this.#rendezvous.isProxied ? this.#beside?.observer?.rendezvous : this.#rendezvous;
  }

  get #told(): ObservedPort | undefined {
    return this.#isTold ? this.#beside?.told : undefined;
  }

  async openRoom(signal: AbortSignal): Promise<number> {
    const { number, token } = await openRoom(this.#rendezvous, this.#roomOptions(signal));
    this.#place.token = token;
    return number;
  }

  async join(room: RoomRequest, { onWaiting, signal }: JoinOptions): Promise<Match> {
    const { token } = this.#place;
    const isOwn = token !== undefined && 'number' in room;
    if (isOwn) {
      // It costs nobody time, because we are about to wait.
      await Promise.all([this.#probeWhereToldOf(signal), this.#beside?.settled(signal)]);
    }
    Promise.all([loadRelay(), loadObserving()]).catch(() => undefined);
    const joined = await joinRoom(this.#rendezvous, room, {
      ...this.#roomOptions(signal),
      token: isOwn ? token : undefined,
      onWaiting: (mapped) => onWaiting(mapped ?? this.#beside?.observed?.mapped),
    });
    if (this.#place.kind === 'local' && joined.here !== true) {
      throw notItself(this.#place.name);
    }
    const isHere = joined.here === true;
    if (joined.mapped === undefined && !isHere) {
      await this.#beside?.settled(signal);
      this.#isTold = this.#beside?.observer === undefined;
    }
    const mapped = joined.mapped ?? this.#beside?.observed?.mapped;
    this.#mapped = mapped;
    this.#place.remote = this.remote;
    this.#place.probePort = this.#seeing?.probing.port ?? this.#place.probePort;
    return {
      ...joined,
      // A host sees only its own address, and a router may stand in front of it.
      ...(isHere && { peerMapped: this.remote }),
      mapped: mapped && { ...mapped, addressPort: this.#seeing?.probing.addressPort },
      // A web server in front of the rendezvous may not tell it where we come from.
      ...(!isHere &&
        (this.#rendezvous.isProxied || joined.mapped === undefined || joined.peerMapped === undefined) && {
          isSealed: true,
        }),
    };
  }

  /**
   * The server names its probe port with the room. If our probe went elsewhere, we connect a second time, so that our
   * mapping is known before a peer joins. If the second connection fails, the first one is good enough.
   */
  async #probeWhereToldOf(signal: AbortSignal): Promise<void> {
    const first = this.#rendezvous;
    if (first.isProxied || !first.probing.missed) {
      return;
    }
    this.#place.probePort = this.probePort;
    this.#rendezvous = await this.#place.dial(signal).catch(() => first);
    if (this.#rendezvous !== first) {
      first.close();
    }
  }

  #roomOptions(signal: AbortSignal) {
    return { client: this.#place.client, answerMs: this.#place.options.answerMs, signal };
  }

  answers(timeoutMs: number): Promise<boolean> {
    return this.#rendezvous.answers(timeoutMs);
  }

  send(message: SignalOut): void {
    const { rttMs } = this.#rendezvous;
    if (message.t === 'seal') {
      const { sealed, unopened } = message;
      this.#rendezvous.send({
        t: 'candidate',
        sealed: base64url(sealed),
        ...(unopened === undefined ? {} : { unopened }),
      });
    } else {
      const { n, probeToken } = message;
      this.#rendezvous.send({ t: 'round', n, rttMs, ...(probeToken === undefined ? {} : { probeToken }) });
    }
  }

  async receive(signal: AbortSignal): Promise<SignalIn> {
    for (;;) {
      const message = await this.#rendezvous.receive(signal);
      if (message.t === 'candidate') {
        return { t: 'seal', sealed: Buffer.from(message.sealed, 'base64url') };
      }
      if (message.t === 'start') {
        return message;
      }
    }
  }

  async lateObservation(signal: AbortSignal): Promise<ObservedPort | undefined> {
    const seeing = this.#seeing;
    if (this.#isTold || seeing === undefined) {
      return this.#told;
    }
    const { probing, family, local, remote } = seeing;
    if (!probing.missed) {
      const seen = await within(probing.seen, LATE_PROBE_MS, signal).catch(() => undefined);
      const mapped = this.#mapped;
      return (
        seen &&
        mapped && { family, local, mapped: { ...mapped, address: seen.address, probePort: seen.port } }
      );
    }
    // Once, and from a new port. From the old one, a NAT that counts would show one step too many: the probe that
    // missed has taken a port, too.
    if (this.#hasObserved) {
      return undefined;
    }
    this.#hasObserved = true;
    const server = { host: remote.address, port: remote.port };
    const { observePort } = await loadObserving();
    return observePort({ server, secureAs: this.#place.way.secureAs, probePort: probing.port, signal });
  }

  portAtSecondAddress(): Promise<number | undefined> {
    return this.#seeing?.probing.portAtSecondAddress() ?? Promise.resolve(undefined);
  }

  async probeAnew(): Promise<SentProbe | undefined> {
    if (this.#isTold) {
      return this.#beside?.probe();
    }
    const seeing = this.#seeing;
    return seeing === undefined || seeing.failed
      ? undefined
      : seeing.probing.anew(seeing).catch(() => undefined);
  }

  async relay(signal: AbortSignal): Promise<Connection | string> {
    const rendezvous = this.#rendezvous;
    const { family, answerMs } = this.#place.options;
    const { proxy, secureAs } = this.#place.way;
    const { relayAnswer, relayElsewhere } = await loadRelay();
    let answer = await relayAnswer(rendezvous, { answerMs, signal });
    if ('t' in answer && answer.t === 'redirect') {
      if (this.#place.kind === 'local') {
        return `${this.#place.name} sends us to another address`;
      }
      answer = await relayElsewhere(answer, { rendezvous, proxy, family, secureAs, answerMs, signal });
    }
    return 't' in answer ? safeText(answer.message) : answer;
  }

  report(outcome: 'punched' | 'failed', nats: PairOfNats | undefined, path?: Path): void {
    const isTold = this.#place.options.report;
    this.#rendezvous.send({
      t: 'done',
      outcome,
      ...(isTold && path !== undefined && { path }),
      ...(isTold && nats !== undefined && { own: natKindOf(nats.own), peer: natKindOf(nats.peer) }),
    });
  }

  close(): void {
    this.#beside?.close();
    this.#rendezvous.close();
  }

  destroy(): void {
    this.#beside?.close();
    this.#rendezvous.destroy();
  }
}

function newClient(): string {
  return base64url(randomBytes(16));
}
