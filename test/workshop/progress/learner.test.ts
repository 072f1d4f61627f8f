import { mkdtempSync, readFileSync, realpathSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { keepStep, learnerPath, readLearner } from '../../../source/workshop/progress/learner-file.ts';
import {
  newLearner,
  presentPrediction,
  stepLearner,
  type LearnerState,
  type LearnerStep,
} from '../../../source/workshop/progress/learner-state.ts';

type Happening = LearnerStep extends infer Step ? (Step extends unknown ? Omit<Step, 'id'> : never) : never;

function after(...steps: readonly Happening[]): LearnerState {
  return steps.reduce<LearnerState>(
    (state, step) => stepLearner(state, { ...step, id: 'nat-row' }),
    newLearner('ada'),
  );
}

const started = { kind: 'started', now: 1000 } as const;
const predicted = { kind: 'predicted', now: 2000, text: '50.0.1.2:4000' } as const;

test('a prediction is kept with its time, and is right or wrong with the verdict', () => {
  const wrong = after(started, predicted, { kind: 'judged', now: 62_000, passed: false, right: false });
  expect(wrong).toEqual({
    v: 1,
    learner: 'ada',
    last: 'nat-row',
    exercises: {
      'nat-row': {
        predictions: [{ at: 2000, text: '50.0.1.2:4000', right: false }],
        started: 1000,
        running: 2000,
        seconds: 0,
        attempts: 1,
        hints: 0,
        solution: null,
        passed: null,
      },
    },
  });
});

test('the time runs from the prediction to the pass, and stands still between an end and the next prediction', () => {
  const state = after(
    started,
    predicted,
    { kind: 'ended', now: 32_000 },
    { ...predicted, now: 1_000_000 },
    { kind: 'judged', now: 1_010_000, passed: true, right: true },
    { kind: 'judged', now: 2_000_000, passed: true, right: true },
  );
  expect(state.exercises['nat-row']).toMatchObject({
    seconds: 40,
    running: null,
    attempts: 2,
    passed: 1_010_000,
  });
});

test('a reset forgets the attempts and hints, and keeps the predictions and that the solution was seen', () => {
  const state = after(
    started,
    predicted,
    { kind: 'hinted', now: 3000, hint: 2 },
    { kind: 'hinted', now: 4000, hint: 1 },
    { kind: 'solution shown', now: 5000 },
    { kind: 'judged', now: 6000, passed: true, right: null },
  );
  expect(state.exercises['nat-row']).toMatchObject({ hints: 2, solution: 5000, passed: 6000 });
  expect(stepLearner(state, { id: 'nat-row', now: 7000, kind: 'reset' }).exercises['nat-row']).toMatchObject({
    predictions: [{ text: '50.0.1.2:4000', right: null }],
    hints: 0,
    attempts: 0,
    passed: null,
    solution: 5000,
  });
});

test('there is a prediction for the present try alone', () => {
  const running = after(started, predicted);
  expect(presentPrediction(running.exercises['nat-row'])).toBe('50.0.1.2:4000');
  const reset = stepLearner(running, { id: 'nat-row', now: 3000, kind: 'reset' });
  expect(presentPrediction(reset.exercises['nat-row'])).toBeUndefined();
  expect(presentPrediction(undefined)).toBeUndefined();
});

function folder(): string {
  const path = realpathSync(mkdtempSync(join(tmpdir(), 'punchline-state-')));
  onTestFinished(() => {
    vi.unstubAllEnvs();
    rmSync(path, { recursive: true, force: true });
  });
  return path;
}

test('the file is in the folder for state, for this user alone, and is read again', async () => {
  const state = folder();
  vi.stubEnv('XDG_STATE_HOME', join(state, '.local', 'state'));
  expect(learnerPath()).toBe(join(state, '.local', 'state', 'punchline', 'workshop', 'learner.json'));
  expect(readLearner()).toMatchObject({ v: 1, last: null, exercises: {} });
  await keepStep({ id: 'nat-row', ...started });
  const kept = await keepStep({ id: 'nat-row', ...predicted });
  expect(readLearner()).toEqual(kept);
  expect(statSync(learnerPath()).mode & 0o777).toBe(0o600);
});

test.each([
  ['{', 'it is not JSON'],
  ['[]', "'v'"],
  ['{"v":2,"learner":"ada","last":null,"exercises":{}}', "'v'"],
  ['{"v":1,"learner":"ada","last":null,"exercises":{"nat-row":{"started":-1}}}', "'exercises.nat-row"],
])('a broken file is told and not overwritten (%#)', async (text, told) => {
  const path = join(folder(), 'learner.json');
  writeFileSync(path, text);
  expect(() => readLearner(path)).toThrow(told);
  await expect(keepStep({ id: 'nat-row', ...started }, path)).rejects.toMatchObject({
    code: 'ERR_FILE',
    hint: 'It is left as it is. Mend it, or move it away to begin anew.',
  });
  expect(readFileSync(path, 'utf8')).toBe(text);
});
