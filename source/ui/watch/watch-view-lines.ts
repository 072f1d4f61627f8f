/** The screen of a watched lab as lines: a title, the ladder, the NAT tables, and the keys. */
import { safeText } from '../../text/safe-text.ts';
import type { Ladder } from '../../ladder/ladder.ts';
import { ladderParts } from '../../ladder/ladder-lines.ts';
import { emptyLine, type Line, plain, styled } from '../text/line.ts';
import { textMeasure, truncateText, wrapText } from '../text/text-layout.ts';
import type { WatchState } from './watch-state.ts';

/** What is shown of a lab. Its texts are not safe for a terminal yet. */
export interface WatchView {
  readonly title: string;
  readonly ladder: Ladder;
  /** The same as lines of text, for a screen that is too narrow for a ladder. */
  readonly lines: readonly string[];
  readonly tables: readonly { readonly title: string; readonly rows: readonly string[] }[];
}

export interface WatchSize {
  readonly columns: number;
  readonly rows: number;
}

/** With fewer rows, either the ladder or the tables are shown. */
const MIN_ROWS_FOR_BOTH = 18;
/** The tables get this part of the rows at most. */
const TABLES_SHARE = 1 / 3;

export function hasRoomForBoth({ rows }: WatchSize): boolean {
  return rows >= MIN_ROWS_FOR_BOTH;
}

export interface LaidOut {
  readonly lines: readonly Line[];
  /** Of what scrolls: all of its rows, and how many are in view. */
  readonly rows: number;
  readonly visible: number;
}

/** `steps` is how many there are by now. */
export function layOutWatch(
  view: WatchView,
  state: WatchState,
  size: WatchSize,
  { isReplay, steps }: { readonly isReplay: boolean; readonly steps: number },
): LaidOut {
  const { columns, rows } = size;
  const tables = state.shows === 'ladder' ? [] : tableLines(view, columns);
  const isAlone = state.shows === 'tables';
  const body = Math.max(1, rows - 2);
  const below =
    isAlone || !hasRoomForBoth(size) ? [] : shortTables(view, columns, Math.floor(body * TABLES_SHARE));
  const hasBelow = state.shows === 'both' && below.length > 0;
  const { body: scrolling, head } = isAlone ? { head: [], body: tables } : drawing(view, columns);
  const visible = Math.max(1, body - head.length - (hasBelow ? below.length + 1 : 0));
  const back = Math.min(state.back, Math.max(0, scrolling.length - visible));
  const end = scrolling.length - back;
  const shown = scrolling.slice(Math.max(0, end - visible), end);
  return {
    rows: scrolling.length,
    visible,
    lines: [
      titleLine(view, state, columns, steps),
      ...head,
      ...shown,
      ...Array.from({ length: visible - shown.length }, () => emptyLine),
      ...(hasBelow ? [[styled('dim', '─'.repeat(columns))], ...below] : []),
      keysLine(columns, isReplay, state),
    ],
  };
}

function titleLine({ title }: WatchView, { step }: WatchState, columns: number, steps: number): Line {
  const where = step === undefined ? '' : ` · step ${Math.min(step, steps)} of ${steps}`;
  return [styled('strong', truncateText(safeText(title) + where, columns))];
}

/** The ladder, with the names of its lanes above it; or lines of text if it is too wide. */
function drawing(
  { ladder, lines }: WatchView,
  columns: number,
): { readonly head: readonly Line[]; readonly body: readonly Line[] } {
  return (
    ladderParts(ladder, columns, textMeasure) ?? {
      head: [],
      body: lines.flatMap((line) => wrapText(safeText(line.trimStart()), columns).map((row) => [plain(row)])),
    }
  );
}

function tableLines({ tables }: WatchView, columns: number): readonly Line[] {
  if (tables.every(({ rows }) => rows.length === 0)) {
    return [[styled('dim', truncateText('No router has a mapping or a connection.', columns))]];
  }
  return tables.flatMap(({ rows, title }) => [
    [styled('strong', truncateText(safeText(title), columns))],
    ...rows.map((row) => [plain(truncateText(`  ${safeText(row)}`, columns))]),
  ]);
}

/** The youngest rows of each router, and how many more there are. */
function shortTables({ tables }: WatchView, columns: number, rows: number): readonly Line[] {
  const filled = tables.filter((table) => table.rows.length > 0);
  const each = Math.max(1, Math.floor(rows / Math.max(1, filled.length)) - 1);
  return filled
    .flatMap(({ rows: all, title }): Line[] => {
      const more = all.length > each ? ` · ${all.length} rows` : '';
      const shown = all
        .slice(0, each)
        .map((row): Line => [plain(truncateText(`  ${safeText(row)}`, columns))]);
      const name = truncateText(safeText(title), Math.max(1, columns - more.length));
      return [[styled('strong', name), styled('dim', more)] as Line].concat(shown);
    })
    .slice(0, Math.max(0, rows));
}

/** From the least to the most important, so that a narrow screen can leave some out. */
function keysLine(columns: number, isReplay: boolean, { step }: WatchState): Line {
  const steps = isReplay || step !== undefined;
  const keys = steps
    ? ['←→ step', 'space all', '↑↓ scroll', 'f fold', 't tables', 'q quit']
    : ['space pause', '↑↓ scroll', 'f fold', 't tables', 'q quit'];
  const optional = ['↑↓ scroll', 'space all', 'space pause', 't tables', 'f fold'];
  const fitting = optional.reduce(
    (shown, key) => (textOf(shown).length <= columns ? shown : shown.filter((one) => one !== key)),
    keys,
  );
  return [styled('dim', truncateText(textOf(fitting), columns))];
}

function textOf(keys: readonly string[]): string {
  return keys.join(' · ');
}
