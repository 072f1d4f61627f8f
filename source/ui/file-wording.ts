/** The words for files that are handed over, the same on every face. safeText() makes them fit for a terminal. */
import type { FileEvent } from '../events.ts';
import { countText, durationText } from './wording.ts';

const units = ['kB', 'MB', 'GB', 'TB', 'PB', 'EB'] as const;

/** `512 bytes`, `1.2 kB`, `48 MB`: powers of 1,000, as disks are sold and file managers count. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) {
    return countText(bytes, 'byte');
  }
  let value = bytes;
  let unit = -1;
  // Rounded first: 999,950 bytes are 1.0 MB, not 1000 kB.
  while (unit < 0 || (value >= 999.5 && unit < units.length - 1)) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** `photo.jpg (1.2 MB)`, `holiday/ (48 MB, 120 files)`. */
export function fileName({ name, bytes, files, isFolder }: FileEvent): string {
  return isFolder
    ? `${name}/ (${bytesText(bytes)}, ${countText(files, 'file')})`
    : `${name} (${bytesText(bytes)})`;
}

/** What to say of it in a line; undefined for progress, which is no news. */
export function fileText(event: FileEvent): string | undefined {
  const { id, state, direction, by, reason, path, ms, leftOut } = event;
  const what = `${id} ${fileName(event)}`;
  const because = reason === undefined ? '' : `: ${reason}`;
  switch (state) {
    case 'offered': {
      const without =
        leftOut === undefined ? '' : `, without ${countText(leftOut, 'link or device', 'links or devices')}`;
      return direction === 'sent' ? `offering ${what}${without}` : `the peer offers ${what}`;
    }
    case 'accepted': {
      return direction === 'sent' ? `the peer accepts ${what}` : `accepted ${what}`;
    }
    case 'declined': {
      return `${by === 'peer' ? 'the peer declined' : 'declined'} ${what}${because}`;
    }
    case 'progress': {
      return undefined;
    }
    case 'done': {
      const took = ms === undefined ? '' : ` in ${durationText(ms)}`;
      return direction === 'sent'
        ? `the peer has ${what}${took}`
        : `received ${what}${took}${path === undefined ? '' : `: ${path}`}`;
    }
    case 'failed': {
      return `${what} failed${because}`;
    }
    case 'cancelled': {
      return `${by === 'peer' ? 'the peer cancelled' : 'cancelled'} ${what}`;
    }
    default: {
      return state satisfies never;
    }
  }
}
