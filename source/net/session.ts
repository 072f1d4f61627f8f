import { EventEmitter } from 'node:events';
import { performance } from 'node:perf_hooks';
import { ProtocolError } from '../errors.ts';
import type { CloseReason, Frame } from '../core/frames.ts';
import {
  keepaliveWakeAt,
  startKeepalive,
  stepKeepalive,
  type KeepaliveEvent,
  type KeepaliveState,
  type KeepaliveTimes,
} from '../core/keepalive.ts';
import { ReceiveWindow } from '../core/receive-window.ts';
import { SendQueue } from '../core/send-queue.ts';
import type { FrameLink } from './frame-link.ts';

/**
 * Bounds what one side holds for a reader that does not read, and what the
 * other keeps until it is acknowledged. 4 MiB carry 50 MB/s over 80 ms.
 */
const WINDOW_BYTES = 4 * 1024 * 1024;
/** Bounds how long a goodbye waits for the peer's: a round trip of the slowest link we know, and then some. */
const GOODBYE_MS = 1500;

export interface SessionEvents {
  /** New bytes of the stream, in order, once. Tell `consumed` when they are taken. */
  data: [bytes: Uint8Array];
  /** The peer writes nothing more. */
  end: [];
  /** Everything before this offset has arrived at the peer. */
  acknowledged: [offset: number];
  /** Both sides have said goodbye, or one could not any more. Nothing follows. */
  closed: [by: 'us' | 'peer', reason: CloseReason];
  /** The channel carries nothing (`revived` may follow), or is gone (nothing follows). */
  suspect: [];
  revived: [silentMs: number];
  silent: [];
  gone: [reason: string, error: ProtocolError | undefined];
}

/**
 * The conversation: a stream of bytes in both directions, with offsets and
 * acks, over one link at a time. Drives the pure parts in core with a real
 * link and a real clock.
 */
export class Session extends EventEmitter<SessionEvents> {
  readonly #times: KeepaliveTimes;
  readonly #outgoing = new SendQueue(WINDOW_BYTES);
  readonly #incoming = new ReceiveWindow(WINDOW_BYTES);
  #link: FrameLink | undefined;
  #linkWritable = true;
  #keepalive: KeepaliveState = startKeepalive(0);
  #wake: NodeJS.Timeout | undefined;
  #wakeAt = Infinity;
  #heardAt = 0;
  #pings = 0;
  #askedAt = 0;
  /** A sent offset whose ack gives a round trip, and when it was sent. */
  #sample: { offset: number; at: number } | undefined;
  #rttMs: number | undefined;
  #endWritten = false;
  #endSent = false;
  #closing: { by: 'us' | 'peer'; reason: CloseReason; sent: boolean; timer: NodeJS.Timeout } | undefined;
  #closed = false;

  constructor(times: KeepaliveTimes) {
    super();
    this.#times = times;
  }

  /** As last measured, smoothed; undefined before the first answer. */
  get rttMs(): number | undefined {
    return this.#rttMs;
  }

  /** The offset at which the next written byte will stand. */
  get written(): number {
    return this.#outgoing.written;
  }

  get acknowledged(): number {
    return this.#outgoing.acknowledged;
  }

  /** Bytes written and not acknowledged: the writer waits while there is more than a window of them. */
  get pendingBytes(): number {
    return this.#outgoing.bytes;
  }

  get congested(): boolean {
    return this.#outgoing.bytes >= WINDOW_BYTES;
  }

  /** The first channel, with the frames that have come on it since its nomination. */
  attach(link: FrameLink, early: Frame[]): void {
    this.#link = link;
    this.#linkWritable = true;
    this.#heardAt = performance.now();
    this.#keepalive = startKeepalive(this.#heardAt);
    link.listen({
      onFrames: (frames) => this.#receive(frames),
      onDrain: () => {
        this.#linkWritable = true;
        this.#pump();
      },
      onGone: (reason, error) => this.#lose(reason, error),
    });
    if (early.length > 0) this.#receive(early);
    // The first ping measures the round trip and shows that the channel carries both ways.
    this.#ping();
    this.#stepKeepalive({ type: 'sent', now: performance.now() });
    this.#pump();
  }

  write(bytes: Uint8Array): void {
    this.#outgoing.append(bytes);
    this.#pump();
  }

  /** Half-close: nothing more will be written. */
  end(): void {
    this.#endWritten = true;
    this.#pump();
  }

  /** The reader has taken this many bytes of `data`. */
  consumed(bytes: number): void {
    if (this.#incoming.consume(bytes)) this.#sendAck();
  }

  /** Says goodbye after all that was written, and waits for the peer's for a moment. Never throws. */
  close(reason: CloseReason): void {
    this.#startClosing('us', reason);
  }

  /** Without a word; after a goodbye, what was said still leaves. */
  destroy(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#wake);
    clearTimeout(this.#closing?.timer);
    this.#link?.destroy();
  }

  #receive(frames: Frame[]): void {
    this.#heardAt = performance.now();
    this.#stepKeepalive({ type: 'heard', now: this.#heardAt });
    let dataArrived = false;
    try {
      for (const frame of frames) {
        if (this.#closed) return;
        if (frame.type === 'data') dataArrived = true;
        this.#handle(frame);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#link?.send({ type: 'close', reason: 'protocol' });
      this.#link?.end();
      this.#lose(error.message, error);
      return;
    }
    if (dataArrived) this.#sendAck();
  }

  #handle(frame: Frame): void {
    switch (frame.type) {
      case 'data': {
        const fresh = this.#incoming.accept(frame.offset, frame.bytes);
        if (fresh.length > 0) this.emit('data', fresh);
        return;
      }
      case 'ack':
        this.#outgoing.acknowledge(frame.received, frame.limit);
        if (this.#sample !== undefined && frame.received >= this.#sample.offset) {
          this.#measured(performance.now() - this.#sample.at);
          this.#sample = undefined;
        }
        this.emit('acknowledged', frame.received);
        this.#pump();
        return;
      case 'ping':
        this.#link?.send({ type: 'pong', id: frame.id });
        return;
      case 'pong':
        if (frame.id !== this.#pings) return;
        this.#measured(performance.now() - this.#askedAt);
        return;
      case 'end':
        if (frame.offset !== this.#incoming.received) {
          throw new ProtocolError(`an end at ${frame.offset} after ${this.#incoming.received} bytes`);
        }
        this.emit('end');
        return;
      case 'close':
        if (this.#closing === undefined) this.#startClosing('peer', frame.reason);
        else this.#finishClosing();
        return;
      case 'nominate':
        throw new ProtocolError('a second nomination of one channel');
    }
  }

  #measured(ms: number): void {
    // The smoothing of RFC 6298: one late answer does not jump on the screen.
    this.#rttMs = this.#rttMs === undefined ? ms : this.#rttMs + (ms - this.#rttMs) / 8;
  }

  #pump(): void {
    const link = this.#link;
    if (link === undefined || link.gone) return;
    let sent = false;
    while (this.#linkWritable) {
      const segment = this.#outgoing.next();
      if (segment === undefined) break;
      this.#linkWritable = link.send({ type: 'data', offset: segment.offset, bytes: segment.bytes });
      this.#sample ??= { offset: segment.offset + segment.bytes.length, at: performance.now() };
      sent = true;
    }
    if (sent) this.#stepKeepalive({ type: 'sent', now: performance.now() });
    if (!this.#outgoing.drained) return;
    if (this.#endWritten && !this.#endSent) {
      this.#endSent = true;
      link.send({ type: 'end', offset: this.#outgoing.written });
    }
    if (this.#closing !== undefined && !this.#closing.sent) {
      this.#closing.sent = true;
      link.send({ type: 'close', reason: this.#closing.reason });
      if (this.#closing.by === 'peer') this.#finishClosing();
    }
  }

  #sendAck(): void {
    this.#link?.send({ type: 'ack', received: this.#incoming.received, limit: this.#incoming.limit });
  }

  #ping(): void {
    this.#pings += 1;
    this.#askedAt = performance.now();
    this.#link?.send({ type: 'ping', id: this.#pings });
  }

  #stepKeepalive(event: KeepaliveEvent): void {
    if (this.#closed) return;
    const silentSince = this.#heardAt;
    const { state, effects } = stepKeepalive(this.#keepalive, event, this.#times);
    this.#keepalive = state;
    for (const effect of effects) {
      if (effect === 'ping') this.#ping();
      else if (effect === 'suspect') this.emit('suspect');
      else if (effect === 'revived') this.emit('revived', performance.now() - silentSince);
      else this.emit('silent');
    }
    this.#sleep();
  }

  /** A timer that fires too early asks again: cheaper than a new timer for each chunk. */
  #sleep(): void {
    const wakeAt = keepaliveWakeAt(this.#keepalive, this.#times) ?? Infinity;
    if (wakeAt >= this.#wakeAt || this.#closed) return;
    clearTimeout(this.#wake);
    this.#wakeAt = wakeAt;
    const ms = Math.max(0, Math.ceil(wakeAt - performance.now()));
    this.#wake = setTimeout(() => {
      this.#wakeAt = Infinity;
      this.#stepKeepalive({ type: 'woken', now: performance.now() });
    }, ms);
  }

  #startClosing(by: 'us' | 'peer', reason: CloseReason): void {
    if (this.#closing !== undefined || this.#closed) return;
    const timer = setTimeout(() => this.#finishClosing(), GOODBYE_MS);
    this.#closing = { by, reason, sent: false, timer };
    if (this.#link === undefined || this.#link.gone) this.#finishClosing();
    else this.#pump();
  }

  #finishClosing(): void {
    if (this.#closed || this.#closing === undefined) return;
    this.#closed = true;
    clearTimeout(this.#wake);
    clearTimeout(this.#closing.timer);
    this.#link?.end();
    this.emit('closed', this.#closing.by, this.#closing.reason);
  }

  #lose(reason: string, error: ProtocolError | undefined): void {
    if (this.#closed) return;
    if (this.#closing !== undefined) {
      // The peer went without waiting for our goodbye, or after its own.
      this.#finishClosing();
      return;
    }
    this.#closed = true;
    clearTimeout(this.#wake);
    this.emit('gone', reason, error);
  }
}
