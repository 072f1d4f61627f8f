import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { Duplex } from 'node:stream';
import type { WebSocket } from 'ws';
import { TokenBucket } from '../../network/token-bucket.ts';
import { HIGH_WATER_BYTES } from '../sockets/listeners.ts';

/** Bounds a message, in both directions (design 3.6). */
export const MAX_MESSAGE_BYTES = 65_536;

/** As RFC 6455, section 7.4.1, has them. */
const NORMAL_CLOSURE = 1000;
const UNSUPPORTED_DATA = 1003;
const POLICY_VIOLATION = 1008;

/** Frames without a byte for us: this many at once, and then one each second. Proxies send one every 30 s or so. */
const EMPTY_FRAMES = 100;
const EMPTY_FRAME_MS = 1000;

/**
 * The bytes in the binary messages of a WebSocket, whose boundaries mean nothing. A WebSocket cannot be closed in one
 * direction: once one side ends, nothing more comes from the other.
 */
export class WebSocketStream extends Duplex {
  readonly #webSocket: WebSocket;
  readonly #tcp: Socket;
  readonly #emptyFrames = new TokenBucket(EMPTY_FRAMES, EMPTY_FRAME_MS);
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;

  /** `tcp` carries the WebSocket, with or without TLS in between. `isDirect`: the client itself has dialled it. */
  constructor(webSocket: WebSocket, tcp: Socket, isDirect: boolean) {
    super({ readableHighWaterMark: HIGH_WATER_BYTES });
    this.#webSocket = webSocket;
    this.#tcp = tcp;
    this.localAddress = isDirect ? tcp.localAddress : undefined;
    this.localPort = isDirect ? tcp.localPort : undefined;
    webSocket.on('message', (bytes, isBinary) => this.#take(bytes as Buffer, isBinary));
    webSocket.on('ping', (payload: Buffer) => {
      // One that does not read gets no more answers: they would pile up here.
      if (this.#allowsEmpty() && webSocket.bufferedAmount < MAX_MESSAGE_BYTES) {
        webSocket.pong(payload, false, () => undefined);
      }
    });
    webSocket.on('pong', () => this.#allowsEmpty());
    webSocket.on('error', () => this.destroy());
    // What is written while the other side closes goes nowhere, and that is no fault of ours.
    this.on('error', () => undefined);
    webSocket.on('close', () => {
      this.push(null);
      this.end();
    });
  }

  /** Drops what is not sent yet, and ends the TCP connection with a RST. */
  resetAndDestroy(): this {
    this.#tcp.resetAndDestroy();
    return this.destroy();
  }

  override _read(): void {
    this.#webSocket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#send(chunk, done);
  }

  /** What was written in one turn leaves in one message. */
  override _writev(chunks: { readonly chunk: Buffer }[], done: (error?: Error | null) => void): void {
    this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk)), done);
  }

  override _final(done: () => void): void {
    this.#webSocket.close(NORMAL_CLOSURE);
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#webSocket.terminate();
    done(error);
  }

  #take(bytes: Buffer, isBinary: boolean): void {
    if (!isBinary) {
      this.#webSocket.close(UNSUPPORTED_DATA);
    } else if (bytes.length === 0) {
      this.#allowsEmpty();
    } else if (!this.push(bytes)) {
      this.#webSocket.pause();
    }
  }

  #allowsEmpty(): boolean {
    const isAllowed = this.#emptyFrames.take(performance.now());
    if (!isAllowed) {
      this.#webSocket.close(POLICY_VIOLATION);
      this.destroy();
    }
    return isAllowed;
  }

  #send(bytes: Buffer, done: (error?: Error | null) => void): void {
    for (let from = 0; from < bytes.length; from += MAX_MESSAGE_BYTES) {
      const to = from + MAX_MESSAGE_BYTES;
      const isLast = to >= bytes.length;
      this.#webSocket.send(bytes.subarray(from, to), { binary: true }, isLast ? done : undefined);
    }
  }
}
