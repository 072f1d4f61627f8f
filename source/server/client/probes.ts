import type { Socket } from 'node:net';
import { createLineDecoder } from '../../protocol/framing/line-decoder.ts';
import { formatMessage, parseProbeMessage, type MappedEndpoint } from '../../protocol/rendezvous-messages.ts';
import { ProtocolError } from '../../errors.ts';
import type { LingeringClose } from '../sockets/lingering-close.ts';
import type { Limits } from '../limits.ts';

/** Bounds the line of a probe: a token of at most 64 bytes, and room for later fields. */
const MAX_PROBE_LINE_BYTES = 512;

interface Observation {
  readonly endpoint: MappedEndpoint;
  readonly timer: NodeJS.Timeout;
}

/**
 * The probes at the second port. A probe and a join name the same token.
 * Whichever comes first waits here for the other.
 */
export class Probes {
  readonly #limits: Limits;
  readonly #lingering: LingeringClose;
  readonly #sockets = new Set<Socket>();
  /** By token, like `#waiting`. */
  readonly #observations = new Map<string, Observation>();
  readonly #waiting = new Map<string, (seen: MappedEndpoint) => void>();

  constructor(limits: Limits, lingering: LingeringClose) {
    this.#limits = limits;
    this.#lingering = lingering;
  }

  accept(socket: Socket, from: MappedEndpoint): void {
    const decoder = createLineDecoder({ maxBytes: MAX_PROBE_LINE_BYTES });
    // We close first, so that TIME_WAIT stays here and the client's port is free for its next dial.
    const close = () => {
      clearTimeout(timer);
      this.#lingering.close(socket);
    };
    const timer = setTimeout(close, this.#limits.firstLineMs);
    this.#sockets.add(socket);
    socket.on('close', () => {
      clearTimeout(timer);
      this.#sockets.delete(socket);
    });
    socket.on('data', (chunk) => {
      try {
        decoder.push(chunk);
        const line = decoder.next();
        if (line === undefined) {
          return;
        }
        this.#observe(parseProbeMessage(line).token, from);
        socket.write(formatMessage({ t: 'observed', you: from }));
      } catch (error) {
        if (!(error instanceof ProtocolError)) {
          throw error;
        }
      }
      close();
    });
  }

  /**
   * Calls back once with the endpoint from which a probe with this token came: at
   * once if it is known, or with undefined after `waitMs`. Returns a function that
   * cancels the call.
   */
  wait(token: string, waitMs: number, callback: (seen: MappedEndpoint | undefined) => void): () => void {
    const known = this.#observations.get(token);
    if (known !== undefined) {
      this.#forget(token);
      callback(known.endpoint);
      return () => {};
    }
    const waiting = this.#waiting;
    function cancel() {
      clearTimeout(timer);
      if (waiting.get(token) === answer) {
        waiting.delete(token);
      }
    }
    function answer(seen?: MappedEndpoint) {
      cancel();
      callback(seen);
    }
    const timer = setTimeout(answer, waitMs);
    waiting.set(token, answer);
    return cancel;
  }

  counts(): { readonly sockets: number; readonly observations: number } {
    return { sockets: this.#sockets.size, observations: this.#observations.size };
  }

  close(): void {
    for (const socket of this.#sockets) {
      socket.destroy();
    }
    for (const token of this.#observations.keys()) {
      this.#forget(token);
    }
  }

  #observe(token: string, endpoint: MappedEndpoint): void {
    const waits = this.#waiting.get(token);
    if (waits !== undefined) {
      waits(endpoint);
      return;
    }
    this.#forget(token);
    const [oldest] = this.#observations.keys();
    if (oldest !== undefined && this.#observations.size >= this.#limits.maxObservations) {
      this.#forget(oldest);
    }
    const timer = setTimeout(() => this.#forget(token), this.#limits.observationMs);
    this.#observations.set(token, { endpoint, timer });
  }

  #forget(token: string): void {
    clearTimeout(this.#observations.get(token)?.timer);
    this.#observations.delete(token);
  }
}
