import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { errorCode, ProtocolError } from '../../errors.ts';
import type { Connection } from '../sockets.ts';
import { TokenBucket } from '../token-bucket.ts';

/** Longer messages are neither sent nor taken. */
export const MAX_MESSAGE_BYTES = 65_536;
/** Pings are not answered while more than this is unsent. A side that only sends pings would fill our memory. */
const MAX_UNSENT_BYTES = 65_536;

/**
 * Frames without a byte for us: this many at once, and then one each second. Proxies on the way send one every 30 s or
 * so. Nobody who counts lines or bytes sees such frames.
 */
const EMPTY_FRAMES = 100;
const EMPTY_FRAME_MS = 1000;

/** As RFC 6455, section 7.4.1, has them. */
const NORMAL_CLOSURE = 1000;
const UNSUPPORTED_DATA = 1003;
const POLICY_VIOLATION = 1008;

/** The states of a WebSocket. */
const OPEN = 1;
const CLOSED = 3;

/**
 * The bytes that an open WebSocket carries in its binary messages, whose boundaries mean nothing. A write has ended when
 * the kernel has taken it, so that `writableLength` counts what lies in the library, too. A WebSocket has no half-close:
 * `end()` sends what was written and then closes both directions, and when the other side closes, both end.
 *
 * Breaks with a ProtocolError at a message of text, at one of more than 64 KiB, at bytes that are no WebSocket, and at
 * too many frames without a byte.
 */
export class WebSocketBytes extends Duplex implements Connection {
  readonly #webSocket: WebSocket;
  readonly #carrier: Socket;
  readonly #emptyFrames = new TokenBucket(EMPTY_FRAMES, EMPTY_FRAME_MS);

  /** `carrier` is what the WebSocket writes to. Call it in the turn in which the WebSocket opens, or nothing must be lost. */
  constructor(webSocket: WebSocket, carrier: Socket, readableHighWaterMark = MAX_MESSAGE_BYTES) {
    super({
      allowHalfOpen: false,
      readableHighWaterMark,
      writableHighWaterMark: MAX_MESSAGE_BYTES,
    });
    this.#webSocket = webSocket;
    this.#carrier = carrier;
    webSocket.on('message', (data, isBinary) => this.#take(data, isBinary));
    webSocket.on('ping', (data) => {
      this.#takeEmpty();
      if (webSocket.readyState === OPEN && webSocket.bufferedAmount <= MAX_UNSENT_BYTES) {
        webSocket.pong(data);
      }
    });
    webSocket.on('pong', () => this.#takeEmpty());
    webSocket.on('error', (error) => this.destroy(meantError(error)));
    webSocket.on('close', () => {
      if (!this.destroyed) {
        this.push(null);
      }
    });
    carrier.on('timeout', () => this.emit('timeout'));
  }

  get localAddress(): string | undefined {
    return this.#carrier.localAddress;
  }

  get localPort(): number | undefined {
    return this.#carrier.localPort;
  }

  get remoteAddress(): string | undefined {
    return this.#carrier.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.#carrier.remotePort;
  }

  setTimeout(idleMs: number, onIdle?: () => void): this {
    this.#carrier.setTimeout(idleMs);
    if (onIdle !== undefined) {
      this.once('timeout', onIdle);
    }
    return this;
  }

  override _read(): void {
    this.#webSocket.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#send(chunk, callback);
  }

  override _writev(
    chunks: readonly { readonly chunk: Buffer }[],
    callback: (error?: Error | null) => void,
  ): void {
    this.#send(Buffer.concat(chunks.map(({ chunk }) => chunk)), callback);
  }

  override _final(callback: (error?: Error | null) => void): void {
    const webSocket = this.#webSocket;
    if (webSocket.readyState === CLOSED) {
      callback();
      return;
    }
    webSocket.once('close', () => callback());
    webSocket.close(NORMAL_CLOSURE);
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#webSocket.terminate();
    callback(error);
  }

  #take(data: RawData, isBinary: boolean): void {
    if (this.destroyed) {
      return;
    }
    if (!isBinary) {
      this.#breakOff(UNSUPPORTED_DATA, 'a WebSocket message of text, where bytes are due');
      return;
    }
    // By default the library hands on one Buffer.
    const bytes = data as Buffer;
    if (bytes.length === 0) {
      this.#takeEmpty();
    } else if (!this.push(bytes)) {
      this.#webSocket.pause();
    }
  }

  #takeEmpty(): void {
    if (!this.#emptyFrames.take(performance.now())) {
      this.#breakOff(POLICY_VIOLATION, 'too many WebSocket frames without a byte');
    }
  }

  /** Tells the other side why, if it can still be told. */
  #breakOff(code: number, why: string): void {
    this.#webSocket.close(code);
    this.destroy(new ProtocolError(why));
  }

  #send(bytes: Buffer, callback: (error?: Error | null) => void): void {
    const webSocket = this.#webSocket;
    if (webSocket.readyState !== OPEN) {
      callback(Object.assign(new Error('the WebSocket is closed'), { code: 'EPIPE' }));
      return;
    }
    const lastStart = Math.max(0, Math.ceil(bytes.length / MAX_MESSAGE_BYTES) - 1) * MAX_MESSAGE_BYTES;
    for (let start = 0; start < lastStart; start += MAX_MESSAGE_BYTES) {
      webSocket.send(bytes.subarray(start, start + MAX_MESSAGE_BYTES));
    }
    webSocket.send(bytes.subarray(lastStart), callback);
  }
}

function meantError(error: Error): Error {
  return errorCode(error)?.startsWith('WS_ERR_') === true
    ? new ProtocolError(error.message, { cause: error })
    : error;
}
