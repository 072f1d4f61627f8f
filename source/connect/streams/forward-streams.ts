import { once } from 'node:events';
import { connect as dial, createServer, type Server as Listener, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { errorCode, PunchlineError, type ProtocolError } from '../../errors.ts';
import type { Server } from '../../network/endpoint.ts';
import { connectError } from '../../network/sockets.ts';
import { release } from '../session/release-frame.ts';
import { type MuxedStream, StreamCut, StreamReset } from './muxed-stream.ts';
import { StreamMux } from './stream-mux.ts';
import { formatTarget, type Forward } from './target.ts';

/** Bounds a dial to a target. It is near, or it is not there. */
const DIAL_MS = 10_000;

export interface ForwardStreamsOptions {
  /** What the other side may reach from here. */
  readonly allowed: readonly Server[];
  /** A stream was ended before its time: the target, and why. */
  readonly onFailed: (target: string, reason: string) => void;
  /** The other side has broken the rules. */
  readonly onBroken: (error: ProtocolError) => void;
}

/** Connections of TCP, carried over a connection to a peer: from ports of this side, and to what this side allows. */
export class ForwardStreams {
  readonly #options: ForwardStreamsOptions;
  readonly #allowed: ReadonlyMap<string, Server>;
  readonly #listeners: Listener[] = [];
  #mux: StreamMux | undefined;
  #total = 0;

  constructor(options: ForwardStreamsOptions) {
    this.#options = options;
    this.#allowed = new Map(options.allowed.map((target) => [formatTarget(target), target]));
  }

  /** How many connections are open. */
  get open(): number {
    return this.#mux?.size ?? 0;
  }

  /** How many there have been. */
  get total(): number {
    return this.#total;
  }

  /** Carries streams over this connection from now on. Those over an earlier one are over. */
  carryOver(connection: Duplex): void {
    this.#mux?.close('the other side was started anew');
    this.#mux = new StreamMux(connection, {
      onStream: (stream, target) => this.#reach(stream, target),
      onBroken: this.#options.onBroken,
    });
  }

  /**
   * Listens, and resolves with the port. Rejects with ERR_PORT_IN_USE, ERR_PERMISSION, ERR_NETWORK or the signal's reason.
   * A signal that is aborted later closes the port. Connections that are open go on.
   */
  async listen(
    { host, port, target }: Forward,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<number> {
    signal?.throwIfAborted();
    const listener = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
      this.#carry(socket, formatTarget(target)),
    );
    this.#listeners.push(listener);
    try {
      await once(listener.listen({ host, port, ...(signal && { signal }) }), 'listening', { signal });
    } catch (cause) {
      signal?.throwIfAborted();
      throw unusable(cause, host, port);
    }
    const address = listener.address();
    return address !== null && typeof address === 'object' ? address.port : port;
  }

  close(): void {
    for (const listener of this.#listeners) {
      listener.close();
    }
    this.#mux?.close('this side has left');
  }

  /** A connection to a port of ours goes to the other side. */
  #carry(socket: Socket, target: string): void {
    const stream = this.#mux?.open(target);
    if (stream === undefined) {
      socket.resetAndDestroy();
      return;
    }
    this.#total += 1;
    stream.on('error', (error) => this.#failed(target, error));
    join(socket, stream);
  }

  /** The other side wants to reach something here. */
  #reach(stream: MuxedStream, wanted: string): void {
    this.#total += 1;
    stream.on('error', (error) => this.#failed(wanted, error));
    const target = this.#allowed.get(wanted);
    if (target === undefined) {
      stream.destroy(new Error('the other side does not allow it'));
      return;
    }
    const socket = dial({ ...target, allowHalfOpen: true, noDelay: true });
    const timer = setTimeout(() => socket.destroy(new Error('it did not answer')), DIAL_MS);
    socket.once('connect', () => clearTimeout(timer));
    socket.once('close', () => clearTimeout(timer));
    join(socket, stream);
  }

  #failed(target: string, error: Error): void {
    if (!(error instanceof StreamCut) && error.message !== '') {
      this.#options.onFailed(target, error.message);
    }
  }
}

/** Each half ends with the other's. What ends before its time ends the other one in the same way, and not as a whole. */
function join(socket: Socket, stream: MuxedStream): void {
  socket.on('error', (error) => stream.destroy(new Error(connectError(error))));
  socket.on('close', () => {
    // Without an error, both halves have ended, or the stream was first.
    if (!socket.readableEnded) {
      stream.destroy();
    }
  });
  stream.on('error', (error) => {
    if (error instanceof StreamReset && !socket.connecting) {
      socket.resetAndDestroy();
    } else {
      socket.destroy();
    }
  });
  pour(socket, stream);
  pour(stream, socket);
}

/**
 * Pours one into the other as `pipe` does, but releases each piece as soon as it is taken. Left to the garbage collector,
 * the pieces cost a third of the time on both sides (measured). Both make new memory for each piece, which nobody else sees.
 */
function pour(from: Duplex, into: Duplex): void {
  from.on('data', (bytes: Uint8Array) => {
    into.write(bytes, (error) => {
      if (error) {
        return;
      }
      release(bytes.buffer);
      // It is the callback of an earlier write, if another one waits.
      if (into.writableLength === 0) {
        from.resume();
      }
    });
    if (into.writableLength > 0) {
      from.pause();
    }
  });
  from.on('end', () => into.end());
}

function unusable(cause: unknown, host: string, port: number): PunchlineError {
  const place = formatTarget({ host, port });
  switch (errorCode(cause)) {
    case 'EADDRINUSE':
      return new PunchlineError('ERR_PORT_IN_USE', `the port ${place} is in use`, {
        hint: 'Choose another port in front of the forward, or end the program that has it.',
        cause,
      });
    case 'EACCES':
      return new PunchlineError('ERR_PERMISSION', `the port ${place} may not be opened`, {
        hint: 'Ports below 1024 need root on most systems: choose a higher one.',
        cause,
      });
    default:
      return new PunchlineError('ERR_NETWORK', `nothing can listen on ${place}: ${connectError(cause)}`, {
        hint: 'The address in front of the port must be one of this machine.',
        cause,
      });
  }
}
