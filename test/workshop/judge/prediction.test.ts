import { describe, expect, test } from 'vitest';
import { parsePrediction, predictionText, type Question } from '../../../source/workshop/judge/prediction.ts';

const fact = { number: 1 };
const options = [{ word: 'connected' }, { word: 'refused' }, { word: 'silence' }];
const choice: Question = { kind: 'choice', ask: '?', options, fact };
const number: Question = { kind: 'number', ask: '?', unit: 'packets', min: 0, max: 99_999, fact };
const endpoint: Question = { kind: 'endpoint', ask: '?', fact };
const outcomes: Question = { kind: 'outcomes', ask: '?', rows: ['open', 'cone'], options, facts: {} };
const table: Question = {
  kind: 'table',
  ask: '?',
  rows: ['cone'],
  columns: [
    { name: 'works', options: [{ word: 'yes' }, { word: 'no' }] },
    { name: 'after', options: [{ word: '0' }, { word: '1' }] },
  ],
  facts: {},
};

test.each([
  [choice, 'Refused ', 'refused'],
  [choice, '3', 'silence'],
  [number, '2', 2],
  [number, ' 87 %', 87],
  [number, '1.5 s', 1.5],
  [number, '1,024', 1024],
  [endpoint, '50.0.1.2:4000', '50.0.1.2:4000'],
  [endpoint, '[2a00:5000::2]:4000', '[2a00:5000::2]:4000'],
  [outcomes, 'open=connected, cone=3', { open: 'connected', cone: 'silence' }],
  [table, 'cone.works=yes cone.after=1', { 'cone.works': 'yes', 'cone.after': '1' }],
] as const)('an answer to a question (%#)', (question, typed, expected) => {
  const prediction = parsePrediction(question, typed);
  expect(prediction).toEqual(expected);
  expect(parsePrediction(question, predictionText(prediction))).toEqual(expected);
});

describe('what is no answer is refused, with the value and the next step', () => {
  test.each([
    [choice, 'refusal', "'refusal' is not one of the answers", 'Did you mean "refused"?'],
    [choice, '4', "'4' is not one of the answers", 'They are connected, refused, silence.'],
    [choice, '', "'' is not one of the answers", 'They are connected, refused, silence.'],
    [number, 'two', "'two' is not a number from 0 to 99999", 'Type a number (packets), for example 0.'],
    [number, '1e4', "'1e4' is not a number from 0 to 99999", 'Type a number (packets), for example 0.'],
    [number, '-1', "'-1' is not a number from 0 to 99999", 'Type a number (packets), for example 0.'],
    [endpoint, '4000', "'4000' is not an endpoint", 'Type ADDRESS:PORT, for example 192.168.1.2:4000.'],
    [
      endpoint,
      '1.2.3.4:70000',
      "'1.2.3.4:70000' is not an endpoint",
      'Type ADDRESS:PORT, for example 192.168.1.2:4000.',
    ],
    [
      outcomes,
      'open=silence',
      'no answer for cone',
      'Type all of them like this: open=connected,cone=connected',
    ],
    [
      outcomes,
      'door=silence',
      "'door=silence' answers none of the rows",
      'Type all of them like this: open=connected,cone=connected',
    ],
    [outcomes, 'open=shut', "'shut' is not one of the answers", 'They are connected, refused, silence.'],
  ] as const)('%#', (question, typed, message, hint) => {
    expect(() => parsePrediction(question, typed)).toThrow(
      expect.objectContaining({ code: 'ERR_USAGE', message, hint }) as Error,
    );
  });
});
