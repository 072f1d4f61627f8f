import type { FrameSchedule } from './wire/frame-schedule.ts';
import { segmentBytes, type Frame } from './wire/frames.ts';
import type { FrameLink } from './frame-link.ts';
import { RestDelay } from '../../net/rest-delay.ts';

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
      if (frames === undefined) break;
      this.#isWritable = this.#link.write(frames.bytes);
      if (!frames.isFile && frames.bytes.length > segmentBytes) this.#restDelay.start();
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
    if (this.#question === undefined || this.#link === undefined || !this.#isWritable) return;
    this.#isWritable = this.#link.send(this.#question());
    this.#question = undefined;
  }
}
