import type { IBufferCell, IBufferLine } from '@xterm/headless';
import type { Emulator } from '../helpers/terminal/emulator.ts';
import { background, cursor, foreground, frame, paletteColor, rgbColor } from './palette.ts';

const cellWidth = 8.4;
const cellHeight = 18;
const fontSize = 14;
const margin = 16;
const titleHeight = 36;

interface Run {
  readonly column: number;
  text: string;
  columns: number;
  readonly style: CellStyle;
}

interface CellStyle {
  readonly color: string;
  readonly fill: string;
  readonly isBold: boolean;
  readonly isDim: boolean;
}

/** The screen of `terminal` as a picture of a window with `title`, in SVG that needs only a monospaced font. */
export function screenSvg(
  terminal: Pick<Emulator, 'xterm' | 'cursor'>,
  { title }: { readonly title: string },
): string {
  const { xterm } = terminal;
  const { active } = xterm.buffer;
  const width = xterm.cols * cellWidth + 2 * margin;
  const height = xterm.rows * cellHeight + titleHeight + 1.5 * margin;
  const rows = Array.from({ length: xterm.rows }, (_, row) => {
    const line = active.getLine(active.viewportY + row);
    return line === undefined ? '' : rowSvg(runsOf(line, xterm.cols), row);
  });
  const { x, y, isVisible } = terminal.cursor();
  // The cursor is on the last page. The window may be scrolled back to an earlier one.
  const block =
    isVisible && active.viewportY === active.baseY
      ? `<rect x="${round(x * cellWidth)}" y="${y * cellHeight + 1}" width="${cellWidth}" height="${cellHeight - 1}" fill="${cursor}" opacity="0.8"/>`
      : '';
  const dots = ['#f0717b', '#f2c66d', '#8fd694'].map(
    (color, index) => `<circle cx="${20 + index * 20}" cy="${titleHeight / 2}" r="6" fill="${color}"/>`,
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${round(height)}" width="${round(width)}" height="${round(height)}" font-family="ui-monospace, 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="${fontSize}">`,
    `<title>${escape(title)}</title>`,
    `<rect width="100%" height="100%" rx="10" fill="${background}"/>`,
    `<path d="M0 ${titleHeight} V10 a10 10 0 0 1 10 -10 H${round(width - 10)} a10 10 0 0 1 10 10 V${titleHeight} z" fill="${frame}"/>`,
    ...dots,
    `<text x="${round(width / 2)}" y="${titleHeight / 2 + 5}" fill="#8b95a5" text-anchor="middle" font-size="13">${escape(title)}</text>`,
    `<g transform="translate(${margin} ${titleHeight + margin / 2})">`,
    block,
    ...rows.filter(Boolean),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

/** Joins neighbouring cells of the same style, which keeps the file small and its text readable. */
function runsOf(line: IBufferLine, columns: number): Run[] {
  const runs: Run[] = [];
  for (let column = 0; column < columns; column++) {
    const cell = line.getCell(column);
    if (cell === undefined || cell.getWidth() === 0) {
      continue;
    }
    const style = styleOf(cell);
    const text = cell.getChars() === '' || cell.isInvisible() !== 0 ? ' ' : cell.getChars();
    const last = runs.at(-1);
    // Fonts have different widths for characters beyond ASCII, so each such cell gets its own position.
    const isPlain = /^[\u0020-\u007E]$/.test(text);
    if (
      last !== undefined &&
      isPlain &&
      /^[\u0020-\u007E]*$/.test(last.text) &&
      isSameStyle(last.style, style)
    ) {
      last.text += text;
      last.columns += cell.getWidth();
    } else {
      runs.push({ column, text, columns: cell.getWidth(), style });
    }
  }
  return runs;
}

function styleOf(cell: IBufferCell): CellStyle {
  const color = colorOf(cell.isFgRGB(), cell.isFgPalette(), cell.getFgColor()) ?? foreground;
  const fill = colorOf(cell.isBgRGB(), cell.isBgPalette(), cell.getBgColor()) ?? background;
  const isInverse = cell.isInverse() !== 0;
  return {
    color: isInverse ? fill : color,
    fill: isInverse ? color : fill,
    isBold: cell.isBold() !== 0,
    isDim: cell.isDim() !== 0,
  };
}

function colorOf(isRgb: boolean, isPalette: boolean, color: number): string | undefined {
  if (isRgb) {
    return rgbColor(color);
  }
  return isPalette ? paletteColor(color) : undefined;
}

function isSameStyle(one: CellStyle, other: CellStyle): boolean {
  return (
    one.color === other.color &&
    one.fill === other.fill &&
    one.isBold === other.isBold &&
    one.isDim === other.isDim
  );
}

function rowSvg(runs: readonly Run[], row: number): string {
  return runs
    .map(({ column, text, columns, style }) => {
      const x = round(column * cellWidth);
      const width = round(columns * cellWidth);
      const box =
        style.fill === background
          ? ''
          : `<rect x="${x}" y="${row * cellHeight}" width="${width}" height="${cellHeight}" fill="${style.fill}"/>`;
      return box + (text.trim() === '' ? '' : glyphSvg({ x, width, row, text, style }));
    })
    .join('');
}

interface Glyphs {
  readonly x: number;
  readonly width: number;
  readonly row: number;
  readonly text: string;
  readonly style: CellStyle;
}

/** A line from the middle of a cell to one of its sides. */
type Arm = 'left' | 'right' | 'up' | 'down' | 'double left' | 'double right';

/** Characters that are drawn as lines, because in a font they would have gaps. */
const boxArms: Readonly<Record<string, readonly Arm[]>> = {
  '─': ['left', 'right'],
  '│': ['up', 'down'],
  '├': ['up', 'down', 'right'],
  '┤': ['up', 'down', 'left'],
  '┼': ['up', 'down', 'left', 'right'],
  '═': ['double left', 'double right'],
  '╞': ['up', 'down', 'double right'],
  '╡': ['up', 'down', 'double left'],
  '╪': ['up', 'down', 'double left', 'double right'],
};

function armPath(
  arm: Arm,
  { x, y, width }: { readonly x: number; readonly y: number; readonly width: number },
): string {
  const center = round(x + width / 2);
  const middle = y + cellHeight / 2;
  switch (arm) {
    case 'up': {
      return `M${center} ${y} V${middle}`;
    }
    case 'down': {
      return `M${center} ${middle} V${y + cellHeight}`;
    }
    case 'left':
    case 'right': {
      return `M${center} ${middle} H${round(arm === 'left' ? x : x + width)}`;
    }
    case 'double left':
    case 'double right': {
      const end = round(arm === 'double left' ? x : x + width);
      return `M${center} ${middle - 1.5} H${end} M${center} ${middle + 1.5} H${end}`;
    }
  }
}

function glyphSvg({ x, width, row, text, style }: Glyphs): string {
  const arms = boxArms[text];
  if (arms !== undefined) {
    const path = arms.map((arm) => armPath(arm, { x, y: row * cellHeight, width })).join(' ');
    return `<path d="${path}" stroke="${style.color}" fill="none"${opacity(style)}/>`;
  }
  const weight = style.isBold ? ' font-weight="bold"' : '';
  return `<text x="${x}" y="${row * cellHeight + 14}" fill="${style.color}"${weight}${opacity(style)} textLength="${width}" lengthAdjust="spacingAndGlyphs" xml:space="preserve">${escape(text)}</text>`;
}

function opacity({ isDim }: CellStyle): string {
  return isDim ? ' opacity="0.6"' : '';
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
