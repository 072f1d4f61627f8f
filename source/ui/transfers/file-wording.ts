/**
 * The sentences about files, the same for the screen and for lines of text.
 * They are not safe for a terminal yet: use safeText() before showing one.
 */
import type { FileEvent, MissingFile } from '../../events.ts';
import { countText, durationText } from '../text/wording.ts';
import { safeText } from '../../text/safe-text.ts';
import { clustersOf, widthOf } from '../text/text-layout.ts';

/**
 * Bounds a name in a sentence. A name of 255 bytes can be wider than a row;
 * half a row is enough to tell names apart.
 */
const MAX_NAME_COLUMNS = 48;

/** Bounds the missing files that a sentence names. */
const MAX_MISSING = 5;

const units = ['kB', 'MB', 'GB', 'TB', 'PB', 'EB'] as const;

/** `512 bytes`, `1.2 kB`, `48 MB`. Units are powers of 1,000, as for disks and in file managers. */
export function bytesText(bytes: number): string {
  if (bytes < 1000) {
    return countText(bytes, 'byte');
  }
  let value = bytes;
  let unit = -1;
  // The bound takes rounding into account: 999,950 bytes are 1.0 MB, not 1000 kB.
  while (unit < 0 || (value >= 999.5 && unit < units.length - 1)) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** `photo.jpg (1.2 MB)`, `holiday/ (48 MB, 120 files)`, `holiday/ (47 MB, 118 of 120 files)`. */
export function fileName(event: FileEvent): string {
  const { name, files, isFolder, state, missing } = event;
  const shown = shortName(name, MAX_NAME_COLUMNS);
  if (!isFolder) {
    return `${shown} (${bytesText(event.bytes)})`;
  }
  const share = state === 'done' && missing !== undefined ? `${files - missing} of ` : '';
  return `${shown}/ (${bytesText(arrivedBytes(event))}, ${share}${countText(files, 'file')})`;
}

/** The size of a transfer: all that was offered, or what has arrived if files are missing at its end. */
function arrivedBytes({ bytes, state, missing, done = bytes }: FileEvent): number {
  return state === 'done' && missing !== undefined ? done : bytes;
}

/**
 * The commands that answer an offer of the peer. `hidden`: how many hidden
 * names the offer has, if the peer has said so.
 */
export function answersText(downloads: string | undefined, hidden = 0): string {
  const place = downloads === undefined ? 'takes it' : `puts it into ${downloads}`;
  const kept = hidden === 0 ? '' : `, /accept --hidden keeps its hidden ${hidden === 1 ? 'name' : 'names'}`;
  return `/accept ${place}, /accept FOLDER elsewhere${kept}; /decline`;
}

/** `r1 photo.jpg`. */
export function fileLabel({ id, name }: FileEvent): string {
  return `${id} ${shortName(name, MAX_NAME_COLUMNS)}`;
}

/** The sentence about a file's event. Undefined for progress, which is not worth a line. `peer`: the peer's name. */
export function fileText(event: FileEvent, peer = 'the peer'): string | undefined {
  const { id, state, direction, by, reason } = event;
  const what = `${id} ${fileName(event)}`;
  const because = reason === undefined ? '' : `: ${reason}`;
  switch (state) {
    case 'offered': {
      return `${direction === 'sent' ? 'offering' : `${peer} offers`} ${offeredText(event)}`;
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
      return `${direction === 'sent' ? `${peer} has ${what}` : `received ${what}`}${arrivalText(event)}`;
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

/** `s1 album/ (48 MB, 120 files), without 1 link or device`. */
export function offeredText(event: FileEvent): string {
  const { id, direction, leftOut, hidden } = event;
  const without =
    leftOut === undefined || direction === 'received'
      ? ''
      : `, without ${countText(leftOut, 'link or device', 'links or devices')}`;
  const having = hidden === undefined ? '' : `, with ${countText(hidden, 'hidden name')}`;
  return `${id} ${fileName(event)}${without}${having}${unreadableText(event)}`;
}

/** ` in 2.1 s, 50 MB/s: /home/anna/photo.jpg`: how a file has arrived, and what is missing of it. */
export function arrivalText(event: FileEvent): string {
  const { direction, ms, path, unhidden } = event;
  const took = ms === undefined ? '' : ` in ${durationText(ms)}${paceText(arrivedBytes(event), ms)}`;
  const place =
    direction === 'sent' ? '' : `${path === undefined ? '' : `: ${path}`}${unhiddenText(unhidden)}`;
  return `${took}${place}${missingText(event)}`;
}

/** `2 files are missing`, at the end of a transfer; undefined if all have arrived. */
export function missingCount({ missing = 0, unreadable = 0 }: FileEvent): string | undefined {
  const count = missing + unreadable;
  const words =
    unreadable === 0
      ? countText(count, 'file is', 'files are')
      : countText(count, 'file or folder is', 'files or folders are');
  return count === 0 ? undefined : `${words} missing`;
}

function missingText(event: FileEvent): string {
  const { missing = 0, missingFiles = [], unreadable = 0, unreadableFiles = [] } = event;
  const count = missingCount(event);
  return count === undefined
    ? ''
    : `; ${count}${namedText(missing + unreadable, [...missingFiles, ...unreadableFiles])}`;
}

function unreadableText({ unreadable = 0, unreadableFiles = [] }: FileEvent): string {
  const count = countText(unreadable, 'file or folder in it is', 'files or folders in it are');
  return unreadable === 0 ? '' : `; ${count} not sent${namedText(unreadable, unreadableFiles)}`;
}

/** The first of so many files, with the reason, and the number of the others. Nothing if none is known by its name. */
function namedText(count: number, files: readonly MissingFile[]): string {
  if (files.length === 0) {
    return '';
  }
  const named = files
    .slice(0, MAX_MISSING)
    .map(({ path, reason }) => `${shortName(path, MAX_NAME_COLUMNS)} (${reason})`);
  const others = count - named.length;
  return `: ${[...named, ...(others === 0 ? [] : [`${others} more`])].join(', ')}`;
}

function unhiddenText(unhidden: number | undefined): string {
  return unhidden === undefined
    ? ''
    : `; ${countText(unhidden, 'hidden name begins', 'hidden names begin')} with _ there`;
}

/** In a shorter time, a rate says little about the connection. */
const MIN_PACE_MS = 1000;

function paceText(bytes: number, ms: number): string {
  return ms < MIN_PACE_MS ? '' : `, ${bytesText(Math.round((1000 * bytes) / ms))}/s`;
}

/**
 * The text of a notification about a file. Undefined for what this side did
 * itself. Only with `isOpen` it contains the file's name, which other people
 * should not read.
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
    done: `${direction === 'sent' ? `${peer} has ${what} of yours` : `${what} from ${peer} is here`}${missingCount(event) === undefined ? '' : ', but not all of it'}`,
    failed: `${what} failed`,
    declined: `${peer} declined ${what}`,
    cancelled: `${peer} cancelled ${what}`,
  }[state];
}

/** Bounds the work. No file system allows names of more bytes, so the middle of a longer one is not looked at. */
const MAX_LENGTH = 1024;

/** Enough for an ending such as `.tar.gz` or `-final.docx`, which tells the kind of the file. */
const TAIL_COLUMNS = 12;

/**
 * The name of a file, safe for a terminal: one line, at most `columns` wide.
 * The middle of a longer name is cut out, because its end tells the kind of the
 * file.
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

/** The first clusters that fit into `columns`. */
function fitting(clusters: readonly string[], columns: number): readonly string[] {
  let width = 0;
  const end = clusters.findIndex((cluster) => {
    width += widthOf(cluster);
    return width > columns;
  });
  return end === -1 ? clusters : clusters.slice(0, end);
}
