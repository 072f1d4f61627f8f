import type { AttemptOutcome, Endpoint, Happening, NatKind } from '../../events.ts';
import { natKindOf } from '../../nat/nat-kind.ts';
import type { Nat } from '../../nat/diagnosis.ts';
import { addressClass } from '../../network/address.ts';
import { dial } from '../../network/dial.ts';
import { mappedRefusal } from '../punch/plan/dialable.ts';
import type { Ways } from '../punch/punch.ts';
import type { Seen } from '../punch/path.ts';
import type { ForwardedPort } from './forwarded-port.ts';

/** Bounds the dials that a peer can cost us by such ports: a router may give another one once. */
const MAX_FORWARDED = 2;
/** A mapped port answers in a round trip. The kernel sends its SYN again after 1 and 3 s. */
const PATIENCE_MS = 3000;
/** Below this port are services that a stranger must not make us dial, as with host candidates. */
const MIN_PORT = 1024;

/** Where the outside sees the two, and where the place is. */
export interface SeenAt extends Seen {
  readonly mapped: Endpoint;
  readonly peerMapped: Endpoint;
  /** The place as we reached it; undefined if only a proxy leads to it. */
  readonly server: Endpoint | undefined;
}

interface ForwardedOptions {
  /** Ours. Undefined if our router must not be asked. */
  readonly forwarded: ForwardedPort | undefined;
  readonly seen: SeenAt;
  readonly ways: Ways;
  readonly emit: (happening: Happening) => void;
  /** A candidate of the peer is about to be dialled. */
  readonly onCandidate: (endpoint: Endpoint) => void;
}

/** What one race does with the ports that routers map: ours is told to the peer, and the peer's is dialled. */
export class ForwardedCandidates {
  /** Whose port the other side was told. */
  readonly known = { own: false, peer: false };
  readonly #options: ForwardedOptions;
  readonly #dialled = new Set<number>();

  constructor(options: ForwardedOptions) {
    this.#options = options;
  }

  /** Asks our router for a port where that can help in this round. */
  ask(nats: { readonly own: Nat; readonly peer: Nat }, round: number): void {
    const { forwarded, seen } = this.#options;
    if (
      needsPort(natKindOf(nats.own), natKindOf(nats.peer), round) &&
      (seen.server === undefined || addressClass(seen.server.address) !== 'loopback')
    ) {
      forwarded?.ask(seen.local.address);
    }
  }

  /**
   * Lets `say` tell the peer of the port that our router maps, now or as soon as it does. A router that names another
   * address than the place has seen lies, or stands behind another NAT. Then its port leads nowhere, and is not told.
   */
  offer(say: (endpoint: Endpoint) => void): void {
    const { forwarded, seen, ways, emit } = this.#options;
    let told = 0;
    forwarded?.use({
      onMapped: ({ protocol, external: { address, port } }) => {
        if (address !== seen.mapped.address || port < MIN_PORT || told === port) {
          return;
        }
        told = port;
        this.known.own = true;
        emit({ event: 'forwarded', address, port, protocol });
        say({ address, port });
      },
      onSocket: (socket) => ways.onSocket(socket, 'accepted'),
      signal: ways.signal,
    });
  }

  /** Takes what comes in by our port, which the peer has learnt in another way. */
  accept(): void {
    const { forwarded, ways } = this.#options;
    const { signal } = ways;
    forwarded?.use({
      onMapped: () => undefined,
      onSocket: (socket) => ways.onSocket(socket, 'accepted'),
      signal,
    });
  }

  /** Dials the port that the peer says its router maps: only at the peer's mapped address, and each port once. */
  dial(candidate: Endpoint): void {
    const { seen, ways, onCandidate } = this.#options;
    const { address, port } = candidate;
    const { peerMapped, server, mapped } = seen;
    const isFit =
      address === peerMapped.address &&
      port >= MIN_PORT &&
      mappedRefusal(candidate, { server, own: mapped }) === undefined;
    const isMore = !this.#dialled.has(port) && this.#dialled.size < MAX_FORWARDED;
    if (!isFit || !isMore || ways.signal.aborted) {
      return;
    }
    this.#dialled.add(port);
    this.known.peer = true;
    onCandidate({ address, port });
    void dialForwarded({ address, port }, ways);
  }
}

async function dialForwarded(to: Endpoint, { onAttempt, onSocket, signal }: Ways): Promise<void> {
  function report(outcome: AttemptOutcome, ms: number) {
    return onAttempt({ n: 1, of: 1, kind: 'forwarded', ...to, outcome, ms, strategy: 'forwarded' });
  }
  report('started', 0);
  const { outcome, socket, ms } = await dial({ to, localPort: 0, patienceMs: PATIENCE_MS, signal });
  report(outcome, ms);
  if (socket !== undefined) {
    onSocket(socket, 'dialled');
  }
}

/**
 * Peers reach an endpoint-independent NAT without help. But from one address, an address-dependent one looks the same.
 * So it counts as one that needs help after a round in vain. Facing random ports the first round is always in vain.
 */
function needsPort(own: NatKind, peer: NatKind, round: number): boolean {
  if (own === 'endpoint-independent') {
    return round > (peer === 'random' ? 2 : 1);
  }
  return own !== 'none';
}
