import { describe, expect, test } from 'vitest';
import { ladderLines } from '../../../../source/ladder/ladder-lines.ts';
import { ladderSvg } from '../../../../source/ladder/ladder-svg.ts';
import { WatchHistory } from '../../../../source/lab/watch/drawing/history.ts';
import { parseRecording } from '../../../../source/lab/watch/drawing/recording.ts';
import type { WatchEvent } from '../../../../source/lab/watch/watch-events.ts';
import { textMeasure } from '../../../../source/ui/text/text-layout.ts';
import { sampleWatch } from '../../../helpers/lab/sample-watch.ts';

function historyOf(events: readonly WatchEvent[]): WatchHistory {
  const history = new WatchHistory();
  events.forEach((event) => history.add(event));
  return history;
}

function drawn(history: WatchHistory, step?: number): string[] {
  const { ladder } = history.view({ isFolded: true, step });
  return (ladderLines(ladder, 80, textMeasure) ?? []).map((line) =>
    line
      .map(({ text }) => text)
      .join('')
      .trimEnd(),
  );
}

describe('the ladder of a watched lab', () => {
  test('shows where each packet ended and why, the rows beside it, and a spray as one row', () => {
    expect(drawn(historyOf(sampleWatch)).slice(1)).toMatchInlineSnapshot(`
      [
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
      ]
    `);
  });

  test('of a recording is the one that was drawn live, step by step', () => {
    const live = historyOf(sampleWatch);
    const text = sampleWatch.map((event) => `${JSON.stringify(event)}\n`).join('');
    const replay = historyOf(parseRecording(text, 'class.jsonl'));
    expect(replay.count(true)).toBe(live.count(true));
    for (let step = 0; step <= live.count(true); step += 1) {
      expect(replay.view({ isFolded: true, step })).toEqual(live.view({ isFolded: true, step }));
    }
    expect(replay.allLines()).toEqual(live.allLines());
  });

  test('keeps its lanes while a recording is stepped through', () => {
    const history = historyOf(sampleWatch);
    expect(drawn(history, 1).slice(0, 2)).toEqual(drawn(history).slice(0, 2));
    expect(drawn(history, 1).length).toBeLessThan(drawn(history).length);
  });

  test('has the same rows as a picture', () => {
    const { ladder, title } = historyOf(sampleWatch).view({ isFolded: true });
    const svg = ladderSvg(ladder, title, textMeasure);
    for (const words of ['1,023 more SYNs', 'nobody inside has contacted', 'ESTABLISHED, 120 s', 'SYN+ACK']) {
      expect(svg).toContain(words);
    }
  });

  test('unfolded shows each packet of a spray', () => {
    const history = historyOf(sampleWatch);
    expect(history.count(false) - history.count(true)).toBe(1022);
  });
});

test('a packet that a router sends back inside has two arrows, and one between hosts of a network has one', () => {
  const at = 1000;
  const places = ['ada', 'grace', 'home.router', 'isp.router'].map((name) => ({
    name,
    kind: name.includes('.') ? ('router' as const) : ('host' as const),
    addresses: [],
  }));
  const seen = { at, source: '192.168.1.2:5000', target: '50.0.1.2:7000' };
  const inside = [
    { ...seen, place: 'home.router', side: 'inside', way: 'in' },
    { ...seen, place: 'home.router', side: 'inside', way: 'out' },
  ] as const;
  const looped = [
    inside[0],
    { ...seen, place: 'home.router', side: 'outside', way: 'out' },
    { ...seen, place: 'isp.router', side: 'loop', way: 'out' },
    { ...seen, place: 'home.router', side: 'outside', way: 'in' },
    inside[1],
  ] as const;
  const common = {
    v: 1,
    event: 'packet',
    at,
    from: 'ada',
    to: 'grace',
    protocol: 'tcp',
    flags: 'S',
  } as const;
  const numbers = { seq: 1, ack: 0, length: 0, fate: { kind: 'delivered' } } as const;
  const { ladder } = historyOf([
    { v: 1, event: 'watch', at, lab: 'class', places },
    { ...common, ...numbers, id: 1, sightings: [...looped] },
    { ...common, ...numbers, id: 2, sightings: [...inside] },
  ]).view({ isFolded: true });
  expect(
    ladder.rows.flatMap((row) => (row.kind === 'arrows' ? row.arrows.map(({ from, to }) => [from, to]) : [])),
  ).toEqual([
    [0, 3],
    [3, 1],
    [0, 1],
  ]);
});

test('the tables are those of the step, and count down', () => {
  const history = historyOf(sampleWatch);
  expect(history.view({ isFolded: true, step: 2 }).tables).toEqual([
    { title: 'alice.router', rows: ['6000›50.0.1.2:6000›50.0.2.2:6000  SYN_SENT  120 s'] },
  ]);
  const now = history.start + 33_000;
  expect(history.view({ isFolded: true, now }).tables).toEqual([
    {
      title: 'alice.router',
      rows: [
        '6000›50.0.1.2:6000›50.0.2.2:6000  ESTABLISHED  90 s',
        '6000›50.0.1.2:6000›anybody  mapping  87 s',
      ],
    },
    { title: 'bob.router', rows: [] },
  ]);
});

test('the title counts the packets by their fates', () => {
  expect(historyOf(sampleWatch).view({ isFolded: true }).title).toBe(
    'class: 1,028 packets, 3 delivered, 1,025 stopped',
  );
});

describe('a file that is no recording is refused with its line', () => {
  const first = JSON.stringify(sampleWatch[0]);
  test.each([
    ['', 'it does not begin with a line of the event "watch"'],
    [`${JSON.stringify(sampleWatch[1])}\n`, 'it does not begin with'],
    [`${first}\nnonsense\n`, 'line 2 is not JSON'],
    [`${first}\n\n{"v":1,"event":"row"}\n`, 'line 3: '],
  ])('%#', (text, why) => {
    expect(() => parseRecording(text, 'a.jsonl')).toThrow(
      expect.objectContaining({ code: 'ERR_USAGE', message: expect.stringContaining(why) }),
    );
  });
});
