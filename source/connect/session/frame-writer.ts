import type { FrameSchedule } from './wire/frame-schedule.ts';
import { SEGMENT_BYTES, type Frame } from './wire/frames.ts';
import type { FrameLink } from './frame-link.ts';

/** Sends what the schedule gives, on one link at a time, as fast as the link takes it. Does not know what a frame means. */
export class FrameWriter {
  readonly #schedule: FrameSchedule;
  readonly #restDelay: RestDelay;
  #link: FrameLink | undefined;
  #isWritable = false;
  #question: (() => Frame) | undefined;

  /** @param onRest called when the wait for a whole segment is over: it is time to `pump`. */
  constructor(schedule: FrameSchedule, onRest: () => void) {
    this.#schedule = schedule;
    this.#restDelay = new RestDelay(onRest);
  }

  /** From now on frames are sent on this link. */
  start(link: FrameLink): void {
    this.#link = link;
    this.#isWritable = true;
  }

  /** The link takes more. */
  drained(): void {
    this.#isWritable = true;
  }

  pump(): void {
    this.#sendQuestion();
    while (this.#link !== undefined && this.#isWritable && !this.#link.gone) {
      const frames = this.#schedule.next(this.#restDelay.isWaiting);
      if (frames === undefined) {
        break;
      }
      this.#isWritable = this.#link.write(frames.bytes);
      if (!frames.isFile && frames.bytes.length > SEGMENT_BYTES) {
        this.#restDelay.start();
      }
    }
  }

  /** Sends a frame before all others, and makes it only then. A later call replaces a frame that was not sent yet. */
  ask(make: () => Frame): void {
    this.#question = make;
    this.#sendQuestion();
  }

  stop(): void {
    this.#link = undefined;
    this.#question = undefined;
    this.#restDelay.stop();
  }

  #sendQuestion(): void {
    if (this.#question === undefined || this.#link === undefined || !this.#isWritable) {
      return;
    }
    this.#isWritable = this.#link.send(this.#question());
    this.#question = undefined;
  }
}

/**
 * A long write ends with less than a segment. If the writer goes on, that rest
 * becomes part of a whole segment, which costs half as much. So it waits until
 * the writer has had a turn to go on, and no longer.
 */
class RestDelay {
  readonly #onOver: () => void;
  #wait: NodeJS.Immediate | undefined;

  constructor(onOver: () => void) {
    this.#onOver = onOver;
  }

  /** Whether a rest may wait. */
  get isWaiting(): boolean {
    return this.#wait !== undefined;
  }

  /** Starts the wait again after each long write. */
  start(): void {
    this.stop();
    // The first immediate comes in the turn that brought the write. Before the second, the writer's source was read again.
    this.#wait = setImmediate(() => {
      this.#wait = setImmediate(() => {
        this.#wait = undefined;
        this.#onOver();
      });
    });
  }

  stop(): void {
    clearImmediate(this.#wait);
    this.#wait = undefined;
  }
}
