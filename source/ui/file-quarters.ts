import type { FileEvent } from '../events.ts';
import { fileLabel } from './transfers/file-wording.ts';

/** For lines of text: how far a file is, at each quarter of it, once. Undefined for everything between. */
export function createFileQuarters(): (event: FileEvent) => string | undefined {
  const said = new Map<string, number>();
  return (event) => {
    const { id, state, bytes, done = 0 } = event;
    if (state !== 'progress') {
      said.delete(id);
      return undefined;
    }
    const quarter = bytes === 0 ? 0 : Math.min(3, Math.floor((4 * done) / bytes));
    if (quarter <= (said.get(id) ?? 0)) {
      return undefined;
    }
    said.set(id, quarter);
    return `${fileLabel(event)}: ${25 * quarter} %`;
  };
}
