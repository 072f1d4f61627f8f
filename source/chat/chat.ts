import { performance } from 'node:perf_hooks';
import { PunchlineError } from '../errors.ts';
import type { AcceptOptions, Chat, EndedEvent, ErrorEvent, PunchlineEvent } from '../events.ts';
import {
  createChatDecoder,
  encodeChatMessage,
  MAX_TEXT_BYTES,
  type ChatMessage,
} from '../protocol/chat-messages.ts';
import { safeName } from '../text/safe-text.ts';
import type { ConnectOptions } from '../connect/connect-options.ts';
import { connect, type Connection } from '../connect/connection.ts';
import { drained } from '../network/waiting.ts';
import { EventLog } from './event-log.ts';
import { toPunchlineError } from '../network/to-punchline-error.ts';
import type { FileOffer } from '../connect/files/files.ts';

export const heartbeatText = 'Hello, world';
/** How often the peer is told that a message is being written, and how often at most we tell it of the peer. */
const TYPING_EVERY_MS = 3000;
/** How long a goodbye waits for what was sent to arrive; not at all while the connection is lost. */
const LEAVE_TIMEOUT_MS = 5000;

export interface ChatOptions extends Omit<ConnectOptions, 'mode'> {
  /** Sends a heartbeat this often once there is a connection. */
  readonly heartbeatMs?: number | undefined;
  /** Whether the peer hears that something is being written; default: yes. */
  readonly typing?: boolean | undefined;
  /** A folder into which all is taken that the peer offers, unasked. */
  readonly acceptFiles?: string | undefined;
  /** Whether somebody can answer an offer; default: yes. Else what is not taken unasked is declined. */
  readonly hasAnswers?: boolean | undefined;
}

/** What follows them is of another transfer. */
const lastStates: ReadonlySet<string> = new Set(['declined', 'done', 'failed', 'cancelled']);

interface Undelivered extends Pick<ChatMessage, 'type' | 'n'> {
  readonly id: string;
  /** Where it ends in the stream. */
  readonly end: number;
  readonly sentAt: number;
}

/** How many of these a person has written. */
function textsIn(some: readonly Undelivered[]): number {
  return some.filter(({ type }) => type === 'text').length;
}

/** A chat as a view of a connection: messages over its stream, delivered when their last byte has arrived. */
export class PunchedChat implements Chat {
  readonly #connection: Connection;
  readonly #log = new EventLog();
  readonly #undelivered: Undelivered[] = [];
  #heartbeatMs: number | undefined;
  #written = 0;
  readonly #numbers = { text: 0, heartbeat: 0, name: 0, typing: 0 };
  readonly #tellsTyping: boolean;
  readonly #offers = new Map<string, FileOffer>();
  readonly #onOffer: (offer: FileOffer) => void;
  /** By performance.now(). */
  readonly #typingAt = { own: -Infinity, peer: -Infinity };
  #lost = false;
  #finishing = false;
  #parting = false;
  #interrupted: number | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #leaving: NodeJS.Timeout | undefined;

  constructor({ heartbeatMs, typing = true, acceptFiles, hasAnswers = true, ...options }: ChatOptions) {
    this.#heartbeatMs = heartbeatMs;
    this.#onOffer = (offer) => {
      if (acceptFiles !== undefined) {
        offer.accept(acceptFiles);
      } else if (!hasAnswers) {
        offer.decline('nobody there can accept it; --accept-files does by itself');
      } else if (this.#finishing) {
        offer.decline('the other side is leaving');
      } else {
        this.#offers.set(offer.id, offer);
      }
    };
    this.#tellsTyping = typing;
    this.#connection = connect({ ...options, mode: 'chat' });
    this.#listen();
  }

  get rttMs(): number | undefined {
    return this.#connection.rttMs;
  }

  get verification(): readonly string[] | undefined {
    return this.#connection.verification;
  }

  subscribe(listener: (event: PunchlineEvent) => void): () => void {
    return this.#log.subscribe(listener);
  }

  send(text: string): void {
    const bytes = Buffer.byteLength(text);
    if (bytes > MAX_TEXT_BYTES) {
      throw new PunchlineError('ERR_USAGE', `a message of ${bytes} bytes; ${MAX_TEXT_BYTES} are allowed`, {
        hint: 'Send it in parts.',
      });
    }
    if (this.#log.ended) {
      return;
    }
    const id = `me-${this.#numbers.text + 1}`;
    this.#log.emit({ event: 'message', from: 'me', id, text });
    this.#write('text', text, id);
    this.#typingAt.own = -Infinity;
  }

  rename(name: string): void {
    if (!this.#log.ended) {
      this.#write('name', safeName(name), '');
    }
  }

  typing(): void {
    const now = performance.now();
    if (!this.#tellsTyping || !this.#isLive || now - this.#typingAt.own < TYPING_EVERY_MS) {
      return;
    }
    this.#typingAt.own = now;
    this.#write('typing', '', '');
  }

  sendFile(path: string): Promise<string> {
    return this.#connection.sendFile(path);
  }

  acceptFile(id: string, folder?: string, options?: AcceptOptions): void {
    this.#offers.get(id)?.accept(folder, options);
  }

  declineFile(id: string, reason?: string): void {
    this.#offers.get(id)?.decline(reason);
  }

  cancelFile(id: string): void {
    this.#connection.cancelFile(id);
  }

  beat(everyMs: number | undefined): void {
    clearInterval(this.#heartbeat);
    this.#heartbeatMs = everyMs;
    if (this.#connection.connected && !this.#log.ended) {
      this.#startBeating();
    }
  }

  writable(): Promise<void> {
    return drained(this.#connection);
  }

  pause(): void {
    this.#connection.pause().pauseFiles();
  }

  resume(): void {
    this.#connection.resume().resumeFiles();
  }

  finish(): void {
    this.#finishing = true;
    for (const offer of this.#offers.values()) {
      offer.decline('the other side is leaving');
    }
    this.#leaveWhenDelivered();
  }

  leave(): void {
    // An output whose reader is gone may say so once more, with the last word.
    if (this.#log.ended) {
      return;
    }
    if (this.#leaving !== undefined || this.#lost || !this.#connection.connected) {
      this.#connection.leaveNow();
      return;
    }
    this.#connection.cancelFiles();
    this.#leaving = setTimeout(() => this.#connection.leaveNow(), LEAVE_TIMEOUT_MS);
    this.finish();
  }

  report(failure: Omit<ErrorEvent, 'event'>): void {
    this.#log.emit({ event: 'error', ...failure });
  }

  interrupt(exit: number): void {
    if (this.#log.ended) {
      return;
    }
    this.#interrupted = exit;
    this.#connection.leaveNow();
  }

  #listen(): void {
    const connection = this.#connection;
    connection.on('offer', this.#onOffer);
    connection.on('handedOver', () => this.#leaveWhenDelivered());
    connection.on('happening', (happening) => {
      this.#log.emit(happening);
      if (happening.event === 'file' && lastStates.has(happening.state)) {
        this.#offers.delete(happening.id);
      }
      if (happening.event === 'connected') {
        this.#begin();
      }
    });
    connection.on('resumed', (ms, resentBytes, path) => {
      this.#lost = false;
      const from = connection.bytesAcknowledged;
      const again = this.#undelivered.filter(({ end }) => end > from && end <= from + resentBytes);
      this.#log.emit({ event: 'resumed', ms, resent: textsIn(again), path });
    });
    connection.on('lost', (reason) => {
      this.#lost = true;
      this.#log.emit({ event: 'lost', reason, queued: textsIn(this.#undelivered) });
    });
    connection.on('acknowledged', (offset) => this.#delivered(offset));

    const decoder = createChatDecoder();
    connection.on('data', (chunk: Uint8Array) => {
      try {
        for (const message of decoder.push(chunk)) {
          this.#received(message);
        }
      } catch (error) {
        connection.destroy(toPunchlineError(error));
      }
    });
    let parted: 'us' | 'peer' | undefined;
    let failure: Error | undefined;
    connection.on('goodbye', (by) => {
      parted = by;
    });
    connection.on('error', (error) => {
      failure = error;
    });
    connection.on('close', () => this.#end(parted, failure));
  }

  #begin(): void {
    this.#startBeating();
    this.#leaveWhenDelivered();
  }

  #startBeating(): void {
    if (this.#heartbeatMs === undefined) {
      return;
    }
    this.#beat();
    this.#heartbeat = setInterval(() => this.#beat(), this.#heartbeatMs);
  }

  #beat(): void {
    if (this.#isLive) {
      this.#write('heartbeat', heartbeatText, '');
    }
  }

  /** Whether what is about now can arrive now: else it would only pile up. */
  get #isLive(): boolean {
    const { connected, writableNeedDrain } = this.#connection;
    return connected && !writableNeedDrain && !this.#lost && !this.#log.ended && !this.#finishing;
  }

  #write(type: ChatMessage['type'], text: string, id: string): void {
    this.#numbers[type] += 1;
    const n = this.#numbers[type];
    const bytes = encodeChatMessage({ type, n, text });
    this.#written += bytes.length;
    this.#undelivered.push({ type, n, id, end: this.#written, sentAt: performance.now() });
    this.#connection.write(bytes);
  }

  #delivered(offset: number): void {
    for (;;) {
      const first = this.#undelivered[0];
      if (first === undefined || first.end > offset) {
        break;
      }
      this.#undelivered.shift();
      const ms = Math.round(performance.now() - first.sentAt);
      const { type, n, id } = first;
      if (type === 'text') {
        this.#log.emit({ event: 'delivered', id, ms });
      } else if (type === 'heartbeat') {
        this.#log.emit({ event: 'heartbeat', direction: 'sent', n, text: heartbeatText, ms });
      }
    }
    this.#leaveWhenDelivered();
  }

  #received({ type, n, text }: ChatMessage): void {
    if (type === 'text') {
      this.#typingAt.peer = -Infinity;
    }
    if (type === 'text') {
      this.#log.emit({ event: 'message', from: 'peer', id: `peer-${n}`, text });
    } else if (type === 'heartbeat') {
      this.#log.emit({ event: 'heartbeat', direction: 'received', n, text });
    } else if (type === 'name') {
      this.#log.emit({ event: 'renamed', name: safeName(text) });
    } else {
      this.#peerTypes();
    }
  }

  /** A peer may say it as often as it likes, and is heard only so often. */
  #peerTypes(): void {
    const now = performance.now();
    if (now - this.#typingAt.peer < TYPING_EVERY_MS / 2) {
      return;
    }
    this.#typingAt.peer = now;
    this.#log.emit({ event: 'typing' });
  }

  #leaveWhenDelivered(): void {
    if (!this.#finishing || this.#parting || !this.#connection.connected) {
      return;
    }
    if (this.#undelivered.some(({ type }) => type === 'text') || !this.#connection.hasHandedOver) {
      return;
    }
    this.#parting = true;
    this.#connection.leave();
  }

  #end(parted: 'us' | 'peer' | undefined, failure: Error | undefined): void {
    clearInterval(this.#heartbeat);
    clearTimeout(this.#leaving);
    const undelivered = textsIn(this.#undelivered);
    const tell = (reason: EndedEvent['reason'], exit: number) =>
      this.#log.emit({ event: 'ended', reason, exit, ...(undelivered > 0 && { undelivered }) });
    if (this.#interrupted !== undefined) {
      tell('interrupted', this.#interrupted);
    } else if (failure !== undefined) {
      const { code, message, hint, exitCode } = toPunchlineError(failure);
      this.#log.emit({ event: 'error', code, message, hint: hint ?? '' });
      tell('failed', exitCode);
    } else {
      tell(parted === 'peer' ? 'peer-left' : 'quit', 0);
    }
  }
}
