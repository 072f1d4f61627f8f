import type { Socket } from 'node:net';
import type { WebSocket } from 'ws';
import { WebSocketBytes } from '../../network/web-socket/web-socket-bytes.ts';
import { HIGH_WATER_BYTES } from '../sockets/listeners.ts';
import type { ClientStream } from '../sockets/client-stream.ts';

/** A WebSocket of a client. */
export class ClientWebSocket extends WebSocketBytes implements ClientStream {
  readonly #tcp: Socket;
  readonly #isDirect: boolean;

  /** `tcp` carries it, with or without TLS in between. `isDirect`: the client itself has dialled that. */
  constructor(webSocket: WebSocket, tcp: Socket, isDirect: boolean) {
    super(webSocket, tcp, HIGH_WATER_BYTES);
    this.#tcp = tcp;
    this.#isDirect = isDirect;
  }

  override get localAddress(): string | undefined {
    return this.#isDirect ? super.localAddress : undefined;
  }

  /** Drops what is not sent yet, and ends the TCP connection with a RST. */
  resetAndDestroy(): this {
    this.#tcp.resetAndDestroy();
    return this.destroy();
  }
}
