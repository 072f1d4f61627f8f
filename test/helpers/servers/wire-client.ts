import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createLineDecoder } from '../../../source/protocol/line-decoder.ts';
import {
  formatMessage,
  parseServerMessage,
  type ClientMessage,
  type MessageOf,
  type ServerMessage,
} from '../../../source/protocol/rendezvous-messages.ts';

/** A bare TCP client: what it is sent is kept, and can be waited for. */
export class WireClient {
  readonly socket: Socket;
  /** Resolves when the server has closed: `end` after a FIN, else the error. */
  readonly closed: Promise<'end' | Error>;
  /** The local one. */
  port = 0;
  received = Buffer.alloc(0);
  readonly #decoder = createLineDecoder();
  /** From `relay` on, whatever is said next is the peer's, unless it is refused. */
  #hasAskedForRelay = false;

  private constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.received = Buffer.concat([this.received, chunk]);
      this.#decoder.push(chunk);
    });
    this.closed = new Promise((resolve) => {
      socket.once('error', resolve);
      socket.once('end', () => resolve('end'));
    });
  }

  static async connect(
    port: number,
    host = '127.0.0.1',
    localPort?: number,
    localAddress = host,
  ): Promise<WireClient> {
    const socket = connect({
      port,
      host,
      noDelay: true,
      ...(localPort !== undefined && { localPort, localAddress }),
    });
    const client = new WireClient(socket);
    await once(socket, 'connect');
    client.port = socket.localPort ?? 0;
    return client;
  }

  get text(): string {
    return this.received.toString('latin1');
  }

  /** Resolves when so much text has come. */
  async until(text: string): Promise<void> {
    while (!this.text.includes(text)) {
      await this.#more();
    }
  }

  send(...messages: ClientMessage[]): void {
    this.#hasAskedForRelay ||= messages.some(({ t }) => t === 'relay');
    this.socket.write(messages.map((message) => formatMessage(message)).join(''));
  }

  /** The next message; pings are passed over, and answered as long as that would not be the peer's to read. */
  async next(): Promise<ServerMessage> {
    for (;;) {
      const line = this.#decoder.next();
      if (line === undefined) {
        await this.#more();
        continue;
      }
      const message = parseServerMessage(line);
      if (message.t === 'relay-refused') {
        this.#hasAskedForRelay = false;
      }
      if (message.t !== 'ping') {
        return message;
      }
      if (!this.#hasAskedForRelay) {
        this.send({ t: 'pong' });
      }
    }
  }

  /** The next message, which must be of this type. */
  async expect<T extends ServerMessage['t']>(t: T): Promise<MessageOf<ServerMessage, T>> {
    const message = await this.next();
    if (message.t !== t) {
      throw new Error(`expected ${t}, got ${JSON.stringify(message)}`);
    }
    return message as MessageOf<ServerMessage, T>;
  }

  async #more(): Promise<void> {
    const more = once(this.socket, 'data');
    const gone = this.closed.then((how) => {
      throw new Error(`the server has closed (${String(how)}) after ${JSON.stringify(this.text)}`);
    });
    await Promise.race([more, gone]);
  }
}
