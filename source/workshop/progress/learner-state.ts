/**
 * What is kept of a learner: predictions, attempts, hints, and what was passed.
 * It is one file of JSON, which a teacher's program reads, too. readme.md
 * describes it. This file is pure.
 */
import * as v from 'valibot';
import { parseJson } from '../../text/parse-json.ts';
import { quote } from '../../text/safe-text.ts';

const MAX_TEXT = 1000;
const MAX_PREDICTIONS = 100;
const MAX_EXERCISES = 200;

/** Milliseconds since the epoch. */
const time = v.pipe(v.number(), v.safeInteger(), v.minValue(0));
const count = v.pipe(v.number(), v.safeInteger(), v.minValue(0));

const predictionSchema = v.strictObject({
  at: time,
  /** As it can be typed. */
  text: v.pipe(v.string(), v.maxLength(MAX_TEXT)),
  /** What the packets said to it; null until a verdict. */
  right: v.nullable(v.boolean()),
});

const recordSchema = v.strictObject({
  /** The last one counts for the next verdict. A reset keeps the earlier ones. */
  predictions: v.pipe(v.array(predictionSchema), v.maxLength(MAX_PREDICTIONS)),
  /** When it was started for the first time. */
  started: time,
  /** When the present try was started; null after a pass, a reset or an end. */
  running: v.nullable(time),
  /** Spent so far, without the present try. */
  seconds: v.pipe(v.number(), v.minValue(0)),
  /** Verdicts that were asked for. */
  attempts: count,
  /** The hints that were shown. */
  hints: v.pipe(count, v.maxValue(3)),
  /** When the solution was shown; null if it was not. */
  solution: v.nullable(time),
  /** When it was passed for the first time; null if it was not. */
  passed: v.nullable(time),
});

const learnerSchema = v.strictObject({
  v: v.literal(1),
  /** The login of the learner. */
  learner: v.pipe(v.string(), v.maxLength(200)),
  /** The number of the exercise that was started last; null if none was. */
  last: v.nullable(v.pipe(v.string(), v.maxLength(40))),
  /** By the names of the exercises. */
  exercises: v.pipe(
    v.record(v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,30}$/)), recordSchema),
    v.check((all) => Object.keys(all).length <= MAX_EXERCISES, 'too many exercises'),
  ),
});

export type LearnerState = v.InferOutput<typeof learnerSchema>;
export type ExerciseRecord = v.InferOutput<typeof recordSchema>;

/** What happens to an exercise. `now` is in ms since the epoch. */
export type LearnerStep = { readonly id: string; readonly now: number } & (
  | { readonly kind: 'started' }
  | { readonly kind: 'predicted'; readonly text: string }
  | { readonly kind: 'released' }
  | { readonly kind: 'judged'; readonly passed: boolean; readonly right: boolean | null }
  | { readonly kind: 'hinted'; readonly hint: number }
  | { readonly kind: 'solution shown' }
  | { readonly kind: 'reset' }
  | { readonly kind: 'ended' }
);

/** Reads the file of a learner. Throws an Error with the reason. */
export function parseLearner(text: string): LearnerState {
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    throw new Error('it is not JSON', { cause });
  }
  const result = v.safeParse(learnerSchema, value);
  if (result.success) {
    return result.output;
  }
  const [issue] = result.issues;
  const place = v.getDotPath(issue);
  throw new Error(place === null ? issue.message : `${quote(place)}: ${issue.message}`);
}

export function newLearner(learner: string): LearnerState {
  return { v: 1, learner: learner.slice(0, 200), last: null, exercises: {} };
}

/** The state after a step. */
export function stepLearner(state: LearnerState, step: LearnerStep): LearnerState {
  const before = state.exercises[step.id] ?? newRecord(step.now);
  return {
    ...state,
    ...(step.kind === 'started' ? { last: step.id } : {}),
    exercises: { ...state.exercises, [step.id]: stepRecord(before, step) },
  };
}

/** The prediction for the present try; undefined if none was written down since the last reset. */
export function presentPrediction(record: ExerciseRecord | undefined): string | undefined {
  const last = record?.predictions.at(-1);
  return last === undefined || (record?.running ?? null) === null ? undefined : last.text;
}

function newRecord(now: number): ExerciseRecord {
  return {
    predictions: [],
    started: now,
    running: null,
    seconds: 0,
    attempts: 0,
    hints: 0,
    solution: null,
    passed: null,
  };
}

function stepRecord(record: ExerciseRecord, step: LearnerStep): ExerciseRecord {
  switch (step.kind) {
    case 'started':
      return record;
    case 'predicted': {
      const prediction = { at: step.now, text: step.text.slice(0, MAX_TEXT), right: null };
      return {
        ...record,
        predictions: [...record.predictions, prediction].slice(-MAX_PREDICTIONS),
        // The time counts from the prediction on: reading the goal is not working on it.
        running: record.running ?? step.now,
      };
    }
    case 'released':
      return { ...record, running: record.running === null ? null : step.now };
    case 'judged':
      return {
        ...(step.passed ? stopped(record, step.now) : record),
        attempts: record.attempts + 1,
        passed: record.passed ?? (step.passed ? step.now : null),
        predictions: record.predictions.map((one, index) =>
          index === record.predictions.length - 1 && step.right !== null
            ? { ...one, right: step.right }
            : one,
        ),
      };
    case 'hinted':
      return { ...record, hints: Math.max(record.hints, step.hint) };
    case 'solution shown':
      return { ...record, solution: record.solution ?? step.now };
    case 'reset':
      return { ...stopped(record, step.now), attempts: 0, hints: 0, passed: null };
    case 'ended':
      return stopped(record, step.now);
  }
}

function stopped(record: ExerciseRecord, now: number): ExerciseRecord {
  const seconds = record.running === null ? 0 : Math.max(0, now - record.running) / 1000;
  return { ...record, running: null, seconds: Math.round(record.seconds + seconds) };
}
