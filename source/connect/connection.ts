import { Duplex, finished, type DuplexOptions } from 'node:stream';
import type { Happening, Path } from '../events.ts';
import { verificationWords } from './keys/verification-words.ts';
import type { CloseReason } from './session/wire/frames.ts';
import { keepaliveTimes, quietKeepaliveTimes } from './session/wire/keepalive.ts';
import { Arrivals } from './read-buffer.ts';
import { withDefaults, type ConnectOptions } from './connect-options.ts';
import { LateFiles } from './files/late-files.ts';
import { ChannelSupervisor, lost } from './channel-supervisor.ts';
import { meet } from './meet.ts';
import { Session } from './session/session.ts';
import type { FileOffer } from './files/files.ts';

/** A Duplex that knows what its listeners are told. */
const ListeningDuplex = Duplex as new (options: DuplexOptions) => ConnectionListening & Duplex;

/**
 * The line to the peer: a Duplex that exists at once, keeps what is written
 * until there is a channel, and tells what happens as `happening` events
 * (events.ts). It has finished when all that was written has arrived.
 * `goodbye` comes when both sides have parted, with who began; an error,
 * always a PunchlineError, when the line cannot be had or is lost.
 */
export class Connection extends ListeningDuplex {
  readonly #session: Session;
  readonly #abort = new AbortController();
  readonly #supervisor: ChannelSupervisor;
  readonly #files: LateFiles;
  readonly #arrivals = new Arrivals(this.readableHighWaterMark, (bytes) => this.#pass(bytes));
  #peerEnded = false;
  /** A write or the end of all writes, which waits for acks, and the end for files, too. */
  #blocked: { readonly until: () => boolean; readonly proceed: (error?: Error) => void } | undefined;
  #verification: readonly string[] | undefined;
  #leaving = false;
  #parted = false;
  #isAborted = false;
  /** All has been written, and the session knows of its end. */
  #isWritten = false;
  /** Ends the destruction, while what was written is still on its way. */
  #finish: ((error: Error | null) => void) | undefined;

  constructor(options: ConnectOptions) {
    // Each half ends by itself; the goodbye comes when both have.
    super({ allowHalfOpen: true });
    this.#session = new Session(options.quiet === true ? quietKeepaliveTimes : keepaliveTimes);
    this.#files = new LateFiles(this.#session.files, options, {
      onEvent: (event) => this.#tell(event),
      onOffer: (offer) => this.emit('offer', offer),
      onChange: () => {
        if (!this.#files.isIdle) {
          return;
        }
        this.emit('handedOver');
        this.#unblock();
      },
    });
    const { signal } = options;
    if (signal !== undefined) {
      const onAbort = () => {
        this.#isAborted = true;
        this.destroy();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.once('close', () => signal.removeEventListener('abort', onAbort));
      if (signal.aborted) {
        queueMicrotask(onAbort);
      }
    }
    this.#supervisor = new ChannelSupervisor(this.#session, options, {
      isOver: () => this.#isOver,
      onHappening: (happening) => this.#tell(happening),
      onLost: (reason) => this.emit('lost', reason),
      onResumed: (ms, resentBytes, path) => this.emit('resumed', ms, resentBytes, path),
      onFailed: (error) => this.destroy(error),
    });
    this.#listen();
    queueMicrotask(() => {
      this.#run(options).catch((error: unknown) => {
        if (!this.destroyed) {
          this.destroy(error instanceof Error ? error : new Error(String(error)));
        }
      });
    });
  }

  /** As last measured, in ms. */
  get rttMs(): number | undefined {
    return this.#session.rttMs;
  }

  /**
   * Four words for people to compare, from the first channel: the same on both
   * sides where nobody is in between. Undefined before there is a connection.
   */
  get verification(): readonly string[] | undefined {
    return this.#verification;
  }

  /** Whether there has been a channel. */
  get connected(): boolean {
    return this.#supervisor.hasBegun;
  }

  /** How many of the written bytes have arrived at the peer. */
  get bytesAcknowledged(): number {
    return this.#session.acknowledged;
  }

  /** Whether both sides have ended what they write, and all of ours has arrived: nothing is missing. */
  get isWhole(): boolean {
    return this.#peerEnded && this.writableEnded && this.#session.delivered;
  }

  /** Whether nothing of files is offered by us, or under way in either direction. */
  get hasHandedOver(): boolean {
    return this.#files.isIdle;
  }

  /**
   * Offers a file or a folder to the peer, now or as soon as there is one; what becomes of it is told by events
   * `file`, among the happenings. Resolves with its id there. Rejects with ERR_FILE where it cannot be read, with
   * ERR_USAGE where there is nobody to take it.
   */
  sendFile(path: string): Promise<string> {
    return this.#files.send(path);
  }

  /** Ends a transfer in either direction; passed over where it is over. */
  cancelFile(id: string): void {
    this.#files.cancel(id);
  }

  /** Hears nothing of the peer about files, offers and answers, until `resumeFiles`: it waits, here and on its side. */
  pauseFiles(): void {
    this.#files.pause();
  }

  resumeFiles(): void {
    this.#files.resume();
  }

  /** Ends all transfers and offers, as one that leaves. */
  cancelFiles(): void {
    this.#files.cancelAll();
  }

  /**
   * Says goodbye once all that was written has arrived; `goodbye` and `close`
   * follow. Without a connection, or called again: at once.
   */
  leave(reason: CloseReason = 'quit'): void {
    if (this.#leaving || !this.connected) {
      this.leaveNow(reason);
      return;
    }
    this.#leaving = true;
    this.#session.close(reason);
  }

  /** Says goodbye without waiting for anything; what has not arrived may be lost. */
  leaveNow(reason: CloseReason = 'quit'): void {
    if (this.connected) {
      this.#session.closeNow(reason);
    } else {
      this.#part('us', reason);
    }
  }

  async #run(options: ConnectOptions): Promise<void> {
    const won = await meet({
      ...withDefaults(options),
      signal: this.#abort.signal,
      emit: (happening) => {
        if (!this.destroyed) {
          this.#tell(happening);
        }
      },
    });
    const files = await this.#files.load();
    if (this.destroyed || this.#parted) {
      return won.link.destroy();
    }
    this.#verification = verificationWords(won.verification);
    this.#supervisor.begin(won);
    this.#tell(won.connected);
    files.begin(won.takesFiles);
  }

  #tell(happening: Happening): void {
    this.emit('happening', happening);
  }

  #listen(): void {
    const session = this.#session;
    session.on('data', (bytes) => this.#arrivals.arrived(bytes));
    session.on('end', () => {
      this.#peerEnded = true;
      this.#arrivals.end();
    });
    session.on('acknowledged', (offset) => {
      this.emit('acknowledged', offset);
      this.#unblock();
    });
    session.on('closed', (by, reason) => this.#part(by, reason));
    session.on('failed', (reason, protocolError) => {
      if (this.#isOver) {
        return;
      }
      this.#supervisor.lose(reason);
      this.destroy(protocolError ?? lost(reason));
    });
  }

  get #isOver(): boolean {
    return this.#parted || (this.destroyed && this.#finish === undefined);
  }

  #part(by: 'us' | 'peer', reason: CloseReason): void {
    if (this.#isOver) {
      return;
    }
    this.#parted = true;
    this.#files.end(by === 'peer' ? 'the peer has left' : 'this side has left');
    this.#supervisor.stop();
    // Who gives up when nothing is missing has only left in haste.
    const isFailure = reason === 'protocol' || (reason === 'gave-up' && !this.isWhole);
    if (isFailure && by === 'peer') {
      this.destroy(
        lost(reason === 'protocol' ? 'the peer could not make sense of what we sent' : 'the peer gave up'),
      );
      return;
    }
    this.#arrivals.end();
    this.emit('goodbye', by);
    const finish = this.#finish;
    if (finish !== undefined) {
      this.#finish = undefined;
      this.#abort.abort();
      finish(null);
      return;
    }
    // What has arrived is still the reader's; but who leaves and does not read wants none of it.
    if (by === 'us' && this.readableFlowing !== true) {
      this.destroy();
    } else {
      finished(this, { writable: false }, () => this.destroy());
    }
  }

  #pass(bytes: Uint8Array | null): boolean {
    if (bytes === null) {
      return !this.readableEnded && this.push(null);
    }
    const isWanted = this.push(bytes);
    this.#session.consumed(bytes.length);
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
    this.#arrivals.want();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, callback: (error?: Error) => void): void {
    // After the goodbye nobody reads: it waits until the connection is destroyed, and fails.
    if (!this.#parted) {
      this.#session.write(chunk);
    }
    this.#blocked = { until: () => !this.#parted && !this.#session.congested, proceed: callback };
    this.#unblock();
  }

  override _final(callback: (error?: Error) => void): void {
    this.#isWritten = true;
    this.#session.end();
    this.#whenArrived(callback);
  }

  #whenArrived(proceed: (error?: Error) => void): void {
    this.#blocked = { until: () => this.#session.delivered && this.#files.isIdle, proceed };
    this.#unblock();
  }

  /** Once more, while what was written is still on its way: at once. */
  override destroy(error?: Error): this {
    const finish = this.#finish;
    this.#finish = undefined;
    if (finish === undefined) {
      return super.destroy(error);
    }
    this.#cease(error ?? null, finish);
    return this;
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    // As a reader does that has read to the end, and an iterator: what was written is to arrive all the same.
    const isDone = this.readableEnded && this.#isWritten && !this.#isAborted;
    if (error === null && isDone && this.connected && !this.#parted) {
      this.#finish = callback;
      this.#whenArrived(() => this.#session.close('quit'));
    } else {
      this.#cease(error, callback);
    }
  }

  #cease(error: Error | null, callback: (error: Error | null) => void): void {
    this.#abort.abort();
    this.#files.end(error?.message ?? 'this side has left');
    this.#supervisor.stop();
    // So that the peer does not search for us; where something written has not left, it would be a lie.
    if (this.connected && !this.#parted) {
      this.#session.closeNow('gave-up');
    }
    this.#session.destroy();
    this.#blocked?.proceed(error ?? lost('it was closed before all had arrived'));
    callback(error);
  }
}

/** Connects to the peer; see Connection. */
export function connect(options: ConnectOptions): Connection {
  return new Connection(options);
}

/** What a Connection tells beside what every Duplex does. */
export interface ConnectionEvents {
  /** `invite`, `rendezvous`, `peer`, `plan`, `attempt`, `connected`, `path`, `file`. */
  happening: [happening: Happening];
  /** The connection carries nothing any more; what is written is kept, and another one is sought. */
  lost: [reason: string];
  /** It goes on, `ms` after the trouble began; `resentBytes` that were under way have been sent again. */
  resumed: [ms: number, resentBytes: number, path: Path];
  /** So many of the written bytes have arrived at the peer. */
  acknowledged: [bytes: number];
  /** The peer offers a file or a folder. Without a listener it is declined. */
  offer: [offer: FileOffer];
  /** Nothing is handed over any more, in either direction, and nothing of ours is offered. */
  handedOver: [];
  /** Both sides have parted, and this one began. */
  goodbye: [by: 'us' | 'peer'];
}

type Listener<Name extends keyof ConnectionEvents> = (...values: ConnectionEvents[Name]) => void;

/** Gives listeners of these events their types. */
export interface ConnectionListening {
  on<Name extends keyof ConnectionEvents>(event: Name, listener: Listener<Name>): this;
  once<Name extends keyof ConnectionEvents>(event: Name, listener: Listener<Name>): this;
  off<Name extends keyof ConnectionEvents>(event: Name, listener: Listener<Name>): this;
}
