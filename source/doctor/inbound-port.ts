import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Endpoint } from '../events.ts';
import { addressClass } from '../network/address.ts';
import type { DialBack } from '../nat/diagnosis.ts';
import { dial } from '../network/dial.ts';
import { listen } from '../network/listen.ts';
import { pause } from '../network/waiting.ts';
import type { Rendezvous } from '../connect/rendezvous/rendezvous.ts';
import { anyAddress, remoteEndpoint } from '../network/sockets.ts';
import { answerOf } from '../connect/rendezvous/room.ts';

/** A router that sends our own packets back does so in milliseconds; one that does not is silent. */
const HAIRPIN_MS = 1500;
const NONCE_BYTES = 16;
/** The server's word and its connection come on different ways: the word waits so long for the connection. */
const ARRIVAL_MS = 500;
/** Below are services that a stranger has no business making us dial (RFC 6335, section 6). */
const MIN_PORT = 1024;

/** Those who may come in at once: the server once or twice, and our own packets. Anybody else may as well, and is not kept. */
const MAX_ARRIVALS = 16;

interface Arrival {
  readonly from: Endpoint;
  readonly socket: Socket;
}

/** A local port that has met the rendezvous and is then listened on: who gets in to it? */
export class InboundPort {
  readonly mapped: Endpoint;
  readonly rendezvous: Rendezvous;
  readonly #signal: AbortSignal;
  readonly #arrivals: Arrival[] = [];
  readonly #watchers: ((arrival: Arrival) => void)[] = [];
  #isOpen = false;
  #open: () => void = () => {};
  /** Resolves when it is open. */
  readonly opened = new Promise<void>((resolve) => (this.#open = resolve));

  /** The signal closes it, and whatever came of it. */
  constructor(rendezvous: Rendezvous, mapped: Endpoint, signal: AbortSignal) {
    this.rendezvous = rendezvous;
    this.mapped = mapped;
    this.#signal = signal;
  }

  /** Nothing can be dialled from the port afterwards. */
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
      // Another program has the port at another address: then nobody can be let in.
    }
  }

  onArrival(watch: (arrival: Arrival) => void): void {
    this.#watchers.push(watch);
  }

  /** Asks the server to dial us, and believes in its connection more than in its word. */
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
 * Whether our NAT leads our own packets back in. Each port dials the mapped
 * endpoint of the other, as two peers behind it would: that passes filters. As
 * soon as they listen, a third port dials, too: where nothing is filtered, two
 * dials that cross can be one too many for a NAT (Linux loses both). Call it
 * before the doors open; undefined where there is no NAT, or the server names
 * endpoints that cannot be ours.
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
    async function knock(localPort: number, to: Endpoint) {
      const { family } = one.rendezvous;
      const { socket } = await dial({ to, family, localPort, patienceMs: HAIRPIN_MS, signal });
      if (socket === undefined) {
        return;
      }
      closeOn(signal, () => socket.destroy());
      socket.write(nonce);
      hear(socket);
    }
    for (const door of [one, other]) {
      door.onArrival(({ socket }) => hear(socket));
    }
    void knock(one.rendezvous.local.port, other.mapped);
    void knock(other.rendezvous.local.port, one.mapped);
    void one.opened.then(() => knock(0, one.mapped));
  });
  return Promise.race([heard, pause(HAIRPIN_MS, signal).then(() => false)]);
}

/** An endpoint as far away as the server, but not the server's: what it says of us may be anybody's. */
function isDialable({ mapped, rendezvous: { local, remote } }: InboundPort): boolean {
  const isTranslated = mapped.address !== local.address;
  return (
    isTranslated &&
    mapped.port >= MIN_PORT &&
    mapped.address !== remote.address &&
    addressClass(mapped.address) === addressClass(remote.address)
  );
}

/** Whether these very bytes come first. */
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
  // A listener hands sockets over paused.
  socket.resume();
}

function closeOn(signal: AbortSignal, close: () => void): void {
  if (signal.aborted) {
    close();
  } else {
    signal.addEventListener('abort', close, { once: true });
  }
}
