import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { RawData, WebSocket } from 'ws';
import { ProtocolError } from '../../../errors.ts';
import type { Connection } from '../../../network/sockets.ts';
import { faultOf } from './web-socket-failure.ts';

/** Longer messages are neither sent nor taken. */
export const MAX_MESSAGE_BYTES = 65_536;
/** Pings are not answered while more than this is unsent. A server that only sends pings would fill our memory. */
const MAX_UNSENT_BYTES = 65_536;

/** The states of a WebSocket. */
const OPEN = 1;
const CLOSED = 3;

/**
 * The bytes that an open WebSocket carries in its binary messages, whose boundaries mean nothing. A write has ended when
 * the kernel has taken it, so that `writableLength` counts what lies in the library, too. A WebSocket has no half-close:
 * `end()` sends what was written and then closes both directions, and when the other side closes, both end.
 *
 * Breaks with a ProtocolError at a message of text, at one of more than 64 KiB, and at bytes that are no WebSocket.
 */
export class WebSocketBytes extends Duplex implements Connection {
  readonly #webSocket: WebSocket;
  readonly #carrier: Socket;

  /** `carrier` is what the WebSocket writes to. Call it in the turn in which the WebSocket opens, or nothing must be lost. */
  constructor(webSocket: WebSocket, carrier: Socket) {
    super({
      allowHalfOpen: false,
      readableHighWaterMark: MAX_MESSAGE_BYTES,
      writableHighWaterMark: MAX_MESSAGE_BYTES,
    });
    this.#webSocket = webSocket;
    this.#carrier = carrier;
    webSocket.on('message', (data, isBinary) => this.#take(data, isBinary));
    webSocket.on('ping', (data) => {
      if (webSocket.readyState === OPEN && webSocket.bufferedAmount <= MAX_UNSENT_BYTES) {
        webSocket.pong(data);
      }
    });
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
    webSocket.close();
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
      this.destroy(new ProtocolError('a WebSocket message of text, where bytes are due'));
      return;
    }
    // By default the library hands on one Buffer.
    const bytes = data as Buffer;
    if (bytes.length > 0 && !this.push(bytes)) {
      this.#webSocket.pause();
    }
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
  return faultOf(error) === 'frames' ? new ProtocolError(error.message, { cause: error }) : error;
}
