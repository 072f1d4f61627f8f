import { EventEmitter } from 'node:events';
import { ProtocolError } from '../../errors.ts';
import type { Carried } from './black-hole.ts';
import { FrameSchedule } from './wire/frame-schedule.ts';
import type { CloseReason, Frame } from './wire/frames.ts';
import type { KeepaliveTimes } from './wire/keepalive.ts';
import type { RoundPayload } from './wire/round-payload.ts';
import { WINDOW_BYTES } from './wire/session-stream.ts';
import { ChannelHealth } from './channel-health.ts';
import { FileStream } from './file-stream.ts';
import type { FrameLink } from './frame-link.ts';
import { FrameWriter } from './frame-writer.ts';
import { GracefulClose } from './graceful-close.ts';
import { StreamHalf } from './stream-half.ts';

/**
 * The conversation: a stream of bytes in both directions, with offsets and acks, and a stream of files beside it. It
 * runs over one link at a time, and drives the pure parts in wire/ with a real link and a real clock.
 */
export class Session extends EventEmitter<SessionEvents> {
  readonly #health: ChannelHealth;
  readonly #main = new StreamHalf('data', () => this.#pump());
  readonly #outgoing = this.#main.stream.outgoing;
  readonly files = new FileStream({ pump: () => this.#pump(), refuse: (error) => this.#refuse(error) });
  readonly #schedule = new FrameSchedule(this.#main.stream, this.files.stream, this.files.congestion);
  readonly #writer = new FrameWriter(this.#schedule, () => this.#pump());
  /** How much of both streams had been acknowledged when this channel began. */
  #acknowledgedBefore = 0;
  #link: FrameLink | undefined;
  #isMoving: () => boolean = () => false;
  #goodbye: GracefulClose | undefined;
  #isReaderBehind: (() => boolean) | undefined;
  /** Whether the peer's goodbye waits for our reader. */
  #isUnanswered = false;
  #closed = false;

  constructor(times: KeepaliveTimes) {
    super();
    this.#health = new ChannelHealth(times, {
      onPing: () => this.#ping(),
      onDoubt: (doubt) => {
        this.#goodbye?.wait();
        if (doubt === 'silent' && this.#isUnanswered && this.#goodbye === undefined) {
          // The peer does not wait that long for our reader.
          this.#startClosing('peer', 'quit');
          this.#finishClosing();
          return;
        }
        this.emit(doubt);
      },
    });
  }

  /** The smoothed round trip in ms; undefined before the first answer. */
  get rttMs(): number | undefined {
    return this.#health.rttMs;
  }

  get acknowledged(): number {
    return this.#outgoing.acknowledged;
  }

  /** What this channel has carried, or the last one if there is none. */
  get carried(): Carried {
    const streams = [this.#outgoing, this.files.stream.outgoing];
    return {
      arrived: this.#acknowledgedInAll - this.#acknowledgedBefore,
      underWay: streams.reduce((bytes, { sent, acknowledged }) => bytes + sent - acknowledged, 0),
    };
  }

  /** Whether all that was written has arrived. */
  get delivered(): boolean {
    return this.#main.delivered;
  }

  /** Whether nothing more will be written. */
  get hasEnded(): boolean {
    return this.#schedule.isEnded;
  }

  /** Whether the peer writes nothing more. */
  get peerHasEnded(): boolean {
    return this.#main.stream.incoming.hasEnded;
  }

  /** Whether a full window is kept. The writer then waits until some of it has arrived. */
  get congested(): boolean {
    return this.#outgoing.bytes >= WINDOW_BYTES;
  }

  /** How much of what was written has not been sent on this channel. */
  get unsent(): number {
    return this.#outgoing.written - this.#outgoing.sent;
  }

  /** How many bytes of the peer's stream have been read, over all channels. */
  get received(): number {
    return this.#main.stream.incoming.received;
  }

  /** A goodbye whose channel is gone waits for the next channel as long as this returns true: it is about to come. */
  waitWhile(isMoving: () => boolean): void {
    this.#isMoving = isMoving;
  }

  /**
   * From now on, a goodbye of the peer is not answered as long as this returns true: our `close` answers it. The peer
   * must do the same, so that our goodbye waits for its reader, too, while the channel carries.
   */
  awaitReaders(isBehind: () => boolean): void {
    this.#isReaderBehind = isBehind;
  }

  /** Goes on over another channel, and sends again what the peer has not read. The nomination or the peer's first ack says how far it has read. */
  resume(link: FrameLink, peerReceived: number | undefined): void {
    if (this.#closed) {
      return link.destroy();
    }
    this.#link?.destroy();
    this.#writer.stop();
    this.#health.stop();
    this.#main.stream.restart();
    this.files.restart();
    this.#schedule.restart();
    // Set before anybody is told: a listener may end the session, and the goodbye then goes out on this link.
    this.#link = link;
    // The earlier channel may have brought an ack that is newer than the nomination.
    const read = peerReceived === undefined ? undefined : Math.max(peerReceived, this.acknowledged);
    try {
      if (read !== undefined) {
        this.#acknowledged(read, this.#outgoing.limit);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) {
        throw error;
      }
      link.destroy();
      this.#abandon(error.message, error);
    }
    if (!this.#closed) {
      this.attach(link);
    }
  }

  /** Begins on the first channel. Nothing that came on it is told before the present turn is over. */
  attach(link: FrameLink): void {
    this.#link = link;
    this.#acknowledgedBefore = this.#acknowledgedInAll;
    this.#writer.start(link);
    this.#health.start();
    this.#goodbye?.wait();
    // A link that was replaced is destroyed, and tells nothing more.
    link.listen({
      onFrames: (frames) => this.#receive(frames),
      onDrain: () => {
        this.#writer.drained();
        this.#pump();
      },
      onGone: (reason, error) => this.#lose(reason, error),
    });
    // The first ping measures the round trip and shows that the channel carries both ways.
    this.#ping();
    this.#pump();
  }

  write(bytes: Uint8Array): void {
    this.#main.writeAll([bytes]);
  }

  writeAll(chunks: readonly Uint8Array[]): void {
    this.#main.writeAll(chunks);
  }

  /** Closes our half: nothing more will be written. */
  end(): void {
    this.#schedule.end();
    this.#pump();
  }

  /** Sends our part of a round of punching behind this channel. */
  sayRound(ours: RoundPayload): void {
    this.#schedule.oweRound({ type: 'round', ...ours });
    this.#pump();
  }

  /** The reader has taken this many bytes of `data`. */
  consumed(bytes: number): void {
    this.#main.consumed(bytes);
  }

  /**
   * Says goodbye. The session is closed when all that was written has arrived, on whatever channel, and the peer has
   * said goodbye too. Never throws.
   */
  close(reason: CloseReason): void {
    if (this.#goodbye !== undefined || this.#closed) {
      return;
    }
    this.#startClosing(this.#isUnanswered ? 'peer' : 'us', reason);
    const isAlone = (this.#link === undefined || this.#link.gone) && !this.#isMoving();
    if (isAlone && this.delivered) {
      this.#finishClosing();
    } else {
      this.#pump();
    }
  }

  /**
   * Closes the session without waiting for anything. A goodbye says that all was sent, so it is left out if that is
   * not true. Only `gave-up` is said in any case.
   */
  closeNow(reason: CloseReason): void {
    this.close(reason);
    if (reason === 'gave-up' && !this.#schedule.hasSaidClose) {
      this.#link?.send({ type: 'close', reason });
    }
    this.#finishClosing();
  }

  /** Ends the session without a goodbye. If one was said already, it is still sent. */
  destroy(): void {
    if (this.#closed) {
      return;
    }
    this.#stop();
    this.#link?.destroy();
  }

  get #acknowledgedInAll(): number {
    return this.#outgoing.acknowledged + this.files.stream.outgoing.acknowledged;
  }

  #receive(frames: Frame[]): void {
    this.#health.heard();
    try {
      for (const frame of frames) {
        if (this.#closed) {
          return;
        }
        this.#handle(frame);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) {
        throw error;
      }
      this.#refuse(error);
    }
  }

  #refuse(error: ProtocolError): void {
    const link = this.#link;
    this.#link = undefined;
    this.#lose(error.message, error);
    link?.send({ type: 'close', reason: 'protocol' });
    link?.end();
  }

  #handle(frame: Frame): void {
    switch (frame.type) {
      case 'data': {
        const fresh = this.#main.arrived(frame);
        if (fresh.length === 0) {
          return;
        }
        this.#health.read();
        this.emit('data', fresh);
        return;
      }
      case 'ack':
        this.#acknowledged(frame.received, frame.limit);
        return;
      case 'file-data':
        if (this.files.heardData(frame)) {
          this.#health.read();
        }
        return;
      case 'file-ack':
        if (this.files.heardAck(frame)) {
          this.#health.acknowledgedFile(this.files.delivered);
        }
        this.#pump();
        return;
      case 'ping':
        this.#schedule.owePong(frame.id);
        if (this.#main.owesAck) {
          this.#main.sendAck();
        } else {
          this.#pump();
        }
        return;
      case 'pong':
        this.#health.ponged(frame.id);
        return;
      case 'end':
        if (this.#main.ended(frame.offset)) {
          this.emit('end');
        }
        return;
      case 'round':
        this.emit('round', frame);
        return;
      case 'close':
        this.#heardClose(frame.reason);
        // The peer should know what has arrived before it goes.
        this.#main.sendAck();
        return;
      case 'nominate':
        throw new ProtocolError('a second nomination of one channel');
    }
  }

  #heardClose(reason: CloseReason): void {
    if (this.#goodbye === undefined) {
      this.#isUnanswered = reason === 'quit' && this.#isReaderBehind?.() === true;
      if (!this.#isUnanswered) {
        this.#startClosing('peer', reason);
      }
    } else {
      this.#goodbye.isRefused = reason === 'gave-up' && this.#isReaderBehind !== undefined;
    }
    if (this.#goodbye !== undefined) {
      this.#goodbye.heard = true;
    }
  }

  #acknowledged(received: number, limit: number): void {
    const isNews = received > this.#outgoing.acknowledged;
    this.#outgoing.acknowledge(received, limit);
    if (this.#main.stream.isHeld) {
      this.emit('resumed', this.#main.stream.release());
    }
    if (isNews) {
      this.#health.acknowledged(received);
      this.#goodbye?.wait();
      this.emit('acknowledged', received);
    }
    this.#pump();
  }

  #pump(): void {
    if (this.#link === undefined) {
      return;
    }
    this.#main.takeAck();
    this.files.takeAck();
    const { sent } = this.#outgoing;
    this.#writer.pump();
    if (this.#outgoing.sent > sent) {
      this.#health.sent(this.#outgoing.sent);
      this.emit('sent');
    }
    if (this.files.noteSent()) {
      this.#health.sentFile();
    }
    if (this.#schedule.hasSaidClose && this.#goodbye?.heard === true && this.delivered) {
      this.#finishClosing();
    }
  }

  #ping(): void {
    this.#writer.ask(() => ({ type: 'ping', id: this.#health.ping() }));
  }

  #startClosing(by: 'us' | 'peer', reason: CloseReason): void {
    this.#goodbye = new GracefulClose(by, reason, {
      isDelivered: () => this.delivered,
      carries: () => this.#health.carries,
      awaitsReader: () => this.#isReaderBehind !== undefined,
      onOver: () => this.#finishClosing(),
      onStalled: () => {
        this.#link?.destroy();
        this.#abandon('the peer acknowledges nothing');
      },
    });
    this.#goodbye.heard = this.#isUnanswered;
    this.#schedule.close(reason);
  }

  #finishClosing(): void {
    if (this.#closed || this.#goodbye === undefined) {
      return;
    }
    this.#stop();
    this.#link?.end();
    const { by, reason, isRefused } = this.#goodbye;
    this.emit('closed', isRefused ? 'peer' : by, isRefused ? 'gave-up' : reason);
  }

  #lose(reason: string, error: ProtocolError | undefined): void {
    if (this.#isUnanswered && this.#goodbye === undefined) {
      // The peer waits for our reader no longer.
      this.#startClosing('peer', 'quit');
    }
    // A peer that goes after its goodbye is not lost. After ours it is not lost either, if nothing is missing.
    const isDone = this.#goodbye?.heard === true || (this.delivered && !this.#isMoving());
    if (this.#goodbye !== undefined && isDone) {
      this.#finishClosing();
    } else if (error !== undefined) {
      this.#abandon(error.message, error);
    } else {
      this.#link = undefined;
      this.#writer.stop();
      this.#health.stop();
      this.#goodbye?.wait();
      this.emit('gone', reason);
    }
  }

  #abandon(reason: string, error?: ProtocolError): void {
    if (this.#closed) {
      return;
    }
    this.#stop();
    this.emit('failed', reason, error);
  }

  #stop(): void {
    this.#closed = true;
    this.#main.stop();
    this.files.stop();
    this.#writer.stop();
    this.#health.stop();
    this.#goodbye?.stop();
  }
}

/** What a session tells the connection that holds it. */
interface SessionEvents {
  /** New bytes of the stream, in order, each once. The listener calls `consumed` when they are taken. */
  data: [bytes: Uint8Array];
  /** The peer writes nothing more. */
  end: [];
  /** Less of the stream waits to be sent than before. */
  sent: [];
  /** Everything before this offset has arrived at the peer. */
  acknowledged: [offset: number];
  /** Both sides have said goodbye, or one of them could not any more. Nothing follows. */
  closed: [by: 'us' | 'peer', reason: CloseReason];
  /** The channel carries nothing (`revived` may follow). */
  suspect: [];
  revived: [];
  silent: [];
  /** The channel is gone. The session goes on as soon as it is given another one. */
  gone: [reason: string];
  /** The session is over without a goodbye, because the peer broke the rules or takes nothing. Nothing follows. */
  failed: [reason: string, error: ProtocolError | undefined];
  /** The session goes on over another channel, and sends this many bytes again. */
  resumed: [resentBytes: number];
  /** The peer's part of a round of punching behind this channel. A listener may throw ProtocolError. */
  round: [theirs: RoundPayload];
}
