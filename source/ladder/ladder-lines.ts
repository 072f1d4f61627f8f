/**
 * Draws a ladder in rows of text. All marks are one column wide, and each has
 * an ASCII character of the same width (`ui/text/ascii-marks.ts`).
 */
import {
  type Arrow,
  type Ladder,
  lanesThrough,
  newGroups,
  type Row,
  safeLadder,
  type TextMeasure,
  timeText,
  type Tone,
} from './ladder.ts';

type Style = 'dim' | 'strong' | Tone;

/** Text of one style. */
export interface LadderPiece {
  readonly text: string;
  readonly style?: Style;
}

export type LadderLine = readonly LadderPiece[];

/** On a narrower screen, a list says more than lines with a few letters in between. */
export const MIN_LADDER_COLUMNS = 40;
/** Five lanes have this much in 40 columns. In less, marks and lanes run into each other. */
const MIN_GAP = 7;
/** Most labels fit into one such gap, and all into two. A wider ladder is only harder to follow. */
const MAX_GAP = 30;
/** With narrower gaps, the group stands before the label, and not in a column of its own. */
const MIN_GAP_BESIDE_GROUPS = 11;
const MIN_TIME_COLUMNS = 4;
/** The blank columns between the times and the first lane, and between the last lane and the groups. */
const MARGIN = 2;

/** The columns of everything. */
interface Frame {
  readonly measure: TextMeasure;
  readonly lanes: readonly number[];
  readonly gap: number;
  /** The first lane. */
  readonly left: number;
  /** The end of all labels, exclusive. */
  readonly end: number;
  /** The groups. Undefined if they stand before the labels. */
  readonly groups: number | undefined;
}

/** A ladder in two parts, for a view in which the names of the lanes stay while the rest scrolls. */
export interface LadderParts {
  /** The names of the lanes. */
  readonly head: readonly LadderLine[];
  readonly body: readonly LadderLine[];
}

/** The ladder in rows of at most `columns`. Undefined if they are too few. */
export function ladderLines(
  ladder: Ladder,
  columns: number,
  measure: TextMeasure,
): readonly LadderLine[] | undefined {
  const parts = ladderParts(ladder, columns, measure);
  return parts && [...parts.head, ...parts.body];
}

/** The same in two parts. */
export function ladderParts(ladder: Ladder, columns: number, measure: TextMeasure): LadderParts | undefined {
  const safe = safeLadder(ladder);
  const frame = layOut(safe, columns, measure);
  if (columns < MIN_LADDER_COLUMNS || frame.gap < MIN_GAP) {
    return undefined;
  }
  const head = headLines(safe, frame);
  const groups = newGroups(safe.rows);
  const body = safe.rows.flatMap((row, index) => {
    const lines = rowLines(row, groups[index], frame);
    // By then, the names of the lanes may have scrolled out of view.
    return row.kind === 'section' ? lines.concat(head) : lines;
  });
  return { head, body };
}

function layOut({ lanes, rows }: Ladder, columns: number, measure: TextMeasure): Frame {
  const times = rows.map(({ at }) => timeText(at).length);
  const left = times.reduce((most, one) => Math.max(most, one), MIN_TIME_COLUMNS) + MARGIN;
  const groupColumns = rows.reduce((most, { group = '' }) => Math.max(most, measure.widthOf(group)), 0);
  const beside = groupColumns === 0 ? 0 : MARGIN + groupColumns;
  const gaps = Math.max(1, lanes.length - 1);
  function gapWithout(taken: number): number {
    return Math.min(MAX_GAP, Math.floor((columns - left - 1 - taken) / gaps));
  }
  const hasColumn = beside > 0 && gapWithout(beside) >= MIN_GAP_BESIDE_GROUPS;
  const gap = gapWithout(hasColumn ? beside : 0);
  const behind = left + gap * gaps + 1;
  return {
    measure,
    lanes: lanes.map((_, index) => left + index * gap),
    gap,
    left,
    end: hasColumn ? behind : columns,
    groups: hasColumn ? behind + MARGIN : undefined,
  };
}

/** One row of text that is being filled. Each cell is one column. A wide text leaves the cells behind it empty. */
class Canvas {
  readonly #cells: LadderPiece[] = [];
  readonly #widthOf: TextMeasure['widthOf'];

  constructor({ lanes, measure }: Frame, lane = '│') {
    this.#widthOf = measure.widthOf;
    for (const column of lanes) {
      this.put(column, lane, 'dim');
    }
  }

  put(column: number, text: string, style?: Style): void {
    while (this.#cells.length < column) {
      this.#cells.push({ text: ' ' });
    }
    const columns = this.#widthOf(text);
    for (let offset = 0; offset < columns; offset += 1) {
      this.#cells[column + offset] = { text: offset === 0 ? text : '', ...(style && { style }) };
    }
  }

  /** A text with a space on both sides, which begins at `column`. */
  label(column: number, text: string, style?: Style): void {
    this.put(column - 1, ' ');
    this.put(column, text, style);
    this.put(column + this.#widthOf(text), ' ');
  }

  /** Both columns belong to the line, in any order. */
  fill(one: number, other: number, mark: string, style?: Style): void {
    for (let column = Math.min(one, other); column <= Math.max(one, other); column += 1) {
      this.put(column, mark, style);
    }
  }

  /** Neighbours of one style become one piece. */
  line(): LadderLine {
    return this.#cells.reduce<LadderPiece[]>((pieces, cell) => {
      const last = pieces.at(-1);
      if (last === undefined || last.style !== cell.style) {
        pieces.push(cell);
      } else {
        pieces[pieces.length - 1] = { ...last, text: last.text + cell.text };
      }
      return pieces;
    }, []);
  }
}

/** The names of the lanes, and their details if there is room for all of them. */
function headLines({ lanes }: Ladder, frame: Frame): readonly LadderLine[] {
  const { measure, gap, left, end } = frame;
  function placed(text: string, index: number) {
    const label = measure.truncateText(text, 2 * gap - 2);
    const columns = measure.widthOf(label);
    const centered = (frame.lanes[index] ?? 0) - Math.floor(columns / 2);
    return { label, columns, start: Math.max(left, Math.min(centered, end - columns)) };
  }
  // Names that would touch stand in two rows, every other one lower.
  const names = lanes.map(({ label }, index) => placed(label, index));
  const isTight = areCloser(names, MARGIN);
  const rows = isTight ? [0, 1].map((odd) => names.filter((_, index) => index % 2 === odd)) : [names];
  const details = lanes.map(({ detail = '' }, index) => placed(detail, index));
  const hasDetails =
    !areCloser(details, 1) &&
    details.every(({ label, columns }, index) => {
      return columns < gap && label === (lanes[index]?.detail ?? '');
    });
  const lines = rows.map((row, index) => {
    const canvas = new Canvas({ ...frame, lanes: [] });
    canvas.put(Math.max(0, left - MARGIN - 2), index === 0 ? 'ms' : '', 'dim');
    row.forEach(({ label, start }) => canvas.put(start, label, 'strong'));
    return canvas.line();
  });
  if (hasDetails && details.some(({ label }) => label !== '')) {
    const canvas = new Canvas({ ...frame, lanes: [] });
    details.forEach(({ label, start }) => canvas.put(start, label, 'dim'));
    return [...lines, canvas.line()];
  }
  return lines;
}

/** Whether two texts that follow each other in a row have fewer columns between them. */
function areCloser(
  texts: readonly { readonly start: number; readonly columns: number }[],
  least: number,
): boolean {
  return texts.some(({ start }, index) => {
    const before = texts[index - 1];
    return before !== undefined && start < before.start + before.columns + least;
  });
}

/** A row, with its time and its group on the first of its lines. */
function rowLines(row: Row, group: string | undefined, frame: Frame): readonly LadderLine[] {
  const { left, groups } = frame;
  const canvases = canvasesOf(groups === undefined ? withGroup(row, group) : row, frame);
  const [first] = canvases;
  if (first !== undefined && row.kind !== 'fold' && row.kind !== 'section') {
    const time = timeText(row.at);
    first.put(left - MARGIN - time.length, time, 'dim');
  }
  if (first !== undefined && group !== undefined && groups !== undefined) {
    first.put(groups, group, 'dim');
  }
  return canvases.map((canvas) => canvas.line());
}

function withGroup(row: Row, group: string | undefined): Row {
  if (group === undefined) {
    return row;
  }
  return row.kind === 'arrows'
    ? {
        ...row,
        arrows: row.arrows.map((arrow, index) =>
          index === 0 ? { ...arrow, label: `${group}: ${arrow.label}` } : arrow,
        ),
      }
    : { ...row, label: `${group}: ${row.label}` };
}

function canvasesOf(row: Row, frame: Frame): readonly Canvas[] {
  switch (row.kind) {
    case 'arrows': {
      return arrowCanvases(row.arrows, frame);
    }
    case 'band': {
      return bandCanvases(row, frame);
    }
    case 'mark': {
      return markCanvases(row, frame);
    }
    case 'fold': {
      return textCanvases(row.label, 'dim', frame, '┊');
    }
    case 'note': {
      return textCanvases(row.label, row.tone, frame);
    }
    case 'section': {
      return sectionCanvases(row, frame);
    }
    default: {
      return row satisfies never;
    }
  }
}

/** Lines of their own for a text, beside the first lane. */
function textCanvases(text: string, style: Style | undefined, frame: Frame, lane?: string): Canvas[] {
  const { measure, left, end } = frame;
  return measure.wrapText(text, end - left - MARGIN - 1).map((row) => {
    const canvas = new Canvas(frame, lane);
    canvas.label(left + MARGIN, row, style);
    return canvas;
  });
}

/** A mark on the lane, and the text beside it: on the right, or on the left if there is no room. */
function markCanvases({ label, lane, tone }: Extract<Row, { kind: 'mark' }>, frame: Frame): Canvas[] {
  const { end, lanes, left, measure } = frame;
  const column = lanes[lane] ?? left;
  const columns = measure.widthOf(label);
  const [right, beside] = [column + MARGIN, column - MARGIN + 1 - columns];
  const start = right + columns < end ? right : beside > left ? beside : undefined;
  const canvas = new Canvas(frame);
  canvas.put(column, '◆', tone);
  if (start === undefined) {
    return [...textCanvases(label, tone, frame), canvas];
  }
  canvas.label(start, label, tone);
  canvas.put(column, '◆', tone);
  return [canvas];
}

/** A rule across the whole ladder, with the text in it. A text that is too long is in rows of its own. */
function sectionCanvases(row: Extract<Row, { kind: 'section' }>, frame: Frame): Canvas[] {
  const { left, end, lanes } = frame;
  const rule = new Canvas(frame);
  const last = lanes.at(-1) ?? left;
  rule.fill(left, last, '─', 'dim');
  const start = labelStart(left, last, [], row.label, frame);
  if (start !== undefined) {
    rule.label(start, row.label, row.tone ?? 'strong');
    return [rule];
  }
  const above = frame.measure.wrapText(row.label, end - left).map((text) => {
    const canvas = new Canvas({ ...frame, lanes: [] });
    canvas.put(left, text, row.tone ?? 'strong');
    return canvas;
  });
  return [...above, rule];
}

function bandCanvases(row: Extract<Row, { kind: 'band' }>, frame: Frame): Canvas[] {
  const { lanes } = frame;
  const [from, to] = [lanes[row.from] ?? 0, lanes[row.to] ?? 0];
  const canvas = new Canvas(frame);
  canvas.fill(from, to, '═', row.tone);
  const start = labelStart(from, to, [], row.label, frame);
  const labelled = start === undefined ? [] : [start - 1, start + frame.measure.widthOf(row.label)];
  const [first = Infinity, last = -Infinity] = labelled;
  function isBare(column: number): boolean {
    return column < first || column > last;
  }
  for (const lane of lanes.filter((column) => column > from && column < to)) {
    // A mark on one side of the label alone would look as if the band joined that lane.
    if (isBare(lane) && isBare(from + to - lane)) {
      canvas.put(lane, '╪', row.tone);
    }
  }
  canvas.put(Math.min(from, to), '╞', row.tone);
  canvas.put(Math.max(from, to), '╡', row.tone);
  if (start === undefined) {
    return [...textCanvases(row.label, row.tone, frame), canvas];
  }
  canvas.label(start, row.label, row.tone);
  return [canvas];
}

/** All arrows on one line, and above it the labels for which that has no room. */
function arrowCanvases(arrows: readonly Arrow[], frame: Frame): Canvas[] {
  const canvas = new Canvas(frame);
  const above = arrows.flatMap((arrow) => {
    const { label, tone } = arrow;
    const { start, end } = drawArrow(arrow, canvas, frame);
    const through = lanesThrough(arrow).map((lane) => frame.lanes[lane] ?? 0);
    const at = labelStart(start, end, through, label, frame);
    if (at === undefined) {
      return textCanvases(label, tone, frame);
    }
    canvas.label(at, label, tone);
    return [];
  });
  const starts = arrows.map(({ from }) => from);
  for (const lane of starts.filter((from, index) => starts.indexOf(from) !== index)) {
    canvas.put(frame.lanes[lane] ?? 0, '┼');
  }
  return [...above, canvas];
}

const endMarks = {
  arrives: ['▸', '◂'],
  stopped: ['×', '×'],
  unanswered: ['×', '×'],
  open: ['…', '…'],
} as const;

/** Draws the line and its marks. Returns the columns of both marks. */
function drawArrow(arrow: Arrow, canvas: Canvas, { lanes, gap }: Frame): { start: number; end: number } {
  const { from, to, tone } = arrow;
  const [first, last] = [lanes[from] ?? 0, lanes[to] ?? 0];
  const isRightward = first < last;
  const step = isRightward ? 1 : -1;
  // Far enough from the lane that nobody takes it for an end at the lane.
  const short = Math.max(3, Math.round(gap / 4)) * step;
  const start = arrow.start === 'turned' ? first + short : first;
  const end = {
    arrives: last - step,
    stopped: last,
    unanswered: last - short,
    open: last - short,
    turned: last - short,
  }[arrow.end];
  canvas.fill(start, end, '─', tone);
  for (const lane of lanesThrough(arrow)) {
    canvas.put(lanes[lane] ?? 0, '┼', tone);
  }
  const beginning = arrow.start === 'turned' ? ['╰', '╯'] : ['├', '┤'];
  canvas.put(start, beginning[isRightward ? 0 : 1] ?? '', tone);
  const mark = arrow.end === 'turned' ? ['╮', '╭'] : endMarks[arrow.end];
  canvas.put(end, mark[isRightward ? 0 : 1] ?? '', tone);
  return { start, end };
}

/**
 * The column of a label on the line between two marks, of which a piece must
 * stay on both sides. It does not cover the lanes that the line passes through
 * if there is room beside them. Undefined if there is no room at all.
 */
function labelStart(
  one: number,
  other: number,
  through: readonly number[],
  label: string,
  { measure }: Frame,
): number | undefined {
  const stops = [one, ...through, other].toSorted((a, b) => a - b);
  const rooms = stops.slice(1).map((stop, index) => ({ from: stops[index] ?? 0, to: stop }));
  const whole = { from: Math.min(one, other), to: Math.max(one, other) };
  const [widest = whole] = rooms.toSorted((a, b) => b.to - b.from - (a.to - a.from));
  const columns = measure.widthOf(label);
  // Of both marks, of the spaces around the label, and of a piece of the line on each side.
  const room = [widest, whole].find(({ from, to }) => to - from - 1 >= columns + 4);
  return room === undefined ? undefined : room.from + 1 + Math.floor((room.to - room.from - 1 - columns) / 2);
}
