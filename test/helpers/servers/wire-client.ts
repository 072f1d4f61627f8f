import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createLineDecoder } from '../../../source/protocol/framing/line-decoder.ts';
import {
  formatMessage,
  parseServerMessage,
  type ClientMessage,
  type MessageOf,
  type ServerMessage,
} from '../../../source/protocol/rendezvous-messages.ts';

/** A bare client, over TCP or over what a test has opened. It keeps everything that it gets, and tests can wait for it. */
export class WireClient {
  readonly socket: Socket;
  /** Resolves when the server has closed the connection: `end` after a FIN, else the error. */
  readonly closed: Promise<'end' | Error>;
  /** The local port. */
  port = 0;
  received = Buffer.alloc(0);
  readonly #decoder = createLineDecoder();
  /** Set after `relay` was sent: the next bytes may be the peer's, unless the relay is refused. */
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

  /** Over a connection that is open already. */
  static over(stream: Duplex): WireClient {
    // What is used of it are the methods of a stream.
    return new WireClient(stream as Socket);
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

  /** Resolves when this text has come. */
  async until(text: string): Promise<void> {
    while (!this.text.includes(text)) {
      await this.#more();
    }
  }

  send(...messages: ClientMessage[]): void {
    this.#hasAskedForRelay ||= messages.some(({ t }) => t === 'relay');
    this.socket.write(messages.map((message) => formatMessage(message)).join(''));
  }

  /** Resolves with the next message. Pings are skipped, and answered unless the peer would get the answer. */
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

  /** Resolves with the next message, which must be of this type. */
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
