import { expect, test } from 'vitest';
import type { Assertion } from '../../../source/workshop/judge/check-schema.ts';
import { judge } from '../../../source/workshop/judge/judge.ts';
import type { Question } from '../../../source/workshop/judge/prediction.ts';
import { evidence, packet, row } from '../../helpers/workshop/evidence.ts';

const number: Question = {
  kind: 'number',
  ask: 'How many SYNs?',
  min: 0,
  max: 10,
  tolerance: 1,
  fact: { packets: { flags: 'S' } },
};

const check: readonly Assertion[] = [
  {
    says: 'one SYN has left',
    left: { packets: { flags: 'S' } },
    is: 'same',
    right: { number: 1 },
    wrong: 'Dial once.',
  },
  {
    says: 'it left from the advertised port',
    left: { endpoint: 'source', of: { flags: 'S' }, when: 'sent', part: 'port' },
    is: 'same',
    right: { mapping: 'outside', of: { remote: 'rendezvous' }, part: 'port' },
    wrong: 'Dial from the port that you used with the rendezvous.',
  },
];

test('all that had to be seen was seen', () => {
  expect(judge(number, check, evidence([row(), packet()], { prediction: 2 }))).toEqual({
    passed: true,
    rows: [
      { outcome: 'right', expected: 'one SYN has left', seen: '1' },
      { outcome: 'right', expected: 'it left from the advertised port', seen: '4000; the other: 4000' },
    ],
    prediction: { outcome: 'right', typed: '2', fact: '1' },
  });
});

test('a wrong row says what was seen and what it means; a missing one waits', () => {
  const seen = evidence([packet({ source: '192.168.1.2:39173' }), packet({ seq: 2 })], { prediction: 4 });
  expect(judge(number, check, seen)).toEqual({
    passed: false,
    rows: [
      { outcome: 'wrong', expected: 'one SYN has left', seen: '2', means: 'Dial once.' },
      {
        outcome: 'missing',
        expected: 'it left from the advertised port',
        seen: '39173; the other: nothing yet',
        means: 'Dial from the port that you used with the rendezvous.',
      },
    ],
    prediction: { outcome: 'wrong', typed: '4', fact: '2' },
  });
});

test('a wrong prediction does not keep from passing', () => {
  const verdict = judge(number, check, evidence([row(), packet()], { prediction: 9 }));
  expect(verdict).toMatchObject({ passed: true, prediction: { outcome: 'wrong', typed: '9', fact: '1' } });
});

test('of a lab that nobody has watched, nothing is right or wrong', () => {
  const verdict = judge(number, check, { lab: [], chats: {}, prediction: 1 });
  expect(verdict.passed).toBe(false);
  expect(verdict.rows.map(({ outcome }) => outcome)).toEqual(['missing', 'missing']);
  expect(verdict.prediction).toEqual({ outcome: 'missing', typed: '1' });
});

test('what has to be typed is compared with the packets, and both are shown', () => {
  const typed: Assertion = {
    says: 'what you wrote is what the router maps to',
    left: { mapping: 'outside', of: { remote: 'rendezvous' } },
    is: 'same',
    right: { typed: '' },
  };
  const { rows } = judge(number, [typed], evidence([row()], { prediction: '192.168.1.2:4000' }));
  expect(rows).toEqual([
    {
      outcome: 'wrong',
      expected: typed.says,
      seen: '50.0.1.2:4000; you wrote: 192.168.1.2:4000',
    },
  ]);
});

const outcomes: Question = {
  kind: 'outcomes',
  ask: 'What comes of each?',
  rows: ['open', 'cone'],
  options: [{ word: 'connected' }, { word: 'silence' }],
  facts: {
    open: { outcome: { from: 'alice', to: 'bob' } },
    cone: { outcome: { from: 'alice', to: 'carol' } },
  },
};

test('a set of outcomes is right if each is, and unknown until all are known', () => {
  const stopped = packet({ fate: { kind: 'stopped', place: 'bob.router' } });
  const both = [stopped, packet({ to: 'carol', fate: { kind: 'stopped', place: 'carol.router' } })];
  const silence = { open: 'silence', cone: 'silence' };
  expect(judge(outcomes, [], evidence(both, { prediction: silence })).prediction).toEqual({
    outcome: 'right',
    typed: 'open=silence,cone=silence',
    fact: 'open=silence,cone=silence',
  });
  expect(
    judge(outcomes, [], evidence(both, { prediction: { ...silence, open: 'connected' } })).prediction.outcome,
  ).toBe('wrong');
  expect(judge(outcomes, [], evidence([stopped], { prediction: silence })).prediction.outcome).toBe(
    'missing',
  );
});
