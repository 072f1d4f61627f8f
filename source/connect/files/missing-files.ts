import type { FileEvent, MissingFile } from '../../events.ts';

/** Bounds the files that are named in an event. Of the others only the number is told. */
export const MAX_NAMED = 20;

/** The files of an offered folder that do not arrive: their number, and the first of them. */
export class MissingFiles {
  readonly #named: MissingFile[] = [];
  #count = 0;

  add(path: string, reason: string): void {
    this.#count += 1;
    if (this.#named.length < MAX_NAMED) {
      this.#named.push({ path, reason });
    }
  }

  /** The fields of the event that tells of them; none if nothing is missing. */
  get fields(): Pick<FileEvent, 'missing' | 'missingFiles'> {
    return this.#count === 0 ? {} : { missing: this.#count, missingFiles: this.#named };
  }
}
