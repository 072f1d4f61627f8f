/**
 * Code in a message: the lines between two lines of three backticks. It is shown
 * exactly: a row is broken only where it is full, and nothing is added to it.
 */
import { type Line, lineWidth, plain, styled } from '../text/line.ts';
import { highlighted } from '../text/query-pattern.ts';
import { clustersOf, widthOf, wrapText } from '../text/text-layout.ts';
import { linksOf } from './links.ts';

/** The place for the rows of one message. */
export interface MessageFrame {
  readonly lead: Line;
  readonly indentation: number;
  readonly columns: number;
  /** The number of the message. */
  readonly key: number;
  readonly pattern: RegExp | undefined;
}

/** A part of a message: lines of code, or other text. */
export interface Block {
  readonly isCode: boolean;
  /** The language of code, as the sender names it. May be empty. */
  readonly language: string;
  readonly text: string;
}

const fence = '```';
/** The first line of code. With any other word behind it, the backticks are text: no word of a peer may be hidden. */
const opening = /^```([\w#+.\-]{0,20})$/v;

/** The parts of a message, in order; at least one. Code without a last fence goes on to the end. */
export function blocksOf(text: string): readonly Block[] {
  const whole = { isCode: false, language: '', text };
  if (!text.includes(fence)) {
    return [whole];
  }
  const blocks: Block[] = [];
  const lines = text.split('\n');
  /** The first line of the current block, and the language if it is code. */
  let start = 0;
  let language: string | undefined;
  function end(before: number): void {
    const block = lines.slice(start, before).join('\n');
    // Two fences without a line between them are still code; no line of text is no block.
    if (language !== undefined || before > start) {
      blocks.push({ isCode: language !== undefined, language: language ?? '', text: block });
    }
    start = before + 1;
  }
  for (const [index, line] of lines.entries()) {
    const found = line.startsWith(fence) ? opening.exec(line.trimEnd()) : null;
    const isLast = index === lines.length - 1;
    if (language !== undefined && found?.[1] === '') {
      end(index);
      language = undefined;
    } else if (language === undefined && found !== null && !isLast) {
      end(index);
      language = found[1];
    }
  }
  end(lines.length);
  return blocks.length === 0 ? [whole] : blocks;
}

/** Stands before each line of code. */
const bar = '╎ ';
/** Stands before a row that continues the line of code above it. */
const barOfRest = '╎›';

/**
 * Adds the rows of code. A long line is not cut, because nothing scrolls
 * sideways: it goes on in the next row, with another bar. A link in code stays
 * text; one that could be taken for another is named below the code.
 */
export function addCode(lines: Line[], { language, text }: Block, frame: MessageFrame): void {
  const { lead, indentation, columns, pattern } = frame;
  const margin = plain(' '.repeat(indentation));
  const room = Math.max(1, columns - indentation);
  const isDeep = lineWidth(lead) > indentation;
  if (lines.length === 0 && isDeep) {
    lines.push([...lead]);
  }
  function add(...row: Line): void {
    lines.push([...(lines.length === 0 ? lead : [margin]), ...row]);
  }
  if (language !== '') {
    add(styled('dim', wrapText(`${language}:`, room)[0] ?? ''));
  }
  for (const line of text.split('\n')) {
    for (const [index, row] of rowsOf(line, Math.max(1, room - bar.length)).entries()) {
      add(styled('dim', index === 0 ? bar : barOfRest), ...highlighted([plain(row)], pattern));
    }
  }
  for (const { host } of linksOf(text)) {
    if (host !== undefined) {
      wrapText(`(leads to ${host})`, room).forEach((row) => add(plain(row)));
    }
  }
}

/** The text in rows that are broken where they are full. At least one. */
function rowsOf(line: string, columns: number): readonly string[] {
  const rows: string[] = [];
  let row = '';
  let width = 0;
  for (const cluster of clustersOf(line)) {
    const next = widthOf(cluster);
    if (width + next > columns && row !== '') {
      rows.push(row);
      row = '';
      width = 0;
    }
    row += cluster;
    width += next;
  }
  return [...rows, row];
}
