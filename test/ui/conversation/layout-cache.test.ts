// This import must come first: modules that are loaded before it are not counted.
import { workOf } from '../../helpers/steps/counted-work.ts';
import { expect, test } from 'vitest';
import { appendEntry, emptyTranscript, type Entry } from '../../../source/ui/conversation/entries/entries.ts';
import type { EntryList } from '../../../source/ui/conversation/entries/entry-list.ts';
import { LayoutCache } from '../../../source/ui/conversation/layout-cache.ts';
import * as lazyViews from '../../../source/ui/screen/lazy-views.ts';
import { emptyLine } from '../../../source/ui/text/line.ts';
import {
  entryLines,
  type TranscriptFormat,
  transcriptLines,
} from '../../../source/ui/conversation/transcript-lines.ts';

const format: TranscriptFormat = { columns: 80, nameColumns: 4, hasAcks: true, lazyViews };

function messages(...texts: readonly string[]): EntryList<Entry> {
  return texts.reduce(
    (all, text) =>
      appendEntry(all, {
        kind: 'message',
        at: 0,
        from: 'peer',
        name: 'anna',
        id: text,
        text,
        delivered: false,
      }),
    emptyTranscript,
  ).entries;
}

const linked = 'http://a '.repeat(7000);
const ended = '\n'.repeat(65_536);

test('a message of thousands of links or newlines is laid out once, whatever else the screen shows', () => {
  // Two panes, each with parts of two such messages.
  const panes = [messages(linked, ended), messages(ended, linked)];
  function draw(): unknown {
    return panes.map((entries) => [
      transcriptLines(entries, format, 40, undefined),
      transcriptLines(entries, format, 40, { key: 1, hidden: entryLines(entries.at(1)!, format).length - 5 }),
    ]);
  }
  const first = workOf(draw);
  const next = workOf(draw);
  expect(first.steps).toBeGreaterThan(100_000);
  expect(next.steps).toBeLessThan(first.steps / 100);
});

test('the cache is bounded, and keeps what was used last', () => {
  const kept = new LayoutCache<string>({ maxItems: 3, maxRows: 10 });
  const made: string[] = [];
  function use(item: string, rows = 1, form = ''): void {
    const lines = kept.rowsOf(item, form, () => {
      made.push(item);
      return Array.from({ length: rows }, () => emptyLine);
    });
    expect(lines).toHaveLength(rows);
  }
  use('a');
  use('b');
  use('c');
  use('a');
  expect(made.join('')).toBe('abc');
  // There are too many items, and b was used longest ago.
  use('d');
  use('a');
  use('c');
  expect(made.join('')).toBe('abcd');
  use('b');
  expect(made.join('')).toBe('abcdb');
  // Rows in a new format replace those in the old one.
  use('b', 2, 'narrow');
  use('b', 2, 'narrow');
  expect(made.join('')).toBe('abcdbb');
  expect(kept.rows).toBe(4);
  // The rows of this item alone exceed the bound, so only they are kept.
  use('e', 8);
  expect(kept.rows).toBe(10);
  use('f', 20);
  use('f', 20);
  expect(made.join('')).toBe('abcdbbef');
  expect(kept.rows).toBe(20);
  use('a');
  expect(kept.rows).toBe(1);
});
