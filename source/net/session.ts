import { EventEmitter } from 'node:events';
import { performance } from 'node:perf_hooks';
import { ProtocolError } from '../errors.ts';
import type { CloseReason, Frame } from '../core/frames.ts';
import type { KeepaliveTimes } from '../core/keepalive.ts';
import { ReceiveWindow } from '../core/receive-window.ts';
import { RoundTrip } from '../core/round-trip.ts';
import { SendQueue } from '../core/send-queue.ts';
import { ChannelWatch } from './channel-watch.ts';
import type { FrameLink } from './frame-link.ts';

/**
 * Bounds what one side holds for a reader that does not read, and what the
 * other keeps until it is acknowledged. 4 MiB carry 50 MB/s over 80 ms.
 */
const WINDOW_BYTES = 4 * 1024 * 1024;
/** Bounds how long our goodbye waits for the peer's: a round trip of the slowest link we know, and then some. */
const GOODBYE_MS = 1500;
/** Bounds how long it waits for the next ack of what was written before it, from a peer that seems alive. */
const STALLED_MS = 30_000;

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
  readonly #watch: ChannelWatch;
  readonly #outgoing = new SendQueue(WINDOW_BYTES);
  readonly #incoming = new ReceiveWindow(WINDOW_BYTES);
  readonly #roundTrip = new RoundTrip();
  #link: FrameLink | undefined;
  #linkWritable = true;
  /** Answers that wait for their turn on the link: one of each, however often a peer asks that does not read. */
  #owesAck = false;
  #owedPong: number | undefined;
  #endWritten = false;
  #endSent = false;
  /** A goodbye that has begun; over when each side has said it, and knows that what it wrote has arrived. */
  #closing: { by: 'us' | 'peer'; reason: CloseReason; sent: boolean; heard: boolean } | undefined;
  #closingTimer: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(times: KeepaliveTimes) {
    super();
    this.#watch = new ChannelWatch(times, {
      onPing: () => this.#ping(),
      onSuspect: () => this.emit('suspect'),
      onRevived: (silentMs) => this.emit('revived', silentMs),
      onSilent: () => this.emit('silent'),
    });
  }

  /** As last measured, in ms, smoothed; undefined before the first answer. */
  get rttMs(): number | undefined {
    return this.#roundTrip.ms;
  }

  /** Whether all that was written has arrived. */
  get delivered(): boolean {
    return this.#outgoing.bytes === 0;
  }

  /** Whether as much is kept as the writer may have under way: it waits until some of it has arrived. */
  get congested(): boolean {
    return this.#outgoing.bytes >= WINDOW_BYTES;
  }

  /** The first channel. Nothing that came on it is told before the present turn is over. */
  attach(link: FrameLink): void {
    this.#link = link;
    this.#linkWritable = true;
    this.#watch.start();
    link.listen({
      onFrames: (frames) => this.#receive(frames),
      onDrain: () => {
        this.#linkWritable = true;
        this.#pump();
      },
      onGone: (reason, error) => this.#lose(reason, error),
    });
    // The first ping measures the round trip and shows that the channel carries both ways.
    this.#ping();
    this.#watch.sent();
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

  /** Says goodbye after all that was written, once that has arrived and the peer has said it too. Never throws. */
  close(reason: CloseReason): void {
    if (this.#closing !== undefined || this.#closed) return;
    this.#startClosing('us', reason);
    if (this.#link === undefined || this.#link.gone) this.#finishClosing();
    else this.#pump();
  }

  /** Says goodbye, where something still unsent does not make it a lie, and waits for nothing. */
  closeNow(reason: CloseReason): void {
    this.close(reason);
    this.#finishClosing();
  }

  /** Without a word; after a goodbye, what was said still leaves. */
  destroy(): void {
    if (this.#closed) return;
    this.#stop();
    this.#link?.destroy();
  }

  #receive(frames: Frame[]): void {
    this.#watch.heard();
    let dataArrived = false;
    try {
      for (const frame of frames) {
        if (this.#closed) return;
        if (frame.type === 'data') dataArrived = true;
        this.#handle(frame);
      }
      if (dataArrived) this.#sendAck();
    } catch (error) {
      if (!(error instanceof ProtocolError)) throw error;
      this.#link?.send({ type: 'close', reason: 'protocol' });
      this.#link?.end();
      this.#lose(error.message, error);
    }
  }

  #handle(frame: Frame): void {
    switch (frame.type) {
      case 'data': {
        const fresh = this.#incoming.accept(frame.offset, frame.bytes);
        if (fresh.length > 0) this.emit('data', fresh);
        return;
      }
      case 'ack':
        this.#acknowledged(frame.received, frame.limit);
        return;
      case 'ping':
        this.#owedPong = frame.id;
        this.#pump();
        return;
      case 'pong':
        this.#roundTrip.ponged(frame.id, performance.now());
        return;
      case 'end':
        if (this.#incoming.end(frame.offset)) this.emit('end');
        return;
      case 'close':
        if (this.#closing === undefined) this.#startClosing('peer', frame.reason);
        if (this.#closing !== undefined) this.#closing.heard = true;
        // So that the peer knows, before it goes, what has arrived.
        this.#sendAck();
        return;
      case 'nominate':
        throw new ProtocolError('a second nomination of one channel');
    }
  }

  #acknowledged(received: number, limit: number): void {
    const isNews = received > this.#outgoing.acknowledged;
    this.#outgoing.acknowledge(received, limit);
    if (isNews) {
      this.#roundTrip.acknowledged(received, performance.now());
      if (this.#closing !== undefined) this.#boundClosing();
      this.emit('acknowledged', received);
    }
    this.#pump();
  }

  #pump(): void {
    const link = this.#link;
    if (link === undefined) return;
    let dataSent = false;
    while (this.#linkWritable && !link.gone) {
      const frame = this.#nextFrame();
      if (frame === undefined) break;
      this.#linkWritable = link.send(frame);
      dataSent ||= frame.type === 'data';
    }
    if (dataSent) this.#watch.sent();
    if (this.#closing?.sent === true && this.#closing.heard && this.delivered) this.#finishClosing();
  }

  /** What is to be sent next, in this order; undefined where all is said or the peer's limit is reached. */
  #nextFrame(): Frame | undefined {
    if (this.#owedPong !== undefined) {
      const id = this.#owedPong;
      this.#owedPong = undefined;
      return { type: 'pong', id };
    }
    if (this.#owesAck) {
      this.#owesAck = false;
      return { type: 'ack', received: this.#incoming.received, limit: this.#incoming.limit };
    }
    const segment = this.#outgoing.next();
    if (segment !== undefined) {
      this.#roundTrip.sent(segment.offset + segment.bytes.length, performance.now());
      return { type: 'data', ...segment };
    }
    if (!this.#outgoing.drained) return undefined;
    if (this.#endWritten && !this.#endSent) {
      this.#endSent = true;
      return { type: 'end', offset: this.#outgoing.written };
    }
    if (this.#closing?.sent === false) {
      this.#closing.sent = true;
      return { type: 'close', reason: this.#closing.reason };
    }
    return undefined;
  }

  #sendAck(): void {
    this.#owesAck = true;
    this.#pump();
  }

  #ping(): void {
    // What already waits to leave asks as well as a ping would.
    if (!this.#linkWritable || this.#link === undefined) return;
    this.#linkWritable = this.#link.send({ type: 'ping', id: this.#roundTrip.ping(performance.now()) });
  }

  #startClosing(by: 'us' | 'peer', reason: CloseReason): void {
    this.#closing = { by, reason, sent: false, heard: false };
    this.#boundClosing();
  }

  /** Who leaves wants what it wrote to arrive; who is left has nobody any more who would take it. */
  #boundClosing(): void {
    clearTimeout(this.#closingTimer);
    const delivers = this.#closing?.by === 'us' && !this.delivered;
    this.#closingTimer = delivers
      ? setTimeout(() => this.#stall(), STALLED_MS)
      : setTimeout(() => this.#finishClosing(), GOODBYE_MS);
  }

  #stall(): void {
    this.#link?.destroy();
    this.#abandon('the peer acknowledges nothing', undefined);
  }

  #finishClosing(): void {
    if (this.#closed || this.#closing === undefined) return;
    this.#stop();
    this.#link?.end();
    this.emit('closed', this.#closing.by, this.#closing.reason);
  }

  #lose(reason: string, error: ProtocolError | undefined): void {
    // Who goes after its goodbye, or ours when nothing is missing, is not lost.
    if (this.#closing !== undefined && (this.#closing.heard || this.delivered)) this.#finishClosing();
    else this.#abandon(reason, error);
  }

  #abandon(reason: string, error: ProtocolError | undefined): void {
    if (this.#closed) return;
    this.#stop();
    this.emit('gone', reason, error);
  }

  #stop(): void {
    this.#closed = true;
    this.#watch.stop();
    clearTimeout(this.#closingTimer);
  }
}
