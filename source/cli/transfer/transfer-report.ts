/** What `send` and `receive` say at their end. */
import type { FileEvent } from '../../events.ts';
import { bytesText } from '../../ui/transfers/file-wording.ts';
import type { Transfer } from '../../ui/transfers/transfers.ts';
import { countText, durationText } from '../../ui/text/wording.ts';

/**
 * `3 of 4 files or folders have arrived, 48 MB in 12 s`. Undefined if a line has said it all, because there was only
 * one.
 */
export function summaryText(
  transfers: readonly Transfer[],
  direction: FileEvent['direction'],
  ms: number,
): string | undefined {
  const own = transfers.map(({ file }) => file).filter((file) => file.direction === direction);
  if (own.length < 2) {
    return undefined;
  }
  const arrived = own.filter(({ state }) => state === 'done');
  const bytes = arrived.reduce((sum, { bytes: offered, done = offered }) => sum + done, 0);
  const all = countText(own.length, 'file or folder', 'files or folders');
  const verb = arrived.length === 1 ? 'has' : 'have';
  return `${arrived.length} of ${all} ${verb} arrived, ${bytesText(bytes)} in ${durationText(ms)}`;
}
