import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  appendEntry,
  emptyTranscript,
  type Entry,
  type NewEntry,
} from '../../../source/ui/conversation/entries/entries.ts';
import type { EntryList } from '../../../source/ui/conversation/entries/entry-list.ts';
import * as lazyViews from '../../../source/ui/screen/lazy-views.ts';
import { asciiMarks } from '../../../source/ui/text/ascii-marks.ts';
import { album, photo } from '../../helpers/sessions/file-story.ts';
import type { Line } from '../../../source/ui/text/line.ts';
import { lineWidth } from '../../../source/ui/text/line.ts';
import {
  type Position,
  scroll,
  type TranscriptFormat,
  transcriptLines,
} from '../../../source/ui/conversation/transcript-lines.ts';

const at = new Date(2026, 0, 1, 9, 5).getTime();
const format: TranscriptFormat = { columns: 40, nameColumns: 4, hasAcks: true, lazyViews };

function list(...entries: readonly NewEntry[]): EntryList<Entry> {
  return entries.reduce((all, entry) => appendEntry(all, entry), emptyTranscript).entries;
}

function message(text: string, from: 'me' | 'peer' = 'peer', delivered = false): NewEntry {
  const name = from === 'me' ? '' : 'anna';
  return { kind: 'message', at, from, name, id: text, text, delivered };
}

function texts(lines: readonly Line[]): string[] {
  return lines.map((line) =>
    line
      .map((piece) => ('text' in piece ? piece.text : '*'))
      .join('')
      .trimEnd(),
  );
}

test('aligns the messages of both, and marks those that were delivered', () => {
  const entries = list(
    message('hi'),
    message('hello', 'me', true),
    message('still there?', 'me'),
    { kind: 'note', at, text: 'the log is full', tone: 'bad' },
    { kind: 'note', at, text: 'direct line to anna', mark: '●', tone: 'good' },
    { kind: 'heartbeat', at, text: 'Hello, world', sent: 3, received: 2, ms: 41 },
  );
  expect(texts(transcriptLines(entries, format, 10, undefined))).toEqual([
    '  09:05 anna  hi',
    '✓ 09:05 you   hello',
    '…             still there?',
    '  09:05 ─ the log is full',
    '  09:05 ● direct line to anna',
    '  09:05 ♥ Hello, world · sent 3 ·',
    '          received 2 · 41 ms',
  ]);
});

test('shows sender and time once for the messages of one sender within five minutes', () => {
  const minute = 60_000;
  function later(minutes: number, from: 'me' | 'peer' = 'peer'): NewEntry {
    return { ...message(`${minutes}`, from), at: at + minutes * minute };
  }
  const entries = list(
    later(0),
    later(4.9),
    later(5),
    later(6, 'me'),
    { kind: 'note', at: at + 6 * minute, text: 'between' },
    later(6.1, 'me'),
    later(7),
  );
  expect(texts(transcriptLines(entries, format, 10, undefined))).toEqual([
    '  09:05 anna  0',
    '              4.9',
    '  09:10 anna  5',
    '… 09:11 you   6',
    '  09:11 ─ between',
    '…             6.1',
    '  09:12 anna  7',
  ]);
});

test('each message keeps the name that it came with', () => {
  const before = message('before');
  const entries = list(
    before,
    { ...before, name: 'Anna Lee' } as NewEntry,
    { ...before, name: 'bob' } as NewEntry,
  );
  const renamed = { ...format, nameColumns: 8 };
  expect(texts(transcriptLines(entries, renamed, 5, undefined))).toEqual([
    '  09:05 anna      before',
    '  09:05 Anna Lee  before',
    '  09:05 bob       before',
  ]);
});

test('messages of classic have no mark, because classic acknowledges nothing', () => {
  const lines = transcriptLines(list(message('hello', 'me')), { ...format, hasAcks: false }, 5, undefined);
  expect(texts(lines)).toEqual(['  09:05 you   hello']);
});

test('leaves the time out if the row is short', () => {
  const lines = transcriptLines(list(message('one two three')), { ...format, columns: 20 }, 5, undefined);
  expect(texts(lines)).toEqual(['  anna  one two', '        three']);
});

test('a long name of the peer is cut off', () => {
  const name = 'a'.repeat(50);
  const long = { ...format, nameColumns: 50 };
  const entries = list({ ...message('x'), name } as NewEntry, { ...message('y'), name } as NewEntry);
  expect(texts(transcriptLines(entries, long, 5, undefined))).toEqual([
    `  09:05 ${'a'.repeat(12)}…  x`,
    '        y',
  ]);
});

test('on a wide screen, the rows of a message and of a note have 100 columns of text', () => {
  const long = 'word '.repeat(60).trim();
  const entries = list(message(long), { kind: 'note', at, text: long });
  const lines = texts(transcriptLines(entries, { ...format, columns: 200 }, 20, undefined));
  expect(lines).toHaveLength(6);
  expect(Math.max(...lines.slice(0, 3).map((line) => line.length))).toBe(14 + 99);
  expect(Math.max(...lines.slice(3).map((line) => line.length))).toBe(10 + 99);
});

test('shows the last rows if not all fit', () => {
  const entries = list(message('one'), message('two two two two two two two two'));
  expect(texts(transcriptLines(entries, format, 1, undefined))).toEqual(['              two two']);
});

const many = list(
  ...Array.from({ length: 30 }, (_, n) => message(`m${n}${n % 3 === 0 ? ' word'.repeat(12) : ''}`)),
);
const whole = texts(transcriptLines(many, format, 1000, undefined));

/** The row as if it continued a group. */
function withoutHead(row: string): string {
  return row.replace('  09:05 anna  ', ' '.repeat(14));
}

test('messages and files of one sender have one heading within five minutes, whatever the notes between them', () => {
  const entries = list(
    message('look'),
    { kind: 'file', at, name: 'anna', text: photo.name, file: { ...photo, state: 'failed' } },
    { kind: 'note', at, text: 'line lost for 8 s', mark: '◌' },
    { kind: 'heartbeat', at, text: 'Hello, world', sent: 3, received: 2, ms: 41 },
    message('there'),
    message('thanks', 'me'),
    { kind: 'file', at, name: 'anna', text: album.name, file: { ...album, state: 'failed' } },
    message('again'),
    { ...message('later'), at: at + 5 * 60_000 },
  );
  expect(texts(transcriptLines(entries, { ...format, columns: 60 }, 20, undefined))).toEqual([
    '  09:05 anna  look',
    '              ↓ r1 photo.jpg (12 MB) · failed',
    '  09:05 ◌ line lost for 8 s',
    '  09:05 ♥ Hello, world · sent 3 · received 2 · 41 ms',
    '              there',
    '… 09:05 you   thanks',
    '              ↑ s1 album/ (1.2 GB, 2000 files) · failed',
    '  09:05 anna  again',
    '  09:10 anna  later',
  ]);
});

test('a file at the top of the window shows its sender', () => {
  const file = {
    kind: 'file',
    at,
    name: 'anna',
    text: photo.name,
    file: { ...photo, state: 'failed' },
  } as const;
  const entries = list(message('look'), file, message('there'));
  expect(texts(transcriptLines(entries, { ...format, columns: 60 }, 2, undefined))).toEqual([
    '  09:05 anna  ↓ r1 photo.jpg (12 MB) · failed',
    '              there',
  ]);
});

test('the first row of the window shows sender and time, also if the group began above', () => {
  const [first, second] = texts(transcriptLines(many, format, 2, { key: 11, hidden: 0 }));
  expect(first).toBe('  09:05 anna  m11');
  expect(second).toMatch(/^↓ 18 entries below/);
  expect(texts(transcriptLines(many, format, 2, undefined))).toEqual([
    '  09:05 anna  m28',
    '              m29',
  ]);
  // This window begins in the middle of a message.
  const [inside] = texts(transcriptLines(many, format, 2, { key: 12, hidden: 0 }));
  expect(inside).toMatch(/^ {14}word/);
});

test('scrolls up to the first row, and down to the end, where it follows new messages again', () => {
  let position: Position | undefined;
  for (let page = 0; page < 20; page++) {
    position = scroll(many, format, 10, position, -8);
  }
  const top = texts(transcriptLines(many, format, 10, position));
  expect(top.slice(0, 9)).toEqual(whole.slice(0, 9));
  expect(top[9]).toMatch(/^↓ \d+ entries below, PgDn$/);
  for (let page = 0; page < 20; page++) {
    position = scroll(many, format, 10, position, 8);
  }
  expect(position).toBeUndefined();
});

test('a window that is scrolled up stays where it is when messages come', () => {
  const position = scroll(many, format, 10, undefined, -8);
  const before = texts(transcriptLines(many, format, 10, position)).slice(0, 9);
  const more = appendEntry({ ...emptyTranscript, entries: many }, message('new')).entries;
  expect(texts(transcriptLines(more, format, 10, position)).slice(0, 9)).toEqual(before);
});

test('does not scroll if everything fits', () => {
  const few = list(message('one'), message('two'));
  expect(scroll(few, format, 10, undefined, -5)).toBeUndefined();
  expect(scroll(list(), format, 10, undefined, -5)).toBeUndefined();
});

test('after any scrolling, consecutive rows are shown, as many as fit, none too wide', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -30, max: 30 }), { maxLength: 12 }),
      fc.integer({ min: 2, max: 60 }),
      (steps, rows) => {
        let position: Position | undefined;
        for (const step of steps) {
          position = scroll(many, format, rows, position, step);
          const lines = transcriptLines(many, format, rows, position);
          expect(lines).toHaveLength(Math.min(rows, whole.length));
          expect(lines.every((line) => lineWidth(line) <= format.columns)).toBe(true);
          const shown = texts(position === undefined ? lines : lines.slice(0, -1));
          expect(whole.map(withoutHead).join('\n')).toContain(shown.map(withoutHead).join('\n'));
        }
      },
    ),
  );
});

test('after the window has grown, there are no blank rows while there are messages below', () => {
  const top = scroll(many, { ...format, columns: 20 }, 4, undefined, -1000);
  const lines = texts(transcriptLines(many, format, 30, top));
  expect(lines.slice(0, 29)).toEqual(whole.slice(0, 29));
  expect(lines[29]).toMatch(/^↓ \d+ entries below/);
  expect(texts(transcriptLines(many, format, 200, top))).toEqual(whole);
});

test.each([
  [40, '↓ 19 entries below, 1 new, PgDn'],
  [28, '↓ 19 entries below, 1 new'],
  [20, '↓ 19 below, 1 new'],
  [12, '↓ 19, 1 new'],
])('in %i columns, too, the last row tells how much is new', (columns, row) => {
  const scrolled = { ...format, columns, unread: 29 };
  expect(texts(transcriptLines(many, scrolled, 4, { key: 10, hidden: 0 })).at(-1)).toBe(row);
});

test('a rule marks the first unread message and counts, wherever the window is', () => {
  const entries = list(message('old'), message('first'), message('second'));
  const unread = { ...format, unread: 1 };
  const rows = ['  09:05 anna  old', '──────────────── 2 new ─────────────────', '  09:05 anna  first'];
  expect(texts(transcriptLines(entries, unread, 9, undefined)).slice(0, 3)).toEqual(rows);
  const scrolled = transcriptLines(entries, unread, 4, { key: 1, hidden: 0 });
  expect(texts(scrolled)).toEqual([...rows, '↓ 1 entry below, 1 new, PgDn']);
});

test('each new day has a rule, except the first', () => {
  const tomorrow = new Date(2026, 0, 2, 0, 1).getTime();
  const entries = list(message('late'), { ...message('early'), at: tomorrow });
  expect(texts(transcriptLines(entries, format, 9, undefined))).toEqual([
    '  09:05 anna  late',
    '────────── Friday, January 2 ───────────',
    '  00:01 anna  early',
  ]);
});

test('each mark of the transcript has one of ASCII', () => {
  const code = '```\nx\n```\n'.replace('x', 'x'.repeat(60));
  const entries = list(
    message(code),
    message('sent', 'me'),
    message('delivered', 'me', true),
    { kind: 'note', at, text: 'direct line', mark: '●' },
    { kind: 'note', at, text: 'line lost', mark: '◌' },
    { kind: 'note', at, text: 'the log is full' },
    { kind: 'heartbeat', at, text: 'Hello, world', sent: 3, received: 2, ms: 41 },
    { kind: 'file', at, name: 'anna', text: photo.name, file: photo },
    { kind: 'file', at, name: 'anna', text: album.name, file: { ...album, state: 'done' } },
  );
  const rows = texts(transcriptLines(entries, { ...format, columns: 60, unread: 2 }, 40, undefined));
  expect(rows).toHaveLength(13);
  expect(rows.map(asciiMarks).filter((row) => !/^\p{ASCII}*$/v.test(row))).toEqual([]);
  expect(rows.map(asciiMarks).map((row) => row.length)).toEqual(rows.map((row) => row.length));
});
