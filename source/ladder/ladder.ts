/**
 * A ladder: what happened between several parties, as a table of time. Each
 * party has a lane from top to bottom, and each row is one moment, the earliest
 * first. It is only data. ladder-lines.ts draws it in rows of text, and
 * ladder-svg.ts as a picture.
 */
import { safeText } from '../text/safe-text.ts';

/** One party. */
export interface Lane {
  readonly label: string;
  /** Shown below the label where there is room, for example an address. */
  readonly detail?: string;
}

export type Tone = 'good' | 'bad';

/** Something that goes from one lane to another. Lanes are numbered from 0. */
export interface Arrow {
  readonly from: number;
  readonly to: number;
  /** The lanes that it passes through. It only passes over all others. */
  readonly through?: readonly number[];
  /** `turned`: it comes back from somewhere before the lane `from`, and nobody knows from where. */
  readonly start?: 'turned';
  /**
   * `arrives` at the lane `to`, or is `stopped` exactly there. The others end
   * somewhere before that lane, and nobody knows where: `unanswered` for good,
   * still `open`, or `turned` back.
   */
  readonly end: 'arrives' | 'stopped' | 'unanswered' | 'open' | 'turned';
  readonly label: string;
  readonly tone?: Tone;
}

/** What a row shows. */
export type Happening =
  /** Arrows of the same moment. They must not overlap. */
  | { readonly kind: 'arrows'; readonly arrows: readonly Arrow[] }
  /** Something that several parties share from now on, for example an encrypted connection. */
  | {
      readonly kind: 'band';
      readonly from: number;
      readonly to: number;
      readonly label: string;
      readonly tone?: Tone;
    }
  /** Something that happens at one party. */
  | { readonly kind: 'mark'; readonly lane: number; readonly label: string; readonly tone?: Tone }
  /** Rows that were left out, in words. */
  | { readonly kind: 'fold'; readonly label: string }
  | { readonly kind: 'note'; readonly label: string; readonly tone?: Tone }
  /** The times after it count from here. */
  | { readonly kind: 'section'; readonly label: string; readonly tone?: Tone };

export type Row = Happening & {
  /** ms since the last section, or since the start. */
  readonly at: number;
  /** What it belongs to, for example `round 1`. Shown once for rows that follow each other. */
  readonly group?: string;
};

export interface Ladder {
  /** At least two. */
  readonly lanes: readonly Lane[];
  readonly rows: readonly Row[];
}

/** What the drawing needs to know about text. The folder above knows how wide a terminal shows it. */
export interface TextMeasure {
  /** The columns that a text takes. */
  readonly widthOf: (text: string) => number;
  /** The text in rows of at most `columns`. */
  readonly wrapText: (text: string, columns: number) => readonly string[];
  /** The beginning of a text, at most `columns` wide. */
  readonly truncateText: (text: string, columns: number) => string;
}

/** Up to here, times are in ms: `99999`. */
const MAX_MS = 99_999;

/** The time of a row: `1500` (ms), `12:34`, `2 h 05`. */
export function timeText(at: number): string {
  const ms = Math.max(0, Math.round(at));
  return ms <= MAX_MS ? String(ms) : clockText(ms);
}

/** In minutes and seconds, or in hours and minutes: `1:05`, `2 h 05`. */
export function clockText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes}:${twoDigits(seconds % 60)}`
    : `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)}`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}

/** The group of each row if it is not the same as in the row before; otherwise undefined. */
export function newGroups(rows: readonly Row[]): readonly (string | undefined)[] {
  return rows.map(({ group }, index) => (group === rows[index - 1]?.group ? undefined : group));
}

/** The lanes between its ends that the arrow passes through. */
export function lanesThrough({ from, to, through = [] }: Arrow): readonly number[] {
  return through.filter((lane) => lane > Math.min(from, to) && lane < Math.max(from, to));
}

/**
 * The same ladder with texts that are safe to show. Labels may contain text of
 * the peer, so both drawings begin with this.
 */
export function safeLadder({ lanes, rows }: Ladder): Ladder {
  return {
    lanes: lanes.map((lane) => ({
      label: safeText(lane.label),
      ...(lane.detail === undefined ? {} : { detail: safeText(lane.detail) }),
    })),
    rows: rows.map((row) => {
      const group = row.group === undefined ? {} : { group: safeText(row.group) };
      return row.kind === 'arrows'
        ? { ...row, ...group, arrows: row.arrows.map(safeArrow) }
        : { ...row, ...group, label: safeText(row.label) };
    }),
  };
}

function safeArrow(arrow: Arrow): Arrow {
  return { ...arrow, label: safeText(arrow.label) };
}
