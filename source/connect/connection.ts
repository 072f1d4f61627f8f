import { Duplex, finished, type DuplexOptions } from 'node:stream';
import type { PunchlineError } from '../errors.ts';
import type { Happening, Path } from '../events.ts';
import { verificationWords } from './keys/verification-words.ts';
import type { CloseReason } from './session/wire/frames.ts';
import { keepaliveTimes, quietKeepaliveTimes } from './session/wire/keepalive.ts';
import { LeftForGood } from './session/frame-link.ts';
import { ReadBuffer } from './session/read-buffer.ts';
import { endings, partingOf, type EndingEffect, type EndingEvent, type EndingState } from './ending.ts';
import type { ConnectOptions, FriendKey } from './connect-options.ts';
import { LateFiles } from './files/late-files.ts';
import { ChannelSupervisor, lost } from './reconnect/channel-supervisor.ts';
import type { MetChannel } from './meeting/connected-event.ts';
import { meet } from './meeting/meet.ts';
import { createMeetingContext, type MeetingContext } from './meeting-context.ts';
import { Session } from './session/session.ts';
import type { CarriedFiles } from './files/carried-files.ts';
import type { FileOffer, FilesListener, SendOptions } from './files/files.ts';

/**
 * Of many streams, no more than this waits for the line, because a small request of one would wait behind it. What a stream
 * still has to send waits in the stream, and gets its turns there.
 */
const MAX_UNSENT_BYTES = 64 * 1024;

/** An event of ending.ts, as far as its effects need to know it. */
interface EndingCause {
  readonly by?: 'us' | 'peer';
  readonly reason?: CloseReason;
  readonly error?: Error | null;
}

/** What a connection takes over from another one, whose session the peer has lost. */
interface Begun {
  readonly met: MetChannel;
  readonly context: MeetingContext;
  readonly carried: CarriedFiles | undefined;
}

/** A Duplex whose listeners have types. */
const ListeningDuplex = Duplex as new (options: DuplexOptions) => ConnectionListening & Duplex;

/**
 * The line to the peer: a Duplex that exists at once and keeps what is written
 * until there is a channel. It tells what happens by events `happening`
 * (events.ts), and has finished when all that was written has arrived. When
 * both sides have parted, `goodbye` says which side began. An error, always a
 * PunchlineError, comes if the line cannot be made or is lost.
 */
export class Connection extends ListeningDuplex {
  readonly #session: Session;
  readonly #abort = new AbortController();
  readonly #supervisor: ChannelSupervisor;
  readonly #files: LateFiles;
  readonly #readBuffer = new ReadBuffer(this.readableHighWaterMark, (bytes) => this.#pass(bytes));
  readonly #options: ConnectOptions;
  readonly #context: MeetingContext;
  /** Whether another session has taken the place of this one, and its connection has got what they share. */
  #isReplaced = false;
  #state: EndingState = 'waiting';
  /** A write that waits for acks, or the end of all writes, which waits for files, too. */
  #blocked: { readonly until: () => boolean; readonly proceed: (error?: Error) => void } | undefined;
  /** `behind`: a reader has to take what it read before anything finishes. */
  #reader: 'unknown' | 'behind' | 'done' = 'unknown';
  #verification: readonly string[] | undefined;
  /** How the two have met. */
  #met: Pick<MetChannel, 'role' | 'keys' | 'takesFriends'> | undefined;
  /** Ends the destruction, at once or when what was written has arrived. */
  #finish: ((error: Error | null) => void) | undefined;

  constructor(options: ConnectOptions);
  /**
   * @internal Goes on where another connection has ended.
   */
  constructor(options: ConnectOptions, begun?: Begun);
  constructor(options: ConnectOptions, begun?: Begun) {
    // Each half ends by itself, and the goodbye comes when both have.
    super({ allowHalfOpen: true });
    this.#session = new Session(options.quiet === true ? quietKeepaliveTimes : keepaliveTimes);
    const listener: FilesListener = {
      onEvent: (event) => this.#tell(event),
      onOffer: (offer) => this.emit('offer', offer),
      onChange: () => {
        if (!this.#files.isIdle) {
          return;
        }
        this.emit('handedOver');
        this.#unblock();
      },
    };
    this.#files = new LateFiles(this.#session.files, options, listener, begun?.carried);
    const { signal } = options;
    this.#options = options;
    if (signal !== undefined) {
      const onAbort = () => void this.destroy();
      signal.addEventListener('abort', onAbort, { once: true });
      this.once('close', () => signal.removeEventListener('abort', onAbort));
      if (signal.aborted) {
        queueMicrotask(onAbort);
      }
    }
    const emit = (happening: Happening) => {
      if (!this.destroyed) {
        this.#tell(happening);
      }
    };
    const context = begun === undefined ? createMeetingContext(options, emit) : { ...begun.context, emit };
    this.#context = context;
    this.once('close', () => {
      if (!this.#isReplaced) {
        context.place.close();
        context.forwarded?.close();
      }
    });
    this.#supervisor = new ChannelSupervisor(this.#session, context, {
      isOver: () => this.#isOver,
      onHappening: (happening) => this.#tell(happening),
      onLost: (reason) => this.emit('lost', reason),
      onResumed: (ms, resentBytes, path) => this.emit('resumed', ms, resentBytes, path),
      onRestarted: (met) => this.#restarted(met),
      onFailed: (error) => this.destroy(error),
    });
    this.#listen();
    queueMicrotask(() => {
      this.#run(begun?.met).catch((error: unknown) => {
        if (!this.destroyed) {
          this.destroy(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
  }

  /** The smoothed round trip in ms; undefined before it was measured. */
  get rttMs(): number | undefined {
    return this.#session.rttMs;
  }

  /**
   * Four words of the first channel for people to compare. They are the same on
   * both sides if nobody is in between. Undefined before there is a connection.
   */
  get verification(): readonly string[] | undefined {
    return this.#verification;
  }

  /** Whether the peer runs a chat that can keep friends. */
  get takesFriends(): boolean {
    return this.#met?.takesFriends === true;
  }

  /**
   * What both sides store to meet again without a code, each with the other's role. It follows from this session and
   * from 16 fresh random bytes of each side, which the two tell each other. Undefined before there is a connection.
   */
  async friendKey(own: Uint8Array, peer: Uint8Array): Promise<FriendKey | undefined> {
    const { friendSecret } = await import('./keys/friend-keys.ts');
    if (this.#met === undefined) {
      return undefined;
    }
    const { role, keys } = this.#met;
    const [nonceA, nonceB] = role === 'a' ? [own, peer] : [peer, own];
    return { secret: friendSecret(keys.root, { nonceA, nonceB }), role };
  }

  /** Whether there has been a channel. */
  get connected(): boolean {
    return this.#supervisor.hasBegun;
  }

  /** How many of the bytes that were written have arrived at the peer. */
  get bytesAcknowledged(): number {
    return this.#session.acknowledged;
  }

  /** Whether nothing is missing: both sides have ended their writing, and all of ours has arrived. */
  get isWhole(): boolean {
    return this.#session.peerHasEnded && this.writableEnded && this.#session.delivered;
  }

  /** Whether no file is offered by us, and none is under way in either direction. */
  get hasHandedOver(): boolean {
    return this.#files.isIdle;
  }

  /**
   * Offers a file or a folder to the peer, now or as soon as there is a peer. Events `file` among the happenings tell
   * what becomes of it. Resolves with its id in those events. Rejects with ERR_FILE if it cannot be read, with ERR_USAGE
   * if there is nobody to take it, and with the signal's reason.
   */
  sendFile(path: string, options: SendOptions = {}): Promise<string> {
    return this.#files.send(path, options);
  }

  /** Ends a transfer in either direction. One that is over stays as it is. */
  cancelFile(id: string): void {
    this.#files.cancel(id);
  }

  /** Stops listening to what the peer says about files. Until `resumeFiles`, it waits here and on the peer's side. */
  pauseFiles(): void {
    this.#files.pause();
  }

  resumeFiles(): void {
    this.#files.resume();
  }

  /** Ends all transfers and offers, because this side leaves. */
  cancelFiles(): void {
    this.#files.cancelAll();
  }

  /**
   * Also waits for what the reader does with all that it reads, for example until a disk has it: only then does the
   * connection finish and say goodbye. If that fails, destroy the connection. Its peer must do the same: a side whose
   * bytes have all arrived then waits for the other's reader, and fails if that one fails.
   */
  awaitReader(taken: Promise<unknown>): void {
    this.#reader = 'behind';
    this.#session.awaitReaders(() => this.isWhole && this.#reader === 'behind');
    const onTaken = () => {
      this.#reader = 'done';
      this.#unblock();
    };
    taken.then(onTaken, () => undefined);
  }

  /**
   * Says goodbye when all that was written has arrived. `goodbye` and `close`
   * follow. It does so at once if there is no connection, or if called again.
   */
  leave(reason: CloseReason = 'quit'): void {
    this.#step('leave', { reason });
  }

  /** Says goodbye without waiting for anything. What has not arrived may be lost. */
  leaveNow(reason: CloseReason = 'quit'): void {
    this.#step('leaveNow', { reason });
  }

  async #run(met: MetChannel | undefined): Promise<void> {
    const won = met ?? (await firstMeeting(this.#context, this.#abort.signal));
    const files = await this.#files.load();
    if (this.#isOver) {
      return won.link.abandon(this.#abort.signal.reason ?? this.#leavingReason(null));
    }
    this.#verification = verificationWords(won.verification);
    this.#met = won;
    this.#step('connected');
    this.#supervisor.begin(won);
    this.#tell(won.connected);
    files.begin(won.takesFiles, won.takesSkips);
  }

  /** The peer had lost the session. Another connection goes on with what both have from now on. */
  #restarted(met: MetChannel): void {
    if (this.#state !== 'open') {
      // We are about to leave, and the peer knows nothing of what we still wanted to say.
      met.link.abandon(this.#leavingReason(null));
      this.destroy(lost('the peer was started anew'));
      return;
    }
    this.#isReplaced = true;
    const carried = this.#files.carry();
    const successor = new Connection(this.#options, { met, carried, context: this.#context });
    this.emit('restarted', successor);
    this.#step('replaced');
  }

  #tell(happening: Happening): void {
    // The handshake has left and takes a round trip. The code for files is loaded meanwhile, not behind it.
    if (happening.event === 'proof' && !this.connected) {
      setImmediate(() => void this.#files.load().catch(() => undefined));
    }
    this.emit('happening', happening);
  }

  #listen(): void {
    const session = this.#session;
    session.on('data', (bytes) => this.#readBuffer.arrived(bytes));
    session.on('end', () => this.#readBuffer.end());
    session.on('acknowledged', (offset) => {
      this.emit('acknowledged', offset);
      this.#unblock();
    });
    session.on('sent', () => this.#unblock());
    session.on('closed', (by, reason) => {
      // If the peer's reader counts, a peer that gives up may lack something, although it has arrived.
      const parting = partingOf(by, reason, this.isWhole && this.#reader === 'unknown');
      this.#step(parting, { by, error: parting === 'peerFailed' ? peerFailure(reason) : null });
    });
    session.on('failed', (reason, protocolError) => {
      if (!this.#isOver) {
        this.#supervisor.lose(reason);
        this.destroy(protocolError ?? lost(reason));
      }
    });
  }

  /** Whether a writer should wait. */
  get #isCongested(): boolean {
    const isForward = this.#options.mode === 'forward';
    return this.#session.congested || (isForward && this.#session.unsent > MAX_UNSENT_BYTES);
  }

  get #isOver(): boolean {
    return this.#state === 'parted' || this.#state === 'closed';
  }

  #step(event: EndingEvent, cause: EndingCause = {}): void {
    const { state, effects } = endings[this.#state][event];
    // Set before the effects, because they may cause the next event.
    this.#state = state;
    for (const effect of effects) {
      this.#apply(effect, cause);
    }
  }

  #apply(effect: EndingEffect, { by = 'us', reason = 'quit', error = null }: EndingCause): void {
    switch (effect) {
      case 'sayGoodbye':
        this.#session.close(reason);
        return;
      case 'waitNoLonger':
        this.#session.closeNow(reason);
        return;
      case 'awaitArrival':
        this.#whenArrived(() => this.#step('arrived'));
        return;
      case 'stop':
        this.#files.end(this.#whyOver(by, error));
        this.#supervisor.stop();
        return;
      case 'endReading':
        this.#readBuffer.end();
        return;
      case 'tellGoodbye':
        this.emit('goodbye', by);
        return;
      case 'destroy':
        this.destroy(error ?? undefined);
        return;
      case 'destroyWhenRead':
        finished(this, { writable: false }, () => this.destroy());
        return;
      case 'destroyUnlessRead':
        this.#apply(this.readableFlowing === true ? 'destroyWhenRead' : 'destroy', {});
        return;
      case 'release':
        this.#release(error);
        return;
    }
  }

  /** Why files that are under way end. */
  #whyOver(by: 'us' | 'peer', error: Error | null): string {
    if (this.#isReplaced) {
      return 'the peer was started anew';
    }
    return by === 'peer' ? 'the peer has left' : (error?.message ?? 'this side has left');
  }

  #release(error: Error | null): void {
    this.#abort.abort(this.#leavingReason(error));
    this.#session.destroy();
    this.#blocked?.proceed(error ?? lost('it was closed before all had arrived'));
    this.#finish?.(error);
  }

  /** A goodbye says that all was sent, unless we give up. */
  #leavingReason(error: Error | null): LeftForGood {
    return new LeftForGood(error === null && this.#session.delivered ? 'quit' : 'gave-up');
  }

  #pass(bytes: Uint8Array | null): boolean {
    if (bytes === null) {
      return !this.readableEnded && this.push(null);
    }
    // A listener may release the memory of the bytes, which then have no length any more.
    const { length } = bytes;
    const isWanted = this.push(bytes);
    this.#session.consumed(length);
    return isWanted;
  }

  #unblock(): void {
    if (this.#blocked?.until() !== true) {
      return;
    }
    const { proceed } = this.#blocked;
    this.#blocked = undefined;
    proceed();
  }

  override _read(): void {
    this.#readBuffer.want();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, callback: (error?: Error) => void): void {
    this.#write([chunk], callback);
  }

  override _writev(
    chunks: readonly { readonly chunk: Uint8Array }[],
    callback: (error?: Error) => void,
  ): void {
    this.#write(
      chunks.map(({ chunk }) => chunk),
      callback,
    );
  }

  #write(chunks: readonly Uint8Array[], callback: (error?: Error) => void): void {
    // After the goodbye nobody reads. The write waits until the connection is destroyed, and then fails.
    if (!this.#isOver) {
      this.#session.writeAll(chunks);
    }
    this.#blocked = { until: () => !this.#isOver && !this.#isCongested, proceed: callback };
    this.#unblock();
  }

  override _final(callback: (error?: Error) => void): void {
    this.#session.end();
    this.#whenArrived(callback);
  }

  #whenArrived(proceed: (error?: Error) => void): void {
    const until = () => this.#session.delivered && this.#files.isIdle && this.#reader !== 'behind';
    this.#blocked = { until, proceed };
    this.#unblock();
  }

  /** A second call ends the wait for what is still on its way. */
  override destroy(error?: Error): this {
    if (this.#finish === undefined) {
      return super.destroy(error);
    }
    this.#step('destroyed', { reason: 'gave-up', error: error ?? null });
    return this;
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    this.#finish = callback;
    // Readers and iterators destroy what they have read to its end. What was written should arrive all the same.
    const isDone = this.readableEnded && this.#session.hasEnded && this.#options.signal?.aborted !== true;
    this.#step(error === null && isDone ? 'done' : 'destroyed', { reason: 'gave-up', error });
  }
}

function peerFailure(reason: CloseReason): PunchlineError {
  return lost(reason === 'protocol' ? 'the peer could not make sense of what we sent' : 'the peer gave up');
}

/** Connects to the peer; see Connection. */
export function connect(options: ConnectOptions): Connection {
  return new Connection(options);
}

/** The events of a Connection beside those of every Duplex. */
export interface ConnectionEvents {
  /** Something has happened: see `Happening` in events.ts. */
  happening: [happening: Happening];
  /** The channel carries nothing any more. What is written is kept, and another channel is looked for. */
  lost: [reason: string];
  /** The connection goes on, `ms` after the trouble began. `resentBytes` that were under way have been sent again. */
  resumed: [ms: number, resentBytes: number, path: Path];
  /**
   * The peer's program was started anew, and has lost all that was said (see `awaitsRestart`). This connection ends, and
   * the other one goes on. What was not acknowledged has to be written to it again.
   */
  restarted: [successor: Connection];
  /** This many of the bytes that were written have arrived at the peer. */
  acknowledged: [bytes: number];
  /** The peer offers a file or a folder. If there is no listener, the offer is declined. */
  offer: [offer: FileOffer];
  /** No file is under way any more in either direction, and none is offered by us. */
  handedOver: [];
  /** Both sides have parted. `by` is the side that began. */
  goodbye: [by: 'us' | 'peer'];
}

type Listener<Name extends keyof ConnectionEvents> = (...values: ConnectionEvents[Name]) => void;

/** Gives listeners of these events their types. */
export interface ConnectionListening {
  on<Name extends keyof ConnectionEvents>(event: Name, listener: Listener<Name>): this;
  once<Name extends keyof ConnectionEvents>(event: Name, listener: Listener<Name>): this;
  off<Name extends keyof ConnectionEvents>(event: Name, listener: Listener<Name>): this;
}

/** The first SYN leaves in this turn, unless the peer is also looked for elsewhere, or a name has to be looked up. */
async function firstMeeting(context: MeetingContext, signal: AbortSignal): Promise<MetChannel> {
  const { friend } = context;
  if (friend !== undefined) {
    const { meetFriend } = await import('./meeting/meet-friend.ts');
    return meetFriend(context, friend, signal);
  }
  if (context.search === undefined) {
    return meet(context, signal);
  }
  const { meetAnywhere } = await import('./meeting/meet-anywhere.ts');
  return meetAnywhere(context, context.search, signal);
}
