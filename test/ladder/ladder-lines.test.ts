import { expect, test } from 'vitest';
import type { Ladder } from '../../source/ladder/ladder.ts';
import { ladderLines, type LadderLine } from '../../source/ladder/ladder-lines.ts';
import { asciiMarks } from '../../source/ui/text/ascii-marks.ts';
import { textMeasure, widthOf } from '../../source/ui/text/text-layout.ts';
import { sampleLadder } from '../helpers/chats/sample-ladder.ts';

function textOf(line: LadderLine): string {
  return line.map(({ text }) => text).join('');
}

function drawn(ladder: Ladder, columns: number): string[] {
  return ladderLines(ladder, columns, textMeasure)?.map((line) => textOf(line).trimEnd()) ?? [];
}

test('an arrow ends where it ended, and what is unknown ends before a lane', () => {
  expect(drawn(sampleLadder, 80)).toEqual([
    "   ms  you        your NAT      rendezvous      bob's NAT        bob",
    '       10.0.0.2   50.0.1.2                      50.0.2.2',
    '    0  ├──── room ────┼─────────────▸│              │              │',
    '   40  │◂───── bob is at :1414 ──────┼──── you are at :38897 ─────▸│',
    '   50  ├──────────────┼───── SYN to :1414 ──────×   │              │  round 1',
    '   60  ├──────────────┼─────── SYN to :1415 ────────×              │',
    '       ┊ 1,023 more SYNs             ┊              ┊              ┊',
    '   80  ├──────────────┼───── SYN to :1416 ──────╮   │              │  round 2',
    '   90  │◂─────────────┼──────── refused ────────╯   │              │',
    '   95  │ SYN to [2001:db8:1111:2222:3333:4444:5555:6666]:40000     │',
    '       │   …───────────────────────────────────────────────────────┤',
    '  100  │ the disk is full            │              │              │',
    '99999  ╞══════════════╪══════════ TLS 1.3 ══════════╪══════════════╡',
    '       ───────────────────────── line lost ─────────────────────────',
    "   ms  you        your NAT      rendezvous      bob's NAT        bob",
    '       10.0.0.2   50.0.1.2                      50.0.2.2',
    '12:34  │◂─────────────┼──────────── SYN ────────────┼──────────────┤',
  ]);
});

test('a band crosses the lanes on both sides of its label, or on none', () => {
  const lanes = ['you', 'NAT', 'server', 'NAT', 'bob'].map((label) => ({ label }));
  for (let columns = 40; columns <= 120; columns += 20) {
    for (let length = 1; length <= 60; length += 1) {
      const label = 'x'.repeat(length);
      const row = { at: 0, kind: 'band', from: 0, to: 4, label } as const;
      const band = drawn({ lanes, rows: [row] }, columns).at(-1) ?? '';
      const [left = '', right = ''] = band.includes('x') ? band.split(label) : ['╪', '╪'];
      expect(left.split('╪').length, `${columns} ${length}`).toBe(right.split('╪').length);
    }
  }
});

test('40 columns are enough: names stand in two rows, and labels above their arrows', () => {
  expect(drawn(sampleLadder, 40).slice(0, 19)).toEqual([
    '   ms  you        rendezvous         bob',
    "           your NAT        bob's NAT",
    '    0  ├──── room ────▸│       │       │',
    '   40  │ bob is at :1414       │       │',
    '       │ you are at :38897     │       │',
    '       │◂──────────────┼──────────────▸│',
    '   50  │ round 1: SYN to :1414 │       │',
    '       ├───────┼────────────×  │       │',
    '   60  ├──── SYN to :1415 ─────×       │',
    '       ┊ 1,023 more SYNs       ┊       ┊',
    '   80  │ round 2: SYN to :1416 │       │',
    '       ├───────┼────────────╮  │       │',
    '   90  │◂──────┼─ refused ──╯  │       │',
    '   95  │ SYN to        │       │       │',
    '       │ [2001:db8:1111:2222:3333:4444:',
    '       │ 5555:6666]:40000      │       │',
    '       │  …────────────────────────────┤',
    '  100  │ the disk is full      │       │',
    '99999  ╞═══════╪═══ TLS 1.3 ═══╪═══════╡',
  ]);
});

test('below 40 columns, or with too many lanes, nothing is drawn', () => {
  expect(ladderLines(sampleLadder, 39, textMeasure)).toBeUndefined();
  const lanes = Array.from({ length: 12 }, (_, n) => ({ label: `host ${n}` }));
  expect(ladderLines({ lanes, rows: [] }, 80, textMeasure)).toBeUndefined();
  expect(ladderLines({ lanes, rows: [] }, 120, textMeasure)).toHaveLength(2);
});

test('at every width, no row is wider than the screen, and every word is there', () => {
  const words = sampleLadder.rows.flatMap((row) =>
    (row.kind === 'arrows' ? row.arrows : [row]).flatMap(({ label }) => label.split(' ')),
  );
  for (let columns = 40; columns <= 200; columns += 1) {
    const rows = drawn(sampleLadder, columns);
    expect(Math.max(...rows.map(widthOf)), `${columns}`).toBeLessThanOrEqual(columns);
    const shown = rows.join('').replaceAll(/[│\s]/g, '');
    expect(
      words.filter((word) => !shown.includes(word)),
      `${columns}`,
    ).toEqual([]);
  }
});

test('each mark has an ASCII character of the same width', () => {
  for (const row of drawn(sampleLadder, 80)) {
    expect(asciiMarks(row)).toMatch(/^[ -~]*$/);
    expect(widthOf(asciiMarks(row))).toBe(widthOf(row));
  }
});

test('wide and hostile names keep the lanes where they are', () => {
  const name = '日本\u001B[2J'.repeat(20);
  const lanes = sampleLadder.lanes.with(4, { label: name }).with(3, { label: `${name}'s NAT` });
  const arrow = { from: 4, to: 0, end: 'arrives', label: `${name} is here` } as const;
  const rows = drawn({ lanes, rows: [{ at: 0, kind: 'arrows', arrows: [arrow] }] }, 80);
  expect(rows.join('')).not.toContain('\u001B');
  expect(Math.max(...rows.map(widthOf))).toBeLessThanOrEqual(80);
  expect(rows.at(-1)).toMatch(/^ {6}│◂─+┤$/);
});

test('a ladder without rows has only its names', () => {
  expect(drawn({ lanes: [{ label: 'you' }, { label: 'bob' }], rows: [] }, 40)).toEqual([
    '  ms  you                          bob',
  ]);
});

test('a mark stands on its lane, and its text where there is room', () => {
  const lanes = ['alice', 'NAT', 'bob'].map((label) => ({ label }));
  function marked(lane: number, label: string): string[] {
    return drawn({ lanes, rows: [{ at: 1, kind: 'mark', lane, label }] }, 60).slice(1);
  }
  expect(marked(1, 'SYN_SENT, 120 s')).toMatchInlineSnapshot(`
    [
      "   1  │                         ◆ SYN_SENT, 120 s         │",
    ]
  `);
  expect(marked(2, 'SYN_SENT, 120 s')).toMatchInlineSnapshot(`
    [
      "   1  │                         │         SYN_SENT, 120 s ◆",
    ]
  `);
  expect(marked(1, 'a text that has room on neither of both sides')).toMatchInlineSnapshot(`
    [
      "   1  │ a text that has room on neither of both sides     │",
      "      │                         ◆                         │",
    ]
  `);
});
