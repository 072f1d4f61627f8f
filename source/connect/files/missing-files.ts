import type { FileEvent, MissingFile } from '../../events.ts';
import { MAX_NAMED } from './wire/file-messages.ts';

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
