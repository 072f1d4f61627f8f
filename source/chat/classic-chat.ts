import type { Socket } from 'node:net';
import { PunchlineError } from '../errors.ts';
import { createClassicDecoder, formatClassic, MAX_CLASSIC_BYTES } from '../protocol/classic.ts';
import { connectError } from '../network/sockets.ts';
import { toPunchlineError } from '../network/to-punchline-error.ts';
import { drained } from '../network/waiting.ts';
import { ChatBase, expectFits, heartbeatText } from './chat-base.ts';
import { meetClassic, type ClassicMeeting, type ClassicMeetingOptions } from './classic-meeting.ts';

/** The old program sends a heartbeat every second. */
const HEARTBEAT_MS = 1000;
/** How long we wait for the peer to end its side after we have ended ours. */
const END_TIMEOUT_MS = 1000;
/** How long the peer may take no byte of the rest before we give up. */
const STUCK_TIMEOUT_MS = 5000;
/** Bounds the messages that are kept until there is a connection. Beyond that, writable() makes the sender wait. */
const MAX_EARLY_BYTES = 1024 * 1024;

export interface ClassicChatOptions extends ClassicMeetingOptions {
  /** How often a heartbeat is sent. Default: every second on the side that came first, never on the other. */
  readonly heartbeatMs?: number | undefined;
}

/**
 * A chat in the protocol of the old programs. The server pairs peers in the
 * order in which they come. Nothing is encrypted, and nothing is acknowledged.
 */
export class ClassicChat extends ChatBase {
  readonly rttMs = undefined;
  readonly verification = undefined;
  readonly #abort = new AbortController();
  /** Messages that wait for a connection. */
  readonly #early: Uint8Array[] = [];
  #earlyBytes = 0;
  /** Resolves when there is a connection, or when the chat has ended without one. */
  readonly #begun = Promise.withResolvers<void>();
  #socket: Socket | undefined;
  #beats = 0;
  #parting: NodeJS.Timeout | undefined;
  #paused = false;

  constructor(options: ClassicChatOptions) {
    super(options.heartbeatMs);
    queueMicrotask(() => {
      meetClassic(options, this.#abort.signal, (happening) => this.emit(happening))
        .then((meeting) => this.#talk(meeting))
        .catch((error: unknown) => this.#fail(error));
    });
  }

  send(text: string): void {
    const bytes = formatClassic(text);
    expectFits(bytes.length, MAX_CLASSIC_BYTES);
    if (!this.#isOpen) {
      return;
    }
    this.said(text);
    if (this.#socket !== undefined) {
      this.#socket.write(bytes);
      return;
    }
    this.#early.push(bytes);
    this.#earlyBytes += bytes.length;
  }

  /** The old protocol cannot say it. */
  typing(): void {}

  rename(): void {
    throw lacks('names', 'Say who you are in a message.');
  }

  befriend(): void {
    throw lacks('friends', 'Chat without --classic.');
  }

  unfriend(): void {
    this.befriend();
  }

  forget(): void {
    this.befriend();
  }

  sendFile(): Promise<string> {
    return Promise.reject(lacks('files', 'Chat without --classic.'));
  }

  /** The old protocol has no offers. */
  acceptFile(): void {}
  declineFile(): void {}
  cancelFile(): void {}

  async writable(): Promise<void> {
    if (this.#socket === undefined && this.#earlyBytes > MAX_EARLY_BYTES) {
      await this.#begun.promise;
    }
    if (this.#socket !== undefined) {
      await drained(this.#socket);
    }
  }

  pause(): void {
    this.#paused = true;
    this.#socket?.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#socket?.resume();
  }

  protected beatOnce(): void {
    // If the peer reads nothing, heartbeats would pile up.
    if (this.#socket === undefined || this.#socket.writableNeedDrain || !this.#isOpen) {
      return;
    }
    this.#beats += 1;
    this.#socket.write(formatClassic(heartbeatText));
    this.emit({ event: 'heartbeat', direction: 'sent', n: this.#beats, text: heartbeatText });
  }

  /** Only the first leave() waits: once the goodbye is said, another one ends the chat. */
  protected get canPart(): boolean {
    return this.#socket !== undefined && this.stage === 'talking';
  }

  /** Nothing is acknowledged. What was written leaves before the end of the connection does. */
  protected get isDelivered(): boolean {
    return this.#socket !== undefined;
  }

  protected decline(): void {}

  /** part() has limits of its own. */
  protected hurry(): void {}

  /** The only goodbye of this protocol is the end of the connection. It follows everything that was written. */
  protected part(): void {
    const socket = this.#socket;
    if (socket === undefined) {
      return;
    }
    let unsent = Infinity;
    this.#parting = setInterval(() => {
      if (socket.writableLength >= unsent) {
        this.#fail(lost('the peer does not read any more'));
      }
      unsent = socket.writableLength;
    }, STUCK_TIMEOUT_MS);
    socket.once('finish', () => {
      clearInterval(this.#parting);
      this.#parting = setTimeout(() => this.#close(), END_TIMEOUT_MS);
    });
    socket.end();
  }

  protected go(): void {
    this.#close();
  }

  /** Whether more can be said, because the goodbye has not been said yet. */
  get #isOpen(): boolean {
    return this.stage === 'talking' || this.stage === 'finishing';
  }

  #talk({ socket, first }: ClassicMeeting): void {
    // A listener that hears of the connection may have left at once.
    if (this.stage === 'ended') {
      socket.destroy();
      return;
    }
    this.#socket = socket;
    const decoder = createClassicDecoder();
    const heard = { heartbeat: 0, text: 0 };
    socket.on('data', (chunk) => {
      try {
        for (const text of decoder.push(chunk)) {
          const type = text === heartbeatText ? 'heartbeat' : 'text';
          heard[type] += 1;
          this.heard(type, heard[type], text);
        }
      } catch (error) {
        this.#fail(error);
      }
    });
    socket.on('end', () => {
      if (this.stage === 'talking') {
        this.step('peer-left');
        this.part();
      }
    });
    socket.on('error', (error) => this.#fail(lost(connectError(error))));
    socket.on('close', () => this.#fail(lost('it was closed')));
    if (this.#paused) {
      socket.pause();
    } else {
      socket.resume();
    }

    for (const bytes of this.#early.splice(0)) {
      socket.write(bytes);
    }
    this.#begun.resolve();
    this.startBeating(first ? HEARTBEAT_MS : undefined);
    this.settle();
  }

  #fail(error: unknown): void {
    if (this.stage === 'ended') {
      return;
    }
    // When the peer has left, or all of ours has been sent, it does not matter how the connection breaks.
    if (this.stage === 'peer-left' || this.#socket?.writableFinished === true) {
      this.#close();
      return;
    }
    const failure = toPunchlineError(error);
    if (failure.code === 'ERR_CONNECTION_LOST') {
      this.emit({ event: 'lost', reason: failure.message, queued: 0 });
    }
    this.#close(failure);
  }

  #close(failure?: PunchlineError): void {
    clearInterval(this.#parting);
    this.end(failure);
    this.#abort.abort();
    this.#begun.resolve();
    this.#socket?.destroy();
  }
}

function lacks(what: string, hint: string): PunchlineError {
  return new PunchlineError('ERR_USAGE', `the old protocol has no ${what}`, { hint });
}

function lost(why: string): PunchlineError {
  return new PunchlineError('ERR_CONNECTION_LOST', `the connection to the peer was lost: ${why}`, {
    hint: 'Start again on both sides.',
  });
}
