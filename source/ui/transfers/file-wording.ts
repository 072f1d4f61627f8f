/** The words for files that are handed over, the same on every face. safeText() makes them fit for a terminal. */
import type { FileEvent, RefusedEvent } from '../../events.ts';
import { countText, durationText } from '../text/wording.ts';
import { safeText } from '../../text/safe-text.ts';
import { clustersOf, widthOf } from '../text/text-layout.ts';

/** Names may have 255 bytes, and be visible as more columns than that: half a row tells them apart. */
const MAX_NAME_COLUMNS = 48;

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
  const shown = shortName(name, MAX_NAME_COLUMNS);
  return isFolder
    ? `${shown}/ (${bytesText(bytes)}, ${countText(files, 'file')})`
    : `${shown} (${bytesText(bytes)})`;
}

/** What can be done about an offer of the peer's, which has so many hidden names as far as is known. */
export function answersText(downloads: string | undefined, hidden = 0): string {
  const place = downloads === undefined ? 'takes it' : `puts it into ${downloads}`;
  const kept = hidden === 0 ? '' : `, /accept --hidden keeps its hidden ${hidden === 1 ? 'name' : 'names'}`;
  return `/accept ${place}, /accept FOLDER elsewhere${kept}; /decline`;
}

/** `r1 photo.jpg`. */
export function fileLabel({ id, name }: FileEvent): string {
  return `${id} ${shortName(name, MAX_NAME_COLUMNS)}`;
}

/** What to say of it in a line; undefined for progress, which is no news. `peer`: how the peer is called. */
export function fileText(event: FileEvent, peer = 'the peer'): string | undefined {
  const { id, state, direction, by, reason, path, ms, leftOut, hidden, unhidden } = event;
  const what = `${id} ${fileName(event)}`;
  const because = reason === undefined ? '' : `: ${reason}`;
  switch (state) {
    case 'offered': {
      const without =
        leftOut === undefined ? '' : `, without ${countText(leftOut, 'link or device', 'links or devices')}`;
      const having = hidden === undefined ? '' : `, with ${countText(hidden, 'hidden name')}`;
      return direction === 'sent' ? `offering ${what}${without}${having}` : `${peer} offers ${what}${having}`;
    }
    case 'accepted': {
      return direction === 'sent' ? `${peer} accepts ${what}` : `accepted ${what}`;
    }
    case 'declined': {
      return `${by === 'peer' ? `${peer} declined` : 'declined'} ${what}${because}`;
    }
    case 'progress': {
      return undefined;
    }
    case 'done': {
      const took = ms === undefined ? '' : ` in ${durationText(ms)}${paceText(event.bytes, ms)}`;
      return direction === 'sent'
        ? `${peer} has ${what}${took}`
        : `received ${what}${took}${path === undefined ? '' : `: ${path}`}${unhiddenText(unhidden)}`;
    }
    case 'failed': {
      return `${what} failed${because}`;
    }
    case 'cancelled': {
      return `${by === 'peer' ? `${peer} cancelled` : 'cancelled'} ${what}`;
    }
    default: {
      return state satisfies never;
    }
  }
}

function unhiddenText(unhidden: number | undefined): string {
  return unhidden === undefined
    ? ''
    : `; ${countText(unhidden, 'hidden name begins', 'hidden names begin')} with _ there`;
}

/** Offers that were declined as they came. */
export function refusedText({ offers, reason }: RefusedEvent): string {
  return `declined ${countText(offers, 'more offer')}${reason === '' ? '' : `: ${reason}`}`;
}

/** Less says how fast packets are, not files. */
const MIN_PACE_MS = 1000;

function paceText(bytes: number, ms: number): string {
  return ms < MIN_PACE_MS ? '' : `, ${bytesText(Math.round((1000 * bytes) / ms))}/s`;
}

/**
 * What somebody wants to know who does not look; undefined for what this side
 * did itself. With `isOpen` it names the file, which is not for everybody's eyes.
 */
export function fileNews(event: FileEvent, peer: string, isOpen: boolean): string | undefined {
  const { state, direction, by, isFolder } = event;
  const isOurs = state === 'offered' ? direction === 'sent' : by === 'me';
  if (isOurs || state === 'accepted' || state === 'progress') {
    return undefined;
  }
  if (isOpen) {
    return fileText(event, peer);
  }
  const what = isFolder ? 'a folder' : 'a file';
  return {
    offered: `${peer} offers ${what}`,
    done: direction === 'sent' ? `${peer} has ${what} of yours` : `${what} from ${peer} is here`,
    failed: `${what} failed`,
    declined: `${peer} declined ${what}`,
    cancelled: `${peer} cancelled ${what}`,
  }[state];
}

/** No file system gives a name more bytes; a name that is longer is none, and is not measured whole. */
const MAX_LENGTH = 1024;

/** `.tar.gz`, `-final.docx`: enough for what tells of what kind a file is, by which it may deceive. */
const TAIL_COLUMNS = 12;

/**
 * The name of a file, safe for a terminal: one line, at most `columns` wide.
 * Where it is longer, its middle is cut out: the end tells what it is.
 */
export function shortName(name: string, columns: number): string {
  const bounded =
    name.length <= MAX_LENGTH ? name : name.slice(0, MAX_LENGTH / 2) + name.slice(-MAX_LENGTH / 2);
  const safe = safeText(bounded.replaceAll(/\p{White_Space}/gv, ' ')).trim();
  if (safe === '') {
    return '(no name)';
  }
  if (widthOf(safe) <= columns) {
    return safe;
  }
  const clusters = clustersOf(safe);
  const tail = fitting(
    clusters.toReversed(),
    Math.min(TAIL_COLUMNS, Math.floor((columns - 1) / 2)),
  ).toReversed();
  const head = fitting(clusters, columns - 1 - widthOf(tail.join('')));
  return `${head.join('')}…${tail.join('')}`;
}

/** The first of them that have room. */
function fitting(clusters: readonly string[], columns: number): readonly string[] {
  let width = 0;
  const end = clusters.findIndex((cluster) => {
    width += widthOf(cluster);
    return width > columns;
  });
  return end === -1 ? clusters : clusters.slice(0, end);
}
