import type { FrameSchedule } from './wire/frame-schedule.ts';
import { SEGMENT_BYTES, type Frame } from './wire/frames.ts';
import type { FrameLink } from './frame-link.ts';

/** Lets leave what is scheduled, on one link at a time, as fast as that takes it. Knows no meaning of any frame. */
export class FrameWriter {
  readonly #schedule: FrameSchedule;
  readonly #restDelay: RestDelay;
  #link: FrameLink | undefined;
  #isWritable = false;
  #question: (() => Frame) | undefined;

  /** @param onRest what waited for company is to leave: time to `pump`. */
  constructor(schedule: FrameSchedule, onRest: () => void) {
    this.#schedule = schedule;
    this.#restDelay = new RestDelay(onRest);
  }

  /** From now on it leaves here. */
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

  /** A frame that leaves before all others, and is made when it does; the last one counts that has not left. */
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
 * What is left of a long write behind its last whole segment: if the writer
 * goes on, the rest goes as part of a whole one, for half the price. It waits
 * until the writer has had a turn to go on, and no longer.
 */
class RestDelay {
  readonly #onOver: () => void;
  #wait: NodeJS.Immediate | undefined;

  constructor(onOver: () => void) {
    this.#onOver = onOver;
  }

  /** Whether a rest has company to wait for. */
  get isWaiting(): boolean {
    return this.#wait !== undefined;
  }

  /** Anew with each long write. */
  start(): void {
    this.stop();
    // The first comes in the turn that brought the write; before the second, the writer's source was read once more.
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
