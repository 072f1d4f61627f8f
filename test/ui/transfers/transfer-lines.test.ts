import { describe, expect, test } from 'vitest';
import type { FileEvent } from '../../../source/events.ts';
import { noFiles, reduceFiles, type Transfer } from '../../../source/ui/transfers/transfers.ts';
import { lineWidth } from '../../../source/ui/text/line.ts';
import { transferLines, type TransferView } from '../../../source/ui/transfers/transfer-lines.ts';
import { accepted, album, photo, progress } from '../../helpers/sessions/file-story.ts';

const wide: TransferView = { columns: 80, rows: 4, now: 0, isLost: false, reducedMotion: false };

/** The state after these events, a second apart. */
function transfersOf(...events: readonly FileEvent[]): readonly Transfer[] {
  return events.reduce((now, event, index) => reduceFiles(now, event, index * 1000), noFiles).transfers;
}

function texts(transfers: readonly Transfer[], view: Partial<TransferView> = {}): string[] {
  return transferLines(transfers, { ...wide, ...view }).map((line) =>
    line.map((piece) => ('text' in piece ? piece.text : '')).join(''),
  );
}

const halfway = transfersOf(photo, accepted(photo), progress(photo, 5_200_000), progress(photo, 6_200_000));

test('a file in progress has a bar, a percentage, the time left, the rate and the bytes', () => {
  const words = '50 % · 7 s left · 1.0 MB/s · 6.2 MB of 12 MB';
  expect(texts(halfway)).toEqual([`↓ photo.jpg ${'━'.repeat(10)}╸${'─'.repeat(12)} ${words}`]);
  expect(texts(halfway, { columns: 120 })).toEqual([
    `↓ photo.jpg ${'━'.repeat(30)}╸${'─'.repeat(32)} ${words}`,
  ]);
  expect(texts(halfway, { columns: 40 })).toEqual(['↓ photo.jpg 50 % · 7 s left · 1.0 MB/s']);
});

test('all waiting files share one row with their names', () => {
  const song = { ...photo, id: 'r2', name: 'song.mp3' };
  const waiting = transfersOf(photo, song, accepted(photo), accepted(song));
  expect(texts(waiting)).toEqual(['  2 waiting: photo.jpg · song.mp3']);
});

test('bars are aligned, whatever the names', () => {
  const both = transfersOf(photo, album, progress(photo, 6_200_000), progress(album, 300_000_000));
  const rows = texts(both);
  expect(rows[0]).toMatch(/^↓ photo\.jpg ━+╸─+ 50 %/);
  expect(rows[1]).toMatch(/^↑ album {5}━+╸─+ 25 %/);
  expect(rows[0]?.indexOf('━')).toBe(rows[1]?.indexOf('━'));
});

test('without a connection nothing moves, and the row says so', () => {
  expect(texts(halfway, { isLost: true })).toEqual(['↓ photo.jpg paused: no connection · 50 %']);
  expect(texts(halfway, { isLost: true, columns: 30 })).toEqual(['↓ photo.jpg paused · 50 %']);
});

test('a file without progress shows for how long, and no rate', () => {
  expect(texts(halfway, { now: 10_000 })).toEqual([
    `↓ photo.jpg ${'━'.repeat(12)}╸${'─'.repeat(14)} 50 % · nothing for 7 s · 6.2 MB of 12 MB`,
  ]);
});

test('with reduced motion the percentage changes in steps of ten', () => {
  const rows = [5_200_000, 5_300_000, 6_190_000].map((done) =>
    texts(transfersOf(photo, progress(photo, done)), { reducedMotion: true }).join(''),
  );
  expect(new Set(rows)).toEqual(new Set(['↓ photo.jpg 40 %']));
});

test.each([
  [10_000, '9 s left'],
  [10_001, '10 s left'],
  [91_000, '90 s left'],
  [601_000, '10 min left'],
  [20_001_000, '6 h left'],
])('at 1 kB per second, %d bytes show %s', (bytes, left) => {
  const file = { ...photo, bytes };
  const moving = transfersOf(file, accepted(file), progress(file, 0), progress(file, 1000));
  expect(texts(moving).join('')).toContain(` · ${left} · 1.0 kB/s · `);
});

describe.each([20, 40, 56, 80, 200])('in %d columns', (columns) => {
  const many = Array.from({ length: 5 }, (_, n) => ({
    ...photo,
    id: `r${n + 1}`,
    name: `${'日本'.repeat(n * 8)}.jpg`,
  }));
  const moving = transfersOf(
    ...many,
    ...many.map((one, n) => (n < 3 ? progress(one, n * 4_000_000) : accepted(one))),
  );

  test.each([1, 2, 3, 4])('no row is wider than the screen, and there are at most %d', (rows) => {
    for (const view of [{}, { isLost: true }, { reducedMotion: true }, { now: 1e9 }]) {
      const lines = transferLines(moving, { ...wide, ...view, columns, rows });
      expect(lines).toHaveLength(rows);
      for (const line of lines) {
        expect(lineWidth(line)).toBeLessThanOrEqual(columns);
      }
    }
  });
});

test('if there are too few rows, the last one sums up the rest', () => {
  const both = transfersOf(photo, album, progress(photo, 6_200_000), progress(album, 300_000_000));
  expect(texts(both, { rows: 1 })).toEqual(['2 more, /files · ↓ 50 % · ↑ 25 %']);
  expect(texts(both, { rows: 1, columns: 20 })).toEqual(['↓ 50 % · ↑ 25 %']);
});
