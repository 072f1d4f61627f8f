import { expect, test } from 'vitest';
import { createLogSentences, type LogRecord } from '../../source/server/log-sentences.ts';

/** 20:53 where the test runs. */
const at = new Date(2026, 10, 28, 20, 53).getTime();

function tell(records: readonly Partial<LogRecord>[], arrow = '⇄'): string {
  const sentences = createLogSentences(arrow);
  return records.map((record) => sentences.tell({ level: 30, time: at, msg: '', ...record })).join('');
}

const match = { msg: 'match', session: 's1', a: '192.0.2.x', b: '198.51.100.x' };

test.each([
  ['punched', 'direct'],
  ['relayed', 'relayed'],
  ['failed', 'no connection'],
])('a match and its outcome %s are one line', (outcome, word) => {
  const over = { msg: 'outcome', session: 's1', outcome };
  expect(tell([match, over, over])).toBe(`20:53 match 192.0.2.x ⇄ 198.51.100.x: ${word}\n`);
});

test('a match without an outcome is told after two minutes, or at the end', () => {
  const later = { msg: 'draining', connections: 1, time: at + 120_000 };
  expect(tell([match, later])).toBe(
    '20:55 match 192.0.2.x ⇄ 198.51.100.x: no word of how it ended\n20:55 draining (connections 1)\n',
  );
  const sentences = createLogSentences('<->');
  sentences.tell({ level: 30, time: at, ...match });
  expect(sentences.end(at)).toBe('20:53 match 192.0.2.x <-> 198.51.100.x: no word of how it ended\n');
  expect(sentences.end(at)).toBe('');
});

test('matches that nobody ends take no memory without bound', () => {
  const records = Array.from({ length: 1005 }, (_, n) => ({ ...match, session: `s${n}` }));
  expect(tell(records).trimEnd().split('\n')).toHaveLength(5);
});

test('a relay is told when it begins and when it is over', () => {
  expect(
    tell([
      { msg: 'relay', session: 's1', one: '192.0.2.x', other: '2001:db8:1::x' },
      { msg: 'relay over', session: 's1', outcome: 'closed', bytes: 12_345_678, ms: 61_000 },
    ]),
  ).toBe(
    '20:53 relay 192.0.2.x ⇄ 2001:db8:1::x\n20:53 relay 192.0.2.x ⇄ 2001:db8:1::x over (closed): 12.3 MB in 61 s\n',
  );
});

test('all else is told with its facts, and what is bad is marked', () => {
  expect(tell([{ msg: 'classic pair', first: '192.0.2.x', second: '198.51.100.x' }])).toBe(
    '20:53 match 192.0.2.x ⇄ 198.51.100.x: classic\n',
  );
  expect(tell([{ level: 40, msg: 'a proxy was closed', from: '192.0.2.x', reason: 'no header' }])).toBe(
    '20:53 warning: a proxy was closed (from 192.0.2.x, reason no header)\n',
  );
  expect(tell([{ level: 50, msg: 'bug', err: { message: 'm', stack: 'Error: m\n    at x' } }])).toBe(
    '20:53 error: bug: Error: m␊    at x\n',
  );
  expect(tell([{ msg: 'closed' }])).toBe('20:53 closed\n');
});

test('a new day has its date above', () => {
  expect(tell([{ msg: 'one' }, { msg: 'two', time: at + 24 * 3_600_000 }])).toBe(
    '20:53 one\n2026-11-29\n20:53 two\n',
  );
});

test('no text reaches the terminal as a control sequence', () => {
  expect(tell([{ msg: 'refused', reason: '\u001B[2J' }])).toBe('20:53 refused (reason ␛[2J)\n');
});
