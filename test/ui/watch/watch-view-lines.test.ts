import { expect, test } from 'vitest';
import { WatchHistory } from '../../../source/lab/watch/drawing/history.ts';
import { lineWidth, type Line } from '../../../source/ui/text/line.ts';
import { startWatching, type WatchState } from '../../../source/ui/watch/watch-state.ts';
import { layOutWatch } from '../../../source/ui/watch/watch-view-lines.ts';
import { sampleWatch } from '../../helpers/lab/sample-watch.ts';

const history = new WatchHistory();
sampleWatch.forEach((event) => history.add(event));

function textOf(line: Line): string {
  return line
    .map((piece) => ('spinner' in piece ? '' : piece.text))
    .join('')
    .trimEnd();
}

function shown(columns: number, rows: number, change: Partial<WatchState> = {}, isReplay = false): Line[] {
  const state = { ...startWatching(isReplay), step: undefined, ...change };
  const view = history.view({ ...state, now: history.start + 6000 });
  return [...layOutWatch(view, state, { columns, rows }, { isReplay, steps: history.count(true) }).lines];
}

test('80 × 24: title, ladder with its lanes, tables, keys', () => {
  expect(shown(80, 24).map(textOf)).toMatchInlineSnapshot(`
    [
      "class: 1,028 packets, 3 delivered, 1,025 stopped",
      "  ms  alice             alice.router             bob.router                  bob",
      "      192.168.1.2         50.0.1.2                50.0.2.2           192.168.2.2",
      "   0  ├────── SYN 6000 ───────┼───────────────────────×                       │",
      "   0  │     nobody inside has contacted this endpoint ◆                       │",
      "   1  │                       ◆ 6000 SYN_SENT, 120 s  │                       │",
      "  50  │                       ◆ mapping 6000          │                       │",
      " 101  │◂──────────────────────┼────── SYN 6000 ───────┼───────────────────────┤",
      " 102  │                       │                       ◆ 6000 SYN_SENT, 120 s  │",
      " 103  │                       ◆ 6000 SYN_SENT2, 120 s │                       │",
      " 105  ├──── SYN+ACK 6000 ─────┼───────────────────────┼──────────────────────▸│",
      " 110  │◂──────────────────────┼────── ACK 6000 ───────┼───────────────────────┤",
      " 111  │                       ◆ 6000 ESTABLISHED, 120 s                       │",
      "4000  ├───── SYN 7000›9 ──────┼───────────────────────×                       │",
      "      ┊ 1,023 more SYNs from alice, stopped at bob.router                     ┊",
      "5000  │                       │                       ◆ 6000 forgotten        │",
      "",
      "",
      "",
      "────────────────────────────────────────────────────────────────────────────────",
      "alice.router",
      "  6000›50.0.1.2:6000›50.0.2.2:6000  ESTABLISHED  117 s",
      "  6000›50.0.1.2:6000›anybody  mapping  114 s",
      "space pause · ↑↓ scroll · f fold · t tables · q quit",
    ]
  `);
});

test('40 × 12: the ladder alone', () => {
  expect(shown(40, 12).map(textOf)).toMatchInlineSnapshot(`
    [
      "class: 1,028 packets, 3 delivered, 1,02…",
      "  ms  alice            bob.router",
      "           alice.router              bob",
      " 105  ├──────── SYN+ACK 6000 ─────────▸│",
      " 110  │◂─────────┼ ACK 6000 ┼──────────┤",
      " 111  │ 6000 ESTABLISHED, 120 s        │",
      "      │          ◆          │          │",
      "4000  ├──── SYN 7000›9 ─────×          │",
      "      ┊ 1,023 more SYNs from alice,    ┊",
      "      ┊ stopped at bob.router          ┊",
      "5000  │      6000 forgotten ◆          │",
      "space pause · f fold · t tables · q quit",
    ]
  `);
});

test('what is too narrow for a ladder is a list', () => {
  expect(shown(34, 12).map(textOf).slice(0, 4)).toMatchInlineSnapshot(`
    [
      "class: 1,028 packets, 3 delivered…",
      "192.168.1.2:7000 -> 50.0.2.2:9,",
      "seen as 50.0.1.2:7000; stopped at",
      "bob.router: nobody inside has",
    ]
  `);
});

test('the tables alone, and a step of a recording', () => {
  expect(shown(80, 8, { shows: 'tables' }).map(textOf)).toMatchInlineSnapshot(`
    [
      "class: 1,028 packets, 3 delivered, 1,025 stopped",
      "alice.router",
      "  6000›50.0.1.2:6000›50.0.2.2:6000  ESTABLISHED  117 s",
      "  6000›50.0.1.2:6000›anybody  mapping  114 s",
      "bob.router",
      "",
      "",
      "space pause · ↑↓ scroll · f fold · t tables · q quit",
    ]
  `);
  expect(shown(80, 10, { step: 2, shows: 'ladder' }, true).map(textOf)).toMatchInlineSnapshot(`
    [
      "class: 1 packet, 1 stopped · step 2 of 12",
      "  ms  alice             alice.router             bob.router                  bob",
      "      192.168.1.2         50.0.1.2                50.0.2.2           192.168.2.2",
      "   0  ├────── SYN 6000 ───────┼───────────────────────×                       │",
      "   0  │     nobody inside has contacted this endpoint ◆                       │",
      "   1  │                       ◆ 6000 SYN_SENT, 120 s  │                       │",
      "",
      "",
      "",
      "←→ step · space all · ↑↓ scroll · f fold · t tables · q quit",
    ]
  `);
});

test('every row fits at every size, and there are as many as the screen has', () => {
  for (const shows of ['both', 'ladder', 'tables'] as const) {
    for (const isFolded of [true, false]) {
      for (let columns = 20; columns <= 130; columns += 11) {
        for (const rows of [5, 12, 18, 24, 50]) {
          const lines = shown(columns, rows, { shows, isFolded });
          expect(lines).toHaveLength(rows);
          expect(Math.max(...lines.map(lineWidth))).toBeLessThanOrEqual(columns);
        }
      }
    }
  }
});
