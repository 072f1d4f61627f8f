import { expect, test } from 'vitest';
import {
  checkJson,
  conclusion,
  tableHead,
  trialJson,
  trialRow,
} from '../../../source/workshop/client-check/check-report.ts';
import type { TrialResult } from '../../../source/workshop/client-check/run-trial.ts';
import { trialsOn, type Trial } from '../../../source/workshop/client-check/trials.ts';

const [open, late] = trialsOn(['open', 'open-late']) as [Trial, Trial];
const passed: TrialResult = { trial: open, verdict: undefined, ms: 1340 };
const failed: TrialResult = {
  trial: late,
  ms: null,
  verdict: {
    defect: 'no-retry',
    host: 'alice',
    role: 'first',
    evidence: 'alice was refused at 0.08 s, its only dial.',
    lines: [],
  },
};

test('a person gets a row for each trial, and then the reason, a hint and something to read', () => {
  const text = [tableHead, trialRow(passed), trialRow(failed), conclusion([passed, failed], 3)].join('');
  expect(text).toBe(
    [
      'network               first   second  result',
      'open                  client  client  connected, 1.34 s',
      'open-late             client  client  FAILED: the client of alice gives up after a refusal',
      '',
      'open-late (no NAT, and the second is told late: the first is refused once or more): the client of alice gives up after a refusal.',
      '  alice was refused at 0.08 s, its only dial.',
      '  A refusal only says that the peer was not there yet. Dial again, for 10 s or so.',
      '  Read: RFC 5382, REQ-4',
      '',
      '1 of 3 trials passed, 1 was not run.',
      '',
    ].join('\n'),
  );
});

test('the same hint is given once', () => {
  const text = conclusion([failed, failed], 2);
  expect(text.split('Dial again, for 10 s or so.')).toHaveLength(2);
  expect(text.split('its only dial.')).toHaveLength(3);
});

test('a program gets an object for each trial, and one for all', () => {
  expect([trialJson(passed), trialJson(failed), checkJson([passed, failed], 3)]).toMatchObject([
    {
      v: 1,
      event: 'trial',
      network: 'open',
      first: 'client',
      second: 'client',
      lateMs: 0,
      passed: true,
      ms: 1340,
      verdict: null,
    },
    {
      event: 'trial',
      network: 'open-late',
      lateMs: 500,
      passed: false,
      ms: null,
      verdict: { defect: 'no-retry', host: 'alice', role: 'first', title: 'gives up after a refusal' },
    },
    { v: 1, event: 'check', trials: 3, run: 2, passed: 1 },
  ]);
});
