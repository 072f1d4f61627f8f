import { setMaxListeners } from 'node:events';
import { performance } from 'node:perf_hooks';
import { Duplex, finished } from 'node:stream';
import { PunchlineError } from '../errors.ts';
import type { Endpoint, Happening, Path } from '../events.ts';
import type { CloseReason } from '../core/frames.ts';
import { ByteQueue } from '../core/byte-queue.ts';
import { keepaliveTimes, quietKeepaliveTimes } from '../core/keepalive.ts';
import { defaultAttempts, defaultGiveUpMs, type ConnectOptions } from './connect-options.ts';
import { meet, type MetChannel } from './meet.ts';
import { Session } from './session.ts';
import { WayBack } from './way-back.ts';

/**
 * The line to the peer: a Duplex that exists at once, keeps what is written
 * until there is a channel, and tells what happens as `happening` events
 * (events.ts). It has finished when all that was written has arrived.
 * `goodbye` comes when both sides have parted, with who began; an error,
 * always a PunchlineError, when the line cannot be had or is lost.
 */
export class Connection extends Duplex {
  readonly #session: Session;
  readonly #abort = new AbortController();
  readonly #giveUpMs: number;
  /** What has arrived and the reader has not asked for. */
  readonly #inbox = new ByteQueue();
  #wanted = false;
  #ended = false;
  #peerEnded = false;
  /** A write or the end of all writes, which waits for acks. */
  #blocked: { readonly until: () => boolean; readonly proceed: (error?: Error) => void } | undefined;
  #leaving = false;
  #parted = false;
  #giveUp: NodeJS.Timeout | undefined;
  /** When the channel became suspect or went, and when it was told lost, by performance.now(). */
  #troubledAt = 0;
  #lostAt: number | undefined;
  #won: MetChannel | undefined;
  #way: { path: Path; remote: Endpoint } = { path: 'direct', remote: { address: '', port: 0 } };
  readonly #wayBack: WayBack;

  constructor(options: ConnectOptions) {
    // Each half ends by itself; the goodbye comes when both have.
    super({ allowHalfOpen: true });
    this.#giveUpMs = options.giveUpMs ?? defaultGiveUpMs;
    this.#session = new Session(options.quiet === true ? quietKeepaliveTimes : keepaliveTimes);
    setMaxListeners(0, this.#abort.signal);
    const { signal } = options;
    if (signal !== undefined) {
      const onAbort = () => this.destroy();
      signal.addEventListener('abort', onAbort, { once: true });
      this.once('close', () => signal.removeEventListener('abort', onAbort));
      if (signal.aborted) queueMicrotask(onAbort);
    }
    this.#wayBack = new WayBack(options, {
      received: () => this.#session.received,
      onHappening: (happening) => this.#tell(happening),
      onWon: ({ link, peerReceived, path, remote }) => {
        this.#way = { path, remote };
        this.#session.resume(link, peerReceived);
      },
      onBug: (error) => this.destroy(error),
    });
    this.#listen();
    queueMicrotask(() => {
      this.#run(options).catch((error: unknown) => {
        if (!this.destroyed) this.destroy(error instanceof Error ? error : new Error(String(error)));
      });
    });
  }

  /** As last measured, in ms. */
  get rttMs(): number | undefined {
    return this.#session.rttMs;
  }

  /** Whether there has been a channel. */
  get connected(): boolean {
    return this.#won !== undefined;
  }

  /** How many of the written bytes have arrived at the peer. */
  get bytesAcknowledged(): number {
    return this.#session.acknowledged;
  }

  /** Whether both sides have ended what they write, and all of ours has arrived: nothing is missing. */
  get isWhole(): boolean {
    return this.#peerEnded && this.writableEnded && this.#session.delivered;
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
    if (this.connected) this.#session.closeNow(reason);
    else this.#part('us', reason);
  }

  async #run(options: ConnectOptions): Promise<void> {
    const won = await meet({
      ...options,
      mode: options.mode ?? 'pipe',
      attempts: options.attempts ?? defaultAttempts,
      lan: options.lan ?? true,
      freshPort: options.freshPort ?? false,
      signal: this.#abort.signal,
      emit: (happening) => {
        if (!this.destroyed) this.#tell(happening);
      },
    });
    if (this.destroyed || this.#parted) {
      won.link.destroy();
      return;
    }
    this.#won = won;
    this.#way = won;
    this.#session.attach(won.link);
    this.#tell(won.connected);
  }

  #tell(happening: Happening): void {
    this.emit('happening', happening);
  }

  #listen(): void {
    const session = this.#session;
    session.on('data', (bytes) => {
      this.#inbox.append(bytes);
      this.#deliver();
    });
    session.on('end', () => {
      this.#peerEnded = true;
      this.#ended = true;
      this.#deliver();
    });
    session.on('acknowledged', (offset) => {
      this.emit('acknowledged', offset);
      this.#unblock();
    });
    session.on('suspect', () => this.#reconnect());
    session.on('silent', () => this.#lose('the connection is silent'));
    session.on('gone', (reason) => {
      if (this.destroyed || this.#parted) return;
      this.#lose(reason);
      this.#reconnect();
    });
    session.on('revived', () => {
      // The old channel stays, and nothing was lost.
      this.#wayBack.stop();
      if (this.#lostAt !== undefined) this.#found(0);
    });
    session.on('resumed', (resentBytes) => {
      this.#found(resentBytes);
    });
    session.on('closed', (by, reason) => this.#part(by, reason));
    session.on('failed', (reason, protocolError) => {
      if (this.destroyed) return;
      this.#lose(reason);
      this.destroy(protocolError ?? lost(reason));
    });
  }

  /** Goes back to the rendezvous for another channel, while the old one may still revive. */
  #reconnect(): void {
    if (this.#won === undefined || this.#wayBack.underWay || this.destroyed) return;
    if (this.#lostAt === undefined) this.#troubledAt = performance.now();
    this.#wayBack.start(this.#won);
  }

  #lose(reason: string): void {
    if (this.#lostAt !== undefined) return;
    this.#lostAt = performance.now();
    this.emit('lost', reason);
    this.#giveUp = setTimeout(
      () =>
        this.destroy(
          lost(`${reason}, and it did not come back within ${Math.round(this.#giveUpMs / 1000)} s`),
        ),
      this.#giveUpMs,
    );
  }

  #found(resentBytes: number): void {
    clearTimeout(this.#giveUp);
    const { path, remote } = this.#way;
    if (this.#lostAt === undefined) {
      this.#tell({ event: 'path', path, remote, reason: 'the earlier connection had become silent' });
      return;
    }
    this.#lostAt = undefined;
    this.emit('resumed', Math.round(performance.now() - this.#troubledAt), resentBytes, path);
  }

  #part(by: 'us' | 'peer', reason: CloseReason): void {
    if (this.#parted || this.destroyed) return;
    this.#parted = true;
    if (reason !== 'quit' && by === 'peer') {
      this.destroy(
        lost(reason === 'protocol' ? 'the peer could not make sense of what we sent' : 'the peer gave up'),
      );
      return;
    }
    this.#ended = true;
    this.#deliver();
    this.emit('goodbye', by);
    // What has arrived is still the reader's; but who leaves and does not read wants none of it.
    if (by === 'us' && this.readableFlowing !== true) this.destroy();
    else finished(this, { writable: false }, () => this.destroy());
  }

  #deliver(): void {
    while (this.#wanted) {
      const bytes = this.#inbox.read(this.#inbox.start, this.readableHighWaterMark);
      if (bytes === undefined) {
        if (this.#ended && !this.readableEnded) this.push(null);
        return;
      }
      this.#inbox.drop(this.#inbox.start + bytes.length);
      this.#wanted = this.push(bytes);
      this.#session.consumed(bytes.length);
    }
  }

  #unblock(): void {
    if (this.#blocked?.until() !== true) return;
    const { proceed } = this.#blocked;
    this.#blocked = undefined;
    proceed();
  }

  override _read(): void {
    this.#wanted = true;
    this.#deliver();
  }

  override _write(chunk: Uint8Array, _encoding: BufferEncoding, callback: (error?: Error) => void): void {
    // After the goodbye nobody reads: it waits until the connection is destroyed, and fails.
    if (!this.#parted) this.#session.write(chunk);
    this.#blocked = { until: () => !this.#parted && !this.#session.congested, proceed: callback };
    this.#unblock();
  }

  override _final(callback: (error?: Error) => void): void {
    this.#session.end();
    this.#blocked = { until: () => this.#session.delivered, proceed: callback };
    this.#unblock();
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    clearTimeout(this.#giveUp);
    this.#abort.abort();
    this.#wayBack.stop();
    // Both halves have ended by themselves, and all has arrived: what is left to say is goodbye.
    if (error === null && this.connected && !this.#parted && this.readableEnded && this.writableFinished) {
      this.#parted = true;
      this.#session.once('closed', (by) => {
        this.emit('goodbye', by);
        callback(null);
      });
      this.#session.close('quit');
      return;
    }
    // So that the peer does not search for us; where something written has not left, it would be a lie.
    if (this.connected && !this.#parted) this.#session.closeNow('gave-up');
    this.#session.destroy();
    this.#blocked?.proceed(error ?? lost('it was closed before all had arrived'));
    callback(error);
  }
}

/** Connects to the peer; see Connection. */
export function connect(options: ConnectOptions): Connection {
  return new Connection(options);
}

function lost(reason: string): PunchlineError {
  return new PunchlineError('ERR_CONNECTION_LOST', `the connection to the peer was lost: ${reason}`, {
    hint: 'Start again on both sides, with a new code.',
  });
}
