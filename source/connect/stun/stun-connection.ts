import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { ProtocolError } from '../../errors.ts';
import type { Endpoint } from '../../events.ts';
import { safeText } from '../../text/safe-text.ts';
import {
  createStunDecoder,
  encodeBindingRequest,
  TRANSACTION_BYTES,
  type StunMessage,
} from './wire/stun-message.ts';

/** Bounds what is shown of a server's reason. RFC 8489 allows 128 characters. */
const MAX_REASON_LENGTH = 128;

/** A question that has not been answered yet. */
interface Question {
  readonly transaction: Uint8Array;
  readonly resolve: (said: Endpoint | string) => void;
}

/** A connection to a STUN server. It is open until the server breaks the protocol or is silent, or the signal is aborted. */
export class StunConnection {
  readonly #socket: Socket;
  readonly #signal: AbortSignal;
  readonly #decoder = createStunDecoder();
  readonly #onAbort = () => this.end('it is not asked any more');
  #question: Question | undefined;
  /** Why it has ended. */
  #over: string | undefined;

  constructor(socket: Socket, signal: AbortSignal) {
    this.#socket = socket;
    this.#signal = signal;
    socket.on('data', (chunk) => this.#read(chunk));
    socket.once('close', () => this.end('it closed the connection'));
    signal.addEventListener('abort', this.#onAbort);
    if (signal.aborted) {
      this.#onAbort();
    }
  }

  get isOpen(): boolean {
    return this.#over === undefined;
  }

  /** Asks at which endpoint the server sees us. Resolves with it, or with the reason why it is not told. Ask one question at a time. */
  ask(patienceMs: number): Promise<Endpoint | string> {
    return new Promise((resolve) => {
      if (this.#over !== undefined) {
        resolve(this.#over);
        return;
      }
      const transaction = randomBytes(TRANSACTION_BYTES);
      const timer = setTimeout(() => this.end('it did not answer'), patienceMs);
      this.#question = {
        transaction,
        resolve: (said) => {
          clearTimeout(timer);
          resolve(said);
        },
      };
      this.#socket.write(encodeBindingRequest(transaction));
    });
  }

  /** Closes the connection. Never half-closed: coturn answers that with RST (tried). */
  end(reason: string): void {
    this.#over ??= reason;
    this.#signal.removeEventListener('abort', this.#onAbort);
    this.#socket.destroy();
    this.#answer(reason);
  }

  #answer(said: Endpoint | string): void {
    const question = this.#question;
    this.#question = undefined;
    question?.resolve(said);
  }

  #read(chunk: Uint8Array): void {
    try {
      for (const message of this.#decoder.push(chunk)) {
        this.#take(message);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) {
        throw error;
      }
      this.end(error.message);
    }
  }

  #take(message: StunMessage): void {
    const question = this.#question;
    if (question === undefined || Buffer.compare(message.transaction, question.transaction) !== 0) {
      throw new ProtocolError('it answered what was not asked');
    }
    if (message.type === 'seen') {
      this.#answer(message.mapped);
      return;
    }
    const reason = safeText(message.reason.slice(0, MAX_REASON_LENGTH));
    this.end(`it refused with ${message.code} ${reason}`.trimEnd());
  }
}
