import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Endpoint } from '../events.ts';
import { addressClass } from '../network/address.ts';
import type { DialBack } from '../nat/diagnosis.ts';
import { dial } from '../network/dial.ts';
import { listen } from '../network/listen.ts';
import { pause } from '../network/waiting.ts';
import type { Rendezvous } from '../connect/places/rendezvous/rendezvous.ts';
import { anyAddress } from '../network/nat64/translation.ts';
import { remoteEndpoint } from '../network/sockets.ts';
import { answerOf } from '../connect/places/rendezvous/room.ts';

/** A router that hairpins answers in milliseconds; one that does not may never answer. */
const HAIRPIN_MS = 1500;
const NONCE_BYTES = 16;
/** Bounds the wait for the server's connection after its answer, because the two arrive on different paths. */
const ARRIVAL_MS = 500;
/** A stranger must not make us dial the services on lower ports (RFC 6335, section 6). */
const MIN_PORT = 1024;

/** Bounds the connections that we keep. The server and our own dials need a few; strangers may dial the port, too. */
const MAX_ARRIVALS = 16;

interface Arrival {
  readonly from: Endpoint;
  readonly socket: Socket;
}

/** A local port that has dialled the rendezvous and then listens, to see which dials from outside get in. */
export class InboundPort {
  readonly mapped: Endpoint;
  readonly rendezvous: Rendezvous;
  readonly #signal: AbortSignal;
  readonly #arrivals: Arrival[] = [];
  readonly #watchers: ((arrival: Arrival) => void)[] = [];
  #isOpen = false;
  #open: () => void = () => {};
  /** Resolves when the port listens. */
  readonly opened = new Promise<void>((resolve) => (this.#open = resolve));

  /** The signal closes the port and all its connections. */
  constructor(rendezvous: Rendezvous, mapped: Endpoint, signal: AbortSignal) {
    this.rendezvous = rendezvous;
    this.mapped = mapped;
    this.#signal = signal;
  }

  /** Listens. No dial can leave from the port afterwards. */
  async open(): Promise<void> {
    const { family, local } = this.rendezvous;
    const onSocket = (socket: Socket) => {
      if (this.#arrivals.length >= MAX_ARRIVALS) {
        socket.destroy();
        return;
      }
      const arrival = { from: remoteEndpoint(socket), socket };
      closeOn(this.#signal, () => socket.destroy());
      this.#arrivals.push(arrival);
      for (const watch of this.#watchers) {
        watch(arrival);
      }
    };
    try {
      const listener = await listen({ address: anyAddress(family), port: local.port, family, onSocket });
      closeOn(this.#signal, () => listener.close());
      this.#isOpen = true;
      this.#open();
    } catch {
      // Another program uses the port at another address. Then no dial can arrive.
    }
  }

  onArrival(watch: (arrival: Arrival) => void): void {
    this.#watchers.push(watch);
  }

  /** Asks the server to dial us. A connection that arrives counts more than the server's answer. */
  async dialledBack(from: 'port' | 'address'): Promise<DialBack> {
    if (!this.#isOpen) {
      return 'unavailable';
    }
    const { remote } = this.rendezvous;
    const isIt = (arrival: Arrival) =>
      from === 'port'
        ? arrival.from.address === remote.address
        : ![remote.address, this.mapped.address].includes(arrival.from.address);
    const come = new Promise<void>((resolve) =>
      this.onArrival((arrival) => {
        if (isIt(arrival)) {
          resolve();
        }
      }),
    );
    this.rendezvous.send({ t: 'dial-back', from });
    const answer = await answerOf(this.rendezvous, 'dialled-back', this.#signal).catch(() => undefined);
    const outcome = answer?.from === from ? answer.outcome : 'unavailable';
    if (outcome === 'connected') {
      await Promise.race([come, pause(ARRIVAL_MS, this.#signal)]);
    }
    if (this.#arrivals.some(isIt)) {
      return 'connected';
    }
    return outcome === 'connected' ? 'unavailable' : outcome;
  }
}

/**
 * Whether our NAT hairpins. Each port dials the mapped endpoint of the other, as
 * two peers behind the NAT would, because that passes filters. As soon as the
 * ports listen, a third port dials, too: a NAT without filters may lose both of
 * two dials that cross (Linux does). Call it before the ports open. Undefined if
 * there is no NAT, or if the server names endpoints that cannot be ours.
 */
export async function hairpin(
  one: InboundPort,
  other: InboundPort,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  if (!isDialable(one) || !isDialable(other)) {
    return undefined;
  }
  const nonce = randomBytes(NONCE_BYTES);
  const heard = new Promise<true>((resolve) => {
    function hear(socket: Socket) {
      return expect(socket, nonce, () => resolve(true));
    }
    async function dialFrom(localPort: number, to: Endpoint) {
      const { socket } = await dial({ to, localPort, patienceMs: HAIRPIN_MS, signal });
      if (socket === undefined) {
        return;
      }
      closeOn(signal, () => socket.destroy());
      socket.write(nonce);
      hear(socket);
    }
    for (const port of [one, other]) {
      port.onArrival(({ socket }) => hear(socket));
    }
    void dialFrom(one.rendezvous.local.port, other.mapped);
    void dialFrom(other.rendezvous.local.port, one.mapped);
    void one.opened.then(() => dialFrom(0, one.mapped));
  });
  return Promise.race([heard, pause(HAIRPIN_MS, signal).then(() => false)]);
}

/** Whether we may dial the endpoint that the server names as ours: it may lie, and name a stranger's. */
function isDialable({ mapped, rendezvous: { local, remote } }: InboundPort): boolean {
  const isTranslated = mapped.address !== local.address;
  return (
    isTranslated &&
    mapped.port >= MIN_PORT &&
    mapped.address !== remote.address &&
    addressClass(mapped.address) === addressClass(remote.address)
  );
}

/** Calls `onHeard` if the first bytes of the connection are the nonce. */
function expect(socket: Socket, nonce: Buffer, onHeard: () => void): void {
  let heard = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    if (heard.length >= NONCE_BYTES) {
      return;
    }
    heard = Buffer.concat([heard, chunk.subarray(0, NONCE_BYTES)]);
    if (heard.subarray(0, NONCE_BYTES).equals(nonce)) {
      onHeard();
    }
  });
  // The listener hands over paused sockets.
  socket.resume();
}

function closeOn(signal: AbortSignal, close: () => void): void {
  if (signal.aborted) {
    close();
  } else {
    signal.addEventListener('abort', close, { once: true });
  }
}
