import type { Socket } from 'node:net';
import { PunchlineError } from '../errors.ts';
import type { Chat, EndedEvent, ErrorEvent, PunchlineEvent } from '../events.ts';
import { createClassicDecoder, formatClassic, MAX_CLASSIC_BYTES } from '../protocol/classic.ts';
import { toPunchlineError } from '../network/to-punchline-error.ts';
import { drained } from '../network/waiting.ts';
import { heartbeatText } from './chat.ts';
import { meetClassic, type ClassicMeeting, type ClassicMeetingOptions } from './classic-meeting.ts';
import { EventLog } from './event-log.ts';
import { connectError } from '../network/sockets.ts';

/** Once a second: what the exercise does. */
const HEARTBEAT_MS = 1000;
/** How long the peer's end of the connection may take after ours. */
const END_TIMEOUT_MS = 1000;
/** How long a goodbye bears that nothing of what was written leaves. */
const STUCK_TIMEOUT_MS = 5000;
/** Bounds what is kept until there is a connection: more stays where it comes from. */
const MAX_EARLY_BYTES = 1024 * 1024;

export interface ClassicChatOptions extends ClassicMeetingOptions {
  /** The first arrival sends heartbeats in any case, as the exercise has it; the second only where this is given. */
  readonly heartbeatMs?: number | undefined;
}

/**
 * A chat with the old programs, or between two of ours that pretend: paired by
 * order of arrival, not encrypted, nothing acknowledged.
 */
export class ClassicChat implements Chat {
  readonly rttMs = undefined;
  readonly verification = undefined;
  readonly #log = new EventLog();
  readonly #abort = new AbortController();
  /** What was sent before there is a connection. */
  readonly #early: Uint8Array[] = [];
  #earlyBytes = 0;
  /** Resolves when there is a connection, or will never be one. */
  readonly #begun = Promise.withResolvers<void>();
  #socket: Socket | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #beats = 0;
  /** How often to beat; undefined: as our place in the exercise has it. */
  #beatMs: number | 'never' | undefined;
  #parting: NodeJS.Timeout | undefined;
  #texts = 0;
  #finishing = false;
  #peerLeft = false;
  #paused = false;

  constructor(options: ClassicChatOptions) {
    this.#beatMs = options.heartbeatMs;
    queueMicrotask(() => {
      meetClassic(options, this.#abort.signal, (happening) => this.#log.emit(happening))
        .then((meeting) => this.#talk(meeting))
        .catch((error: unknown) => this.#fail(error));
    });
  }

  subscribe(listener: (event: PunchlineEvent) => void): () => void {
    return this.#log.subscribe(listener);
  }

  send(text: string): void {
    const bytes = formatClassic(text);
    if (bytes.length > MAX_CLASSIC_BYTES) {
      throw new PunchlineError(
        'ERR_USAGE',
        `a message of ${bytes.length} bytes; ${MAX_CLASSIC_BYTES} are allowed`,
        { hint: 'Send it in parts.' },
      );
    }
    if (this.#log.ended || this.#parting !== undefined) {
      return;
    }
    this.#texts += 1;
    this.#log.emit({ event: 'message', from: 'me', id: `me-${this.#texts}`, text });
    if (this.#socket !== undefined) {
      this.#socket.write(bytes);
      return;
    }
    this.#early.push(bytes);
    this.#earlyBytes += bytes.length;
  }

  /** The old protocol has no word for it. */
  typing(): void {}

  rename(): void {
    throw lacks('names', 'Say who you are in a message.');
  }

  sendFile = (): Promise<string> => Promise.reject(lacks('files', 'Chat without --classic.'));

  /** Nobody offers any. */
  acceptFile(): void {}
  declineFile(): void {}
  cancelFile(): void {}

  beat(everyMs: number | undefined): void {
    this.#beatMs = everyMs ?? 'never';
    if (this.#socket !== undefined && this.#parting === undefined) {
      this.#startBeating(this.#socket);
    }
  }

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

  finish(): void {
    this.#finishing = true;
    if (this.#socket !== undefined) {
      this.#part(this.#socket);
    }
  }

  leave(): void {
    if (this.#socket === undefined || this.#parting !== undefined) {
      this.#end(this.#ending());
    } else {
      this.finish();
    }
  }

  report(failure: Omit<ErrorEvent, 'event'>): void {
    this.#log.emit({ event: 'error', ...failure });
  }

  interrupt(exit: number): void {
    this.#end({ event: 'ended', reason: 'interrupted', exit });
  }

  #talk({ socket, first }: ClassicMeeting): void {
    this.#socket = socket;
    const decoder = createClassicDecoder();
    let received = 0;
    let texts = 0;
    socket.on('data', (chunk) => {
      try {
        for (const text of decoder.push(chunk)) {
          if (text === heartbeatText) {
            received += 1;
            this.#log.emit({ event: 'heartbeat', direction: 'received', n: received, text });
          } else {
            texts += 1;
            this.#log.emit({ event: 'message', from: 'peer', id: `peer-${texts}`, text });
          }
        }
      } catch (error) {
        this.#fail(error);
      }
    });
    socket.on('end', () => {
      this.#peerLeft = !this.#finishing;
      this.#part(socket);
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
    this.#beatMs ??= first ? HEARTBEAT_MS : 'never';
    this.#startBeating(socket);
    if (this.#finishing) {
      this.#part(socket);
    }
  }

  #startBeating(socket: Socket): void {
    clearInterval(this.#heartbeat);
    if (typeof this.#beatMs !== 'number') {
      return;
    }
    const beat = () => {
      // A peer that reads nothing is not told more and more.
      if (socket.writableNeedDrain) {
        return;
      }
      this.#beats += 1;
      socket.write(formatClassic(heartbeatText));
      this.#log.emit({ event: 'heartbeat', direction: 'sent', n: this.#beats, text: heartbeatText });
    };
    beat();
    this.#heartbeat = setInterval(beat, this.#beatMs);
  }

  /** There is no goodbye in this protocol but the end of the connection, after all that was written. */
  #part(socket: Socket): void {
    if (this.#parting !== undefined) {
      return;
    }
    clearInterval(this.#heartbeat);
    let unsent = Infinity;
    this.#parting = setInterval(() => {
      if (socket.writableLength >= unsent) {
        this.#fail(lost('the peer takes nothing any more'));
      }
      unsent = socket.writableLength;
    }, STUCK_TIMEOUT_MS);
    socket.once('finish', () => {
      clearInterval(this.#parting);
      this.#parting = setTimeout(() => this.#end(this.#ending()), END_TIMEOUT_MS);
    });
    socket.end();
  }

  #ending(): EndedEvent {
    return { event: 'ended', reason: this.#peerLeft ? 'peer-left' : 'quit', exit: 0 };
  }

  #fail(error: unknown): void {
    if (this.#log.ended) {
      return;
    }
    // Whoever has left does not say how its connection should end.
    if (this.#peerLeft || this.#socket?.writableFinished === true) {
      this.#end(this.#ending());
      return;
    }
    const { code, message, hint, exitCode } = toPunchlineError(error);
    if (code === 'ERR_CONNECTION_LOST') {
      this.#log.emit({ event: 'lost', reason: message, queued: 0 });
    }
    this.#log.emit({ event: 'error', code, message, hint: hint ?? '' });
    this.#end({ event: 'ended', reason: 'failed', exit: exitCode });
  }

  #end(ended: EndedEvent): void {
    clearInterval(this.#heartbeat);
    clearInterval(this.#parting);
    this.#log.emit(ended);
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
