import { expect, test } from 'vitest';
import { runCheck } from '../../../source/workshop/client-check/run-check.ts';
import type { TrialResult } from '../../../source/workshop/client-check/run-trial.ts';
import { trialsOn, type Trial } from '../../../source/workshop/client-check/trials.ts';

const trials = trialsOn([]).slice(0, 5);

function resultOf(trial: Trial, passes: boolean): TrialResult {
  const verdict = { defect: 'unknown', host: null, role: null, evidence: '', lines: [] } as const;
  return passes ? { trial, verdict: undefined, ms: 1 } : { trial, verdict, ms: null };
}

/** Trials that end when the test says so. */
function controlled() {
  const started = new Map<Trial, (result: TrialResult) => void>();
  const told: number[] = [];
  return {
    told,
    indexes: () => [...started.keys()].map((trial) => trials.indexOf(trial)),
    end: (index: number, passes = true) => {
      const trial = trials[index]!;
      started.get(trial)!(resultOf(trial, passes));
    },
    options: {
      run: (trial: Trial) => new Promise<TrialResult>((resolve) => started.set(trial, resolve)),
      done: ({ trial }: TrialResult) => void told.push(trials.indexOf(trial)),
    },
  };
}

/** Lets everything happen that waits for a promise. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

test('results are told in the order of the list, however the trials end', async () => {
  const { end, indexes, options, told } = controlled();
  const check = runCheck(trials, { ...options, all: true, parallel: 3 });
  expect(indexes()).toEqual([0, 1, 2]);
  end(2);
  end(1, false);
  await settled();
  expect([told, indexes()]).toEqual([[], [0, 1, 2, 3, 4]]);
  end(4);
  end(0);
  await settled();
  expect(told).toEqual([0, 1, 2]);
  end(3);
  expect((await check).map(({ trial }) => trials.indexOf(trial))).toEqual([0, 1, 2, 3, 4]);
  expect(told).toEqual([0, 1, 2, 3, 4]);
});

test('the first trial that has failed is the last that is told, and no other one begins', async () => {
  const { end, indexes, options, told } = controlled();
  const check = runCheck(trials, { ...options, all: false, parallel: 2 });
  end(0, false);
  await settled();
  expect(indexes()).toEqual([0, 1]);
  end(1);
  expect(await check).toHaveLength(1);
  expect(told).toEqual([0]);
});

test('an error of a trial ends the check', async () => {
  const options = { all: true, parallel: 1, done: () => undefined };
  const check = runCheck(trials, { ...options, run: () => Promise.reject(new Error('no lab')) });
  await expect(check).rejects.toThrow('no lab');
});
