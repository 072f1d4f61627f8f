/**
 * Draws a ladder as a picture (SVG) for slides. It needs nothing from
 * elsewhere. It is dark on white, and light on dark for a viewer that says so
 * (`prefers-color-scheme`).
 */
import { safeText } from '../text/safe-text.ts';
import {
  type Arrow,
  type Ladder,
  lanesThrough,
  newGroups,
  type Row,
  safeLadder,
  type TextMeasure,
  timeText,
} from './ladder.ts';

/** Each colour on white and on black. Text has a contrast of 4.5:1 or more. */
const colors = {
  paper: ['#ffffff', '#0d1117'],
  ink: ['#1f2328', '#e6edf3'],
  dim: ['#59636e', '#9198a1'],
  lane: ['#c8d1da', '#3d444d'],
  good: ['#116329', '#56d364'],
  bad: ['#a40e26', '#ff7b72'],
  band: ['#eaeef2', '#262c36'],
} as const;

type Color = keyof typeof colors;

/** All lengths are in pixels. */
const FONT_SIZE = 14;
/** In most fonts of one width, a character is 0.6 as wide as high. */
const CHARACTER = FONT_SIZE * 0.6;
const LINE_HEIGHT = 18;
const MARGIN = 24;
const TIME_WIDTH = 72;
const GAP = 210;
const SPACE = 10;
/** How far before a lane something ends if nobody knows where. */
const SHORT = 40;

/** The horizontal places. */
interface Frame {
  readonly measure: TextMeasure;
  readonly lanes: readonly number[];
  readonly left: number;
  readonly right: number;
}

/** What was drawn, and how much height it took. */
interface Drawn {
  readonly parts: readonly string[];
  readonly height: number;
  /** The base line of what stands beside it. */
  readonly base: number;
}

/** The picture, with a heading above the ladder. */
export function ladderSvg(ladder: Ladder, heading: string, measure: TextMeasure): string {
  const safe = safeLadder(ladder);
  const title = safeText(heading);
  const left = MARGIN + TIME_WIDTH;
  const lanes = safe.lanes.map((_, index) => left + GAP * index);
  const frame = { measure, lanes, left, right: lanes.at(-1) ?? left };
  const groupColumns = safe.rows.reduce((most, { group = '' }) => Math.max(most, measure.widthOf(group)), 0);
  // Half of the last name stands beside its lane.
  const width = frame.right + Math.max(GAP / 2, 2 * SPACE + groupColumns * CHARACTER) + MARGIN;
  const columns = Math.floor((width - 2 * MARGIN) / CHARACTER);
  const head = headOf(safe, MARGIN + 2 * LINE_HEIGHT, frame);
  const top = MARGIN + 2 * LINE_HEIGHT + head.height;
  const groups = newGroups(safe.rows);
  let y = top;
  const rows = safe.rows.map((row, index) => {
    const { parts, height } = rowOf(row, groups[index] ?? '', y, frame);
    y += height;
    return parts.join('');
  });
  const size = `${round(width)} ${round(y + MARGIN)}`;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 ${size}" width="${round(width)}" height="${round(y + MARGIN)}" font-family="ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${FONT_SIZE}">`,
    `<title>${escape(title)}</title>`,
    `<style>${darkStyle()}</style>`,
    `<rect width="100%" height="100%" ${paint('paper')}/>`,
    text({ x: MARGIN, y: MARGIN + LINE_HEIGHT, text: measure.truncateText(title, columns), isBold: true }),
    ...head.parts,
    ...lanes.map((x) => path(`M${x} ${top} V${round(y)}`, 'lane')),
    ...rows,
    '</svg>',
    '',
  ].join('\n');
}

/** The names of the lanes and their details, below `y`. */
function headOf({ lanes }: Ladder, y: number, frame: Frame): Drawn {
  const columns = Math.floor((GAP - SPACE) / CHARACTER);
  const hasDetails = lanes.some(({ detail }) => detail !== undefined);
  const parts = lanes.flatMap(({ label, detail = '' }, index) => {
    const place = { x: frame.lanes[index] ?? 0, anchor: 'middle' } as const;
    const [name, below] = [label, detail].map((one) => frame.measure.truncateText(one, columns));
    return [
      text({ ...place, y: y + LINE_HEIGHT, text: name ?? '', isBold: true }),
      text({ ...place, y: y + 2 * LINE_HEIGHT, text: below ?? '', color: 'dim' }),
    ];
  });
  const height = LINE_HEIGHT * (hasDetails ? 2 : 1) + SPACE;
  return { parts: parts.filter(Boolean), height, base: y + height };
}

/** A row with its time and its group, below `y`. */
function rowOf(row: Row, group: string, y: number, frame: Frame): Drawn {
  const { parts, height, base } = happeningOf(row, y, frame);
  const time = row.kind === 'fold' || row.kind === 'section' ? '' : timeText(row.at);
  const beside = [
    text({ x: frame.left - 2 * SPACE, y: base, text: time, color: 'dim', anchor: 'end' }),
    text({ x: frame.right + 2 * SPACE, y: base, text: group, color: 'dim' }),
  ];
  return { parts: [...beside.filter(Boolean), ...parts], height, base };
}

function happeningOf(row: Row, y: number, frame: Frame): Drawn {
  switch (row.kind) {
    case 'arrows': {
      return arrowsOf(row.arrows, y, frame);
    }
    case 'band': {
      return bandOf(row, y, frame);
    }
    case 'mark': {
      return markOf(row, y, frame);
    }
    case 'fold': {
      return textOf(`… ${row.label}`, 'dim', y, frame);
    }
    case 'note': {
      return textOf(row.label, row.tone ?? 'ink', y, frame);
    }
    case 'section': {
      const { parts, height, base } = textOf(row.label, row.tone ?? 'ink', y + SPACE, frame);
      return {
        base,
        parts: [path(`M${MARGIN} ${y + SPACE} H${frame.right}`, 'dim'), ...parts],
        height: height + SPACE,
      };
    }
    default: {
      return row satisfies never;
    }
  }
}

/** A text in rows, beside the first lane. */
function textOf(label: string, color: Color, y: number, { measure, left, right }: Frame): Drawn {
  const rows = measure.wrapText(label, Math.floor((right - left - 2 * SPACE) / CHARACTER));
  const parts = rows.map((row, index) =>
    boxed({ x: left + SPACE, y: y + LINE_HEIGHT * (index + 1), text: row, color }, measure),
  );
  return { parts, height: LINE_HEIGHT * rows.length + SPACE, base: y + LINE_HEIGHT };
}

/** A dot on the lane, and the text beside it, on the side with more room. */
function markOf({ label, lane, tone }: Extract<Row, { kind: 'mark' }>, y: number, frame: Frame): Drawn {
  const { lanes, left, measure, right } = frame;
  const x = lanes[lane] ?? left;
  const color = tone ?? 'ink';
  const isLeft = x - left > right + GAP / 2 - x;
  const room = (isLeft ? x - left : right + GAP / 2 - x) - 2 * SPACE;
  const rows = measure.wrapText(label, Math.floor(room / CHARACTER));
  const texts = rows.map((row, index) => {
    const start = isLeft ? x - SPACE - measure.widthOf(row) * CHARACTER : x + SPACE;
    return boxed({ x: start, y: y + LINE_HEIGHT * (index + 1), text: row, color }, measure);
  });
  const dot = `<circle cx="${x}" cy="${y + LINE_HEIGHT - 5}" r="4" ${paint(color)}/>`;
  return { parts: [...texts, dot], height: LINE_HEIGHT * rows.length + SPACE, base: y + LINE_HEIGHT };
}

function bandOf(row: Extract<Row, { kind: 'band' }>, y: number, { measure, lanes }: Frame): Drawn {
  const ends = [lanes[row.from] ?? 0, lanes[row.to] ?? 0];
  const [first, last] = [Math.min(...ends), Math.max(...ends)];
  const color = row.tone ?? 'ink';
  const rows = measure.wrapText(row.label, Math.floor((last - first - 2 * SPACE) / CHARACTER));
  const height = LINE_HEIGHT * rows.length + SPACE;
  return {
    base: y + SPACE / 2 + LINE_HEIGHT,
    parts: [
      `<rect x="${first}" y="${round(y + SPACE / 2)}" width="${last - first}" height="${height}" rx="4" ${paint('band', color)} stroke-width="2"/>`,
      ...rows.map((label, index) =>
        text({
          x: (first + last) / 2,
          y: y + SPACE / 2 + LINE_HEIGHT * (index + 1),
          text: label,
          color,
          anchor: 'middle',
          isBold: true,
        }),
      ),
    ],
    height: height + 2 * SPACE,
  };
}

/** All arrows on one line, each with its label above it. */
function arrowsOf(arrows: readonly Arrow[], y: number, frame: Frame): Drawn {
  const { lanes, measure } = frame;
  const spans = arrows.map((arrow) => {
    const first = lanes[arrow.from] ?? 0;
    const last = lanes[arrow.to] ?? 0;
    const room = Math.floor((Math.abs(last - first) - 2 * SPACE) / CHARACTER);
    return { arrow, first, last, rows: measure.wrapText(arrow.label, room) };
  });
  const lines = spans.reduce((most, { rows }) => Math.max(most, rows.length), 0);
  const base = y + LINE_HEIGHT * lines + SPACE;
  const drawn = spans.flatMap(({ arrow, first, last }) => arrowOf(arrow, first, last, base, frame));
  const labels = spans.flatMap(({ arrow, first, last, rows }) =>
    rows.map((label, index) => {
      const above = SPACE + LINE_HEIGHT * (rows.length - 1 - index);
      const place = { x: (first + last) / 2, y: base - above, anchor: 'middle' } as const;
      return boxed({ ...place, text: label, color: arrow.tone ?? 'ink' }, measure);
    }),
  );
  return { parts: [...drawn, ...labels], height: LINE_HEIGHT * lines + 2 * SPACE, base: base + SPACE / 2 };
}

/** The line and its marks. */
function arrowOf(arrow: Arrow, first: number, last: number, y: number, { lanes }: Frame): readonly string[] {
  const color = arrow.tone ?? 'ink';
  const step = first < last ? 1 : -1;
  const start = arrow.start === 'turned' ? first + SHORT * step : first;
  const end = arrow.end === 'arrives' || arrow.end === 'stopped' ? last : last - SHORT * step;
  const line = `M${start} ${y} H${end}`;
  // A hook down where it turns, and one up where it comes back.
  const hook = SPACE * 0.8;
  const back =
    arrow.start === 'turned' ? path(`M${start} ${y} q${hook * -step} 0 ${hook * -step} ${-hook}`, color) : '';
  const through = lanesThrough(arrow).map(
    (lane) => `<circle cx="${lanes[lane] ?? 0}" cy="${y}" r="4" ${paint(color)}/>`,
  );
  return [path(line, color), back, ...through, endOf(arrow.end, end, y, step, color)].filter(Boolean);
}

function endOf(end: Arrow['end'], x: number, y: number, step: number, color: Color): string {
  switch (end) {
    case 'arrives': {
      return `<path d="M${x} ${y} l${-SPACE * step} -5 v10 z" ${paint(color)}/>`;
    }
    case 'stopped':
    case 'unanswered': {
      return path(`M${x - 6} ${y - 6} l12 12 m0 -12 l-12 12`, color);
    }
    case 'open': {
      return [1, 2, 3]
        .map((dot) => `<circle cx="${x + dot * 7 * step}" cy="${y}" r="1.5" ${paint(color)}/>`)
        .join('');
    }
    case 'turned': {
      const hook = SPACE * 0.8 * step;
      return path(`M${x} ${y} q${hook} 0 ${hook} ${Math.abs(hook)}`, color);
    }
    default: {
      return end satisfies never;
    }
  }
}

interface TextPlace {
  readonly x: number;
  /** The base line. */
  readonly y: number;
  readonly text: string;
  readonly color?: Color;
  readonly anchor?: 'start' | 'middle' | 'end';
  readonly isBold?: boolean;
}

/** Empty for an empty text. */
function text({ x, y, text: label, color = 'ink', anchor = 'start', isBold = false }: TextPlace): string {
  const attributes = [
    `x="${round(x)}" y="${round(y)}"`,
    paint(color),
    ...(anchor === 'start' ? [] : [`text-anchor="${anchor}"`]),
    ...(isBold ? ['font-weight="bold"'] : []),
  ];
  return label === '' ? '' : `<text ${attributes.join(' ')}>${escape(label)}</text>`;
}

/** A text that covers the lanes behind it. */
function boxed(place: TextPlace, measure: TextMeasure): string {
  const width = measure.widthOf(place.text) * CHARACTER;
  const x = place.anchor === 'middle' ? place.x - width / 2 : place.x;
  const box = `<rect x="${round(x - 3)}" y="${round(place.y - FONT_SIZE)}" width="${round(width + 6)}" height="${LINE_HEIGHT}" ${paint('paper')}/>`;
  return place.text === '' ? '' : box + text(place);
}

function path(d: string, color: Color): string {
  return `<path d="${d}" ${paint('none', color)} stroke-width="2"/>`;
}

/** The attributes are for white. The classes let the style change them for black. */
function paint(fill: Color | 'none', stroke?: Color): string {
  const uses = [['fill', fill] as const, ...(stroke === undefined ? [] : [['stroke', stroke] as const])];
  const attributes = uses.map(([use, color]) => `${use}="${color === 'none' ? color : colors[color][0]}"`);
  const classes = uses.flatMap(([use, color]) => (color === 'none' ? [] : [`${use}-${color}`]));
  return `${attributes.join(' ')} class="${classes.join(' ')}"`;
}

function darkStyle(): string {
  const rules = Object.entries(colors).map(
    ([name, [, dark]]) => `.fill-${name}{fill:${dark}}.stroke-${name}{stroke:${dark}}`,
  );
  return `@media (prefers-color-scheme:dark){${rules.join('')}}`;
}

function escape(label: string): string {
  return label.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
