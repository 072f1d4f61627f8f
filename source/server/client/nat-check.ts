import { canonicalAddress } from '../../network/address.ts';
import type {
  ClientMessage,
  MappedEndpoint,
  MessageOf,
  ServerMessage,
} from '../../protocol/rendezvous-messages.ts';
import { ProtocolError } from '../../errors.ts';
import type { ClientContext } from './client-context.ts';
import type { ClientStream } from '../sockets/client-stream.ts';

type Question = MessageOf<ClientMessage, 'observe' | 'dial-back' | 'wake'>;

/**
 * Answers one client that examines its own NAT. We dial only the endpoint from
 * which the request came. The client has proven by a handshake that the endpoint
 * is its own, and can make us send no more than one handshake there. Undefined if a proxy hides it.
 */
export class NatCheck {
  readonly #context: ClientContext;
  readonly #mapped: MappedEndpoint | undefined;
  readonly #send: (message: ServerMessage) => void;
  readonly #socket: ClientStream;
  #dials = 0;
  #stopDial: (() => void) | undefined;
  #sleep: NodeJS.Timeout | undefined;

  constructor(
    socket: ClientStream,
    mapped: MappedEndpoint | undefined,
    context: ClientContext,
    send: (message: ServerMessage) => void,
  ) {
    this.#socket = socket;
    this.#mapped = mapped;
    this.#context = context;
    this.#send = send;
  }

  /** Our address that the client has dialled. It is worked out on demand, because few clients ask. */
  get #own(): string | undefined {
    const { localAddress } = this.#socket;
    return localAddress === undefined ? undefined : canonicalAddress(localAddress);
  }

  /** We must send nothing, because the client tests how long its NAT remembers an idle connection. */
  get wantsSilence(): boolean {
    return this.#sleep !== undefined;
  }

  /** Throws ProtocolError for too many requests, and for one in a room, because the peer is about to dial this endpoint there. */
  ask(message: Question, hasJoined: boolean): void {
    if (message.t !== 'observe' && hasJoined) {
      throw new ProtocolError(`${message.t}: only before a join`);
    }
    if (message.t === 'wake') {
      this.#wake(message);
      return;
    }
    const mapped = this.#mapped;
    if (mapped === undefined) {
      throw new ProtocolError(`${message.t}: a proxy in front of this rendezvous hides where it comes from`);
    }
    if (message.t === 'observe') {
      this.#send({ t: 'observed', you: mapped, ...this.#context.probe });
    } else {
      this.#dialBack(message, mapped);
    }
  }

  stop(): void {
    clearTimeout(this.#sleep);
    this.#sleep = undefined;
    this.#stopDial?.();
    this.#stopDial = undefined;
  }

  #wake({ afterMs }: MessageOf<ClientMessage, 'wake'>): void {
    clearTimeout(this.#sleep);
    this.#sleep = setTimeout(() => {
      this.#sleep = undefined;
      this.#send({ t: 'awake' });
    }, afterMs);
  }

  #dialBack({ from }: MessageOf<ClientMessage, 'dial-back'>, to: MappedEndpoint): void {
    const { dialBacks, limits, probe } = this.#context;
    if (this.#stopDial !== undefined) {
      throw new ProtocolError('dial-back: another one is under way');
    }
    this.#dials += 1;
    if (this.#dials > limits.maxDialBacks) {
      throw new ProtocolError(`dial-back: no more than ${limits.maxDialBacks} are allowed`);
    }
    const second = probe.probeHost === this.#own ? undefined : probe.probeHost;
    let isOver = false;
    const stop = dialBacks.dial({
      from: from === 'port' ? this.#own : second,
      to,
      onResult: (result) => {
        isOver = true;
        this.#stopDial = undefined;
        this.#send({ t: 'dialled-back', from, ...result });
      },
    });
    if (!isOver) {
      this.#stopDial = stop;
    }
  }
}
