import { readFileSync } from 'node:fs';
import process from 'node:process';
import { truncateText } from '../text/text-layout.ts';
import { refreshSize, watchJobControl, type JobControl } from './job-control.ts';

/** Goes to the first column, and erases from there to the end of the screen. */
const erasing = '\r\u001B[J';

export interface LiveLineOptions {
  readonly stream: NodeJS.WriteStream;
  /** Returns the line as it is now, safe for a terminal. It is cut where the terminal ends. */
  readonly text: () => string;
  /** How often it may be drawn. */
  readonly atMostEveryMs: number;
  /** Whether it is drawn so often by itself, for what moves with time. If not, `refresh` has to be called. */
  readonly isMoving: boolean;
}

/**
 * One line at the foot of the output, drawn again in place, and gone at the end.
 * The cursor rests in its first column. So it can be erased even if the terminal
 * was made narrower and has wrapped it: all its rows are below the cursor.
 */
export class LiveLine {
  readonly #options: LiveLineOptions;
  readonly #job: JobControl;
  #timer: NodeJS.Timeout | undefined;
  /** What stands on the terminal; undefined if nothing does. */
  #shown: string | undefined;
  #hasEnded = false;

  constructor(options: LiveLineOptions) {
    this.#options = options;
    this.#job = watchJobControl({
      onStop: () => {
        this.#erase();
        void this.#job.stop();
      },
      onContinue: () => void refreshSize().then(this.#drawAnew),
    });
    options.stream.on('resize', this.#drawAnew);
    process.on('exit', this.#erase);
    this.#draw();
  }

  /** What it tells has changed. */
  refresh(): void {
    this.#timer ??= setTimeout(this.#draw, this.#options.atMostEveryMs);
    this.#timer.unref();
  }

  /** Writes lines above it. */
  write(lines: string): void {
    this.#erase();
    this.#options.stream.write(lines);
    this.#draw();
  }

  /** Takes it away, until it is drawn again: something else is written to this terminal. */
  erase(): void {
    this.#erase();
  }

  /** Removes it. What is written afterwards begins in its place. */
  end(): void {
    if (this.#hasEnded) {
      return;
    }
    this.#erase();
    this.#hasEnded = true;
    clearTimeout(this.#timer);
    this.#job.close();
    this.#options.stream.off('resize', this.#drawAnew);
    process.off('exit', this.#erase);
  }

  readonly #draw = (): void => {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { isMoving, stream, text } = this.#options;
    if (this.#hasEnded) {
      return;
    }
    // A reader who has stopped the output with Ctrl-S must not get hundreds of lines at once.
    if (stream.writableLength === 0 && isForeground()) {
      // In the last column, some terminals would wrap.
      const line = truncateText(text(), Math.max(1, (stream.columns || 80) - 1));
      if (line !== this.#shown) {
        stream.write(`${erasing}${line}\r`);
        this.#shown = line;
      }
    }
    if (isMoving) {
      this.refresh();
    }
  };

  /** Draws it even if it is the same: the terminal may have changed what stands there. */
  readonly #drawAnew = (): void => {
    this.#shown = undefined;
    this.#draw();
  };

  readonly #erase = (): void => {
    if (this.#shown !== undefined) {
      this.#shown = undefined;
      this.#options.stream.write(erasing);
    }
  };
}

/**
 * Whether this job has the terminal. `punchline serve &` does not: the line
 * would stand in the middle of what the user types. Only Linux tells it without
 * another program; elsewhere it counts as true.
 */
function isForeground(): boolean {
  try {
    const stat = readFileSync('/proc/self/stat', 'latin1');
    // The name of the program stands in parentheses, and may hold any character.
    const [, , group, , , terminalGroup] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return group === terminalGroup;
  } catch {
    return true;
  }
}

/** How long each step of a spinner lasts. */
export const SPINNER_MS = 100;

/** Returns the next step of a spinner each time. It stands still with reduced motion. */
export function createSpinner({
  ascii,
  reducedMotion,
}: {
  readonly ascii: boolean;
  readonly reducedMotion: boolean;
}): () => string {
  const steps = reducedMotion ? (ascii ? '*' : '●') : ascii ? String.raw`-\|/` : '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
  let step = -1;
  return () => steps[(step = (step + 1) % steps.length)] ?? '';
}
