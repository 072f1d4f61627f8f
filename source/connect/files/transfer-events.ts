import { performance } from 'node:perf_hooks';
import { MAX_NAMED } from './wire/file-messages.ts';
import { isHiddenName } from './wire/safe-file-name.ts';
import type { FileEvent, MissingFile } from '../../events.ts';

/** How often progress is told at most. More than an eye can follow would only cost. */
const PROGRESS_EVERY_MS = 100;

export type TransferFacts = Pick<FileEvent, 'id' | 'name' | 'bytes' | 'files' | 'isFolder' | 'direction'>;

export type OfferFacts = TransferFacts & Pick<FileEvent, 'hidden'>;

/** The field that tells how many hidden names an offer has, its own name included; no field if there are none. */
export function hiddenIn(name: string, within: number): Pick<FileEvent, 'hidden'> {
  const hidden = within + (isHiddenName(name) ? 1 : 0);
  return hidden === 0 ? {} : { hidden };
}

/** The fields that tell which of so many files and folders cannot be read; none if all can. */
export function unreadableIn(
  files: number,
  named: readonly MissingFile[],
): Pick<FileEvent, 'unreadable' | 'unreadableFiles'> {
  return files === 0 ? {} : { unreadable: files, unreadableFiles: named.slice(0, MAX_NAMED) };
}

const ends: ReadonlySet<FileEvent['state']> = new Set(['declined', 'done', 'failed', 'cancelled']);

/** Tells the events of one transfer. */
export class TransferTeller {
  readonly #facts: TransferFacts;
  readonly #tell: (event: FileEvent) => void;
  #startedAt: number | undefined;
  #toldAt = -Infinity;
  #isOver = false;

  constructor(facts: TransferFacts, tell: (event: FileEvent) => void) {
    this.#facts = facts;
    this.#tell = tell;
  }

  /** The `ms` of later events count from now. */
  start(): void {
    this.#startedAt = performance.now();
  }

  say(state: FileEvent['state'], more: Partial<FileEvent> = {}): void {
    const ms =
      this.#startedAt === undefined || state === 'offered' || state === 'accepted'
        ? {}
        : { ms: Math.round(performance.now() - this.#startedAt) };
    this.#isOver ||= ends.has(state);
    this.#tell({ event: 'file', ...this.#facts, state, ...ms, ...more });
  }

  /** Tells how far it is, now and then. What was sent before its end may arrive after it. */
  progress(done: number): void {
    const now = performance.now();
    if (this.#isOver || now - this.#toldAt < PROGRESS_EVERY_MS) {
      return;
    }
    this.#toldAt = now;
    this.say('progress', { done: Math.min(Math.max(done, 0), this.#facts.bytes) });
  }
}
