import { FILES_MISSING_EXIT, PunchlineError } from '../errors.ts';
import type {
  AcceptOptions,
  Chat,
  EndedEvent,
  ErrorEvent,
  Happening,
  MessageEvent,
  PunchlineEvent,
} from '../events.ts';
import { toPunchlineError } from '../network/to-punchline-error.ts';
import { EventLog } from './event-log.ts';
import { endOf, stepLeaving, type LeavingInput, type Stage } from './leaving.ts';

export const heartbeatText = 'Hello, world';

/** The part that all chats share, however their messages travel. */
export abstract class ChatBase implements Chat {
  protected stage: Stage = 'talking';
  readonly #log = new EventLog();
  #texts = 0;
  /** Undefined until somebody has said how often. */
  #beatMs: number | 'never' | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  /** The exit code if the chat is interrupted. */
  #exit = 0;

  abstract readonly rttMs: number | undefined;
  abstract readonly verification: readonly string[] | undefined;
  abstract send(text: string): void;
  abstract rename(name: string): void;
  abstract typing(): void;
  abstract befriend(name?: string): void;
  abstract unfriend(): void;
  abstract forget(): void;
  abstract sendFile(path: string): Promise<string>;
  abstract acceptFile(id: string, folder?: string, options?: AcceptOptions): void;
  abstract declineFile(id: string, reason?: string): void;
  abstract cancelFile(id: string): void;
  abstract writable(): Promise<void>;
  abstract pause(): void;
  abstract resume(): void;

  /** Sends a heartbeat, if one can be sent now. */
  protected abstract beatOnce(): void;
  /** Whether a goodbye could still come through. */
  protected abstract get canPart(): boolean;
  /** Whether everything that we said has arrived. */
  protected abstract get isDelivered(): boolean;
  /** Declines all open offers of the peer. */
  protected abstract decline(): void;
  /** Cancels all files, and sets a limit to the wait for messages. */
  protected abstract hurry(): void;
  /** Says goodbye. */
  protected abstract part(): void;
  /** Ends the chat without waiting for anything. */
  protected abstract go(): void;

  constructor(heartbeatMs: number | undefined) {
    this.#beatMs = heartbeatMs;
  }

  subscribe(listener: (event: PunchlineEvent) => void): () => void {
    return this.#log.subscribe(listener);
  }

  report(failure: Omit<ErrorEvent, 'event'>): void {
    this.emit({ event: 'error', ...failure });
  }

  beat(everyMs: number | undefined): void {
    this.#beatMs = everyMs ?? 'never';
    if (this.stage === 'talking') {
      this.startBeating();
    }
  }

  finish(): void {
    this.step('finish');
  }

  leave(): void {
    this.step(this.canPart ? 'leave' : 'now');
  }

  interrupt(exit: number): void {
    this.#exit = exit;
    this.step('interrupt');
  }

  protected emit(happening: Happening): void {
    this.#log.emit(happening);
  }

  /** Tells the faces of a message of ours, and returns its id. `writtenAt`: it was written in an earlier run. */
  protected said(text: string, writtenAt?: number): string {
    this.#texts += 1;
    const id = `me-${this.#texts}`;
    this.emit({ event: 'message', from: 'me', id, text, ...(writtenAt !== undefined && { writtenAt }) });
    return id;
  }

  /** Tells the faces of the `n`th message or heartbeat of the peer. */
  protected heard(
    type: 'text' | 'heartbeat',
    n: number,
    text: string,
    marks: Pick<MessageEvent, 'again' | 'writtenAt'> = {},
  ): void {
    this.emit(
      type === 'text'
        ? { event: 'message', from: 'peer', id: `peer-${n}`, text, ...marks }
        : { event: 'heartbeat', direction: 'received', n, text },
    );
  }

  /** `defaultMs` counts if nobody has said how often. */
  protected startBeating(defaultMs?: number): void {
    clearInterval(this.#heartbeat);
    const everyMs = this.#beatMs ?? defaultMs ?? 'never';
    if (everyMs !== 'never') {
      this.beatOnce();
      this.#heartbeat = setInterval(() => this.beatOnce(), everyMs);
    }
  }

  protected step(input: LeavingInput): void {
    const [stage, act] = stepLeaving(this.stage, input);
    this.stage = stage;
    if (act !== undefined) {
      this[act]();
    }
    this.settle();
  }

  /** Says goodbye if the chat has waited only for its messages and files, and all have arrived. */
  protected settle(): void {
    if ((this.stage === 'finishing' || this.stage === 'leaving') && this.isDelivered) {
      this.step('delivered');
    }
  }

  /**
   * Tells the end, which is the last event. `undelivered` counts our messages that have not arrived. `lacksFiles`:
   * whether the exit code is to tell that a file was not handed over.
   */
  protected end(
    failure?: Error,
    { undelivered = 0, waitsFor }: Pick<EndedEvent, 'undelivered' | 'waitsFor'> = {},
    lacksFiles = false,
  ): void {
    const reason = endOf(this.stage, failure !== undefined);
    this.stage = 'ended';
    clearInterval(this.#heartbeat);
    let exit = reason === 'interrupted' ? this.#exit : lacksFiles ? FILES_MISSING_EXIT : 0;
    if (reason === 'failed') {
      const { code, message, hint = '', tries, exitCode } = toPunchlineError(failure);
      this.report({ code, message, hint, ...(tries === undefined ? {} : { tries }) });
      exit = exitCode;
    }
    this.emit({
      event: 'ended',
      reason,
      exit,
      ...(undelivered > 0 && { undelivered, ...(waitsFor !== undefined && { waitsFor }) }),
    });
  }
}

/** Throws ERR_USAGE. */
export function expectFits(bytes: number, maxBytes: number): void {
  if (bytes > maxBytes) {
    throw new PunchlineError('ERR_USAGE', `a message of ${bytes} bytes; ${maxBytes} are allowed`, {
      hint: 'Send it in parts.',
    });
  }
}
