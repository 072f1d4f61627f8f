import { performance } from 'node:perf_hooks';
import {
  keepaliveWakeAt,
  startKeepalive,
  stepKeepalive,
  type KeepaliveEvent,
  type KeepaliveState,
  type KeepaliveTimes,
} from './wire/keepalive.ts';
import { ProtocolError } from '../../errors.ts';
import { OverdueAcks } from './wire/overdue-acks.ts';
import { RoundTrip } from './wire/round-trip.ts';
import { monitorNetwork } from '../../network/network-monitor.ts';

/**
 * A change of opinion on a channel. It becomes `suspect` when an answer is late,
 * `revived` when it has answered a ping that left since then, and `silent` when
 * it has been suspect for too long. After `silent`, `revived` may still follow.
 */
export type ChannelDoubt = 'suspect' | 'revived' | 'silent';

export interface ChannelHealthListener {
  /** Time to ask whether anybody is there. */
  onPing(): void;
  onDoubt(doubt: ChannelDoubt): void;
}

/** Watches whether a channel carries, and how long its round trip is. It drives keepalive.ts and round-trip.ts with a real clock. */
export class ChannelHealth {
  readonly #times: KeepaliveTimes;
  readonly #listener: ChannelHealthListener;
  readonly #roundTrip = new RoundTrip();
  readonly #overdueAcks: OverdueAcks;
  /** How far data has been sent on this channel. */
  #sent = 0;
  /** What an answer is due for: each ping and each piece of data has a number, in the order in which they leave. */
  #questions = 0;
  #lastPing = { id: 0, question: 0 };
  #lastData = 0;
  #lastFileData = 0;
  #state: KeepaliveState | undefined;
  #wake: NodeJS.Timeout | undefined;
  #wakeAt = Infinity;
  #stopWatching: (() => void) | undefined;

  constructor(times: KeepaliveTimes, listener: ChannelHealthListener) {
    this.#times = times;
    this.#overdueAcks = new OverdueAcks(times.dueMs);
    this.#listener = listener;
  }

  /** The smoothed round trip in ms; undefined before the first answer. */
  get rttMs(): number | undefined {
    return this.#roundTrip.ms;
  }

  /** Whether there is a channel that is not suspect. */
  get carries(): boolean {
    return this.#state?.name === 'quiet' || this.#state?.name === 'asking';
  }

  /** Begins with a new channel: silence counts from now. */
  start(): void {
    this.#roundTrip.restart();
    this.#overdueAcks.restart();
    this.#sent = 0;
    this.#state = startKeepalive(performance.now());
    this.#sleep();
    this.#stopWatching ??= monitorNetwork(() => this.#step({ type: 'doubted', now: performance.now() }));
  }

  heard(): void {
    this.#step({ type: 'heard', now: performance.now() });
  }

  /** New bytes of the peer's streams have come. */
  read(): void {
    this.#step({ type: 'read', now: performance.now() });
  }

  /** Notes that a ping leaves, and returns its number. */
  ping(): number {
    const now = performance.now();
    const id = this.#roundTrip.ping(now);
    this.#overdueAcks.pinged(id);
    this.#lastPing = { id, question: this.#nextQuestion() };
    this.#step({ type: 'pinged', now, id });
    return id;
  }

  /** Notes the answer to a ping. Throws ProtocolError if the peer keeps back acks that are due. */
  ponged(id: number): void {
    const now = performance.now();
    if (this.#overdueAcks.isOverdue(id, now)) {
      throw new ProtocolError('the peer answers, and acknowledges nothing of what we sent');
    }
    this.#forgetAfterSilence();
    this.#roundTrip.ponged(id, now);
    this.#step({ type: 'ponged', now, id });
    const { id: last, question } = this.#lastPing;
    this.#answered(id === last ? question : 0);
  }

  /** Data up to the offset `end` has been sent. */
  sent(end: number): void {
    const now = performance.now();
    this.#roundTrip.sent(end, now);
    this.#overdueAcks.sent(end);
    this.#sent = end;
    this.#lastData = this.#nextQuestion();
    this.#step({ type: 'sent', now });
  }

  /** Data up to the offset `received` has arrived. */
  acknowledged(received: number): void {
    const now = performance.now();
    this.#forgetAfterSilence();
    this.#roundTrip.acknowledged(received, now);
    this.#overdueAcks.acknowledged(received);
    this.#step({ type: 'acknowledged', now });
    this.#answered(received < this.#sent ? 0 : this.#lastData);
  }

  /** Data of files was sent. Its ack shows that the channel carries, but measures no round trip, because files wait longer than messages. */
  sentFile(): void {
    this.#lastFileData = this.#nextQuestion();
    this.#step({ type: 'sent', now: performance.now() });
  }

  /** @param isAll whether all that was sent of files is acknowledged. */
  acknowledgedFile(isAll: boolean): void {
    this.#step({ type: 'acknowledged', now: performance.now() });
    this.#answered(isAll ? this.#lastFileData : 0);
  }

  stop(): void {
    this.#state = undefined;
    this.#wakeAt = Infinity;
    clearTimeout(this.#wake);
    this.#stopWatching?.();
    this.#stopWatching = undefined;
  }

  #nextQuestion(): number {
    this.#questions += 1;
    return this.#questions;
  }

  /**
   * The peer has read all up to this question. An answer that was late on its way says nothing about what left after it,
   * and the answer to that is still due.
   */
  #answered(upTo: number): void {
    if (upTo < this.#questions) {
      this.#step({ type: 'sent', now: performance.now() });
    }
  }

  #forgetAfterSilence(): void {
    if (this.#state?.name === 'suspect' || this.#state?.name === 'lost') {
      this.#roundTrip.forget();
    }
  }

  #step(event: KeepaliveEvent): void {
    if (this.#state === undefined) {
      return;
    }
    const { state, effects } = stepKeepalive(this.#state, event, this.#times);
    this.#state = state;
    this.#sleep();
    for (const effect of effects) {
      if (effect === 'ping') {
        this.#listener.onPing();
      } else {
        this.#listener.onDoubt(effect === 'lost' ? 'silent' : effect);
      }
    }
  }

  /** An earlier timer is kept, and sets the next one when it fires. That is cheaper than a new timer for each chunk. */
  #sleep(): void {
    if (this.#state === undefined) {
      return;
    }
    const wakeAt = keepaliveWakeAt(this.#state, this.#times);
    if (wakeAt >= this.#wakeAt) {
      return;
    }
    clearTimeout(this.#wake);
    this.#wakeAt = wakeAt;
    this.#wake = setTimeout(
      () => {
        this.#wakeAt = Infinity;
        // Node serves timers before sockets: after a standstill, an answer may still lie unread in the socket.
        setImmediate(() => this.#step({ type: 'woken', now: performance.now() }));
      },
      Math.max(0, Math.ceil(wakeAt - performance.now())),
    );
  }
}
