/** What a teacher sees of a class: learner by exercise, or the predictions to one exercise. This file is pure. */
import { safeText } from '../../text/safe-text.ts';
import type { Exercise } from '../exercise.ts';
import { cellsOf, parsePrediction, type Question } from '../judge/prediction.ts';
import type { Prediction } from '../judge/evidence.ts';
import type { ExerciseRecord, LearnerState } from '../progress/learner-state.ts';

/** A learner as the board shows it. The name is not safe for a terminal yet. */
interface Learner {
  readonly name: string;
  readonly state: LearnerState;
}

export interface BoardOptions {
  readonly columns: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The names of the frozen exercises. */
  readonly frozen: readonly string[];
}

/** Lines of text: `head` and `foot` stay in view where `body` scrolls. */
export interface BoardText {
  readonly head: readonly string[];
  readonly body: readonly string[];
  readonly foot: readonly string[];
}

const MAX_NAME = 16;
const CELL = 3;
const TIME = 6;
const MAX_BAR = 30;
/** An endpoint with the longest IPv6 address. */
const MAX_ANSWER = 47;
const legend = '? predicted  + right  - wrong  … at work  ✓ passed';

/** Learner by exercise. On a narrow terminal each learner has the exercise that was started last. */
export function boardText(
  learners: readonly Learner[],
  exercises: readonly Exercise[],
  { columns, frozen, now }: BoardOptions,
): BoardText {
  const width = Math.min(MAX_NAME, Math.max(7, ...learners.map(({ name }) => safeText(name).length)));
  const isWide = columns >= width + exercises.length * CELL + 1 + TIME;
  const numbers = exercises
    .filter(({ id }) => frozen.includes(id))
    .map(({ number }) => number)
    .join(', ');
  return {
    head: [
      isWide
        ? `${'learner'.padEnd(width)}${exercises.map(({ number }) => String(number).padStart(CELL)).join('')} ${'time'.padStart(TIME)}`
        : `${'learner'.padEnd(width)}  passed  last  ${'time'.padStart(TIME)}`,
    ],
    body: learners.map(({ name, state }) => {
      const label = safeText(name).slice(0, width).padEnd(width);
      const time = timeOf(state, now).padStart(TIME);
      return isWide
        ? `${label}${exercises.map(({ id }) => cellOf(state.exercises[id]).padStart(CELL)).join('')} ${time}`
        : `${label}  ${passedOf(state, exercises).padStart(6)}  ${lastOf(state, exercises).padStart(4)}  ${time}`;
    }),
    foot: [
      ...(learners.length === 0 ? ['Nobody has begun yet.'] : []),
      ...(numbers === '' ? [] : [`Frozen: ${numbers}`]),
      ...(isWide || columns >= legend.length ? [legend] : legend.split(/ {2}(?=…)/)),
    ],
  };
}

/** Two characters: what came of the prediction, and of the work. */
function cellOf(record: ExerciseRecord | undefined): string {
  if (record === undefined) {
    return '·';
  }
  const last = record.predictions.at(-1);
  const prediction = last === undefined ? ' ' : markOf(last.right);
  if (record.passed !== null) {
    return `${prediction}✓`;
  }
  if (last === undefined) {
    // Only a hint was asked for, or the solution.
    return '·';
  }
  return `${prediction}${record.running === null ? ' ' : '…'}`;
}

function markOf(right: boolean | null): string {
  if (right === null) {
    return '?';
  }
  return right ? '+' : '-';
}

function passedOf({ exercises: records }: LearnerState, exercises: readonly Exercise[]): string {
  return String(exercises.filter(({ id }) => (records[id]?.passed ?? null) !== null).length);
}

function lastOf({ exercises: records, last }: LearnerState, exercises: readonly Exercise[]): string {
  const found = exercises.find(({ id }) => id === last);
  return found === undefined ? '' : `${found.number}${cellOf(records[found.id])}`;
}

/** The time that was spent on all exercises, as hours and minutes. */
function timeOf({ exercises }: LearnerState, now: number): string {
  const seconds = Object.values(exercises).reduce(
    (sum, one) => sum + one.seconds + (one.running === null ? 0 : Math.max(0, now - one.running) / 1000),
    0,
  );
  const minutes = Math.min(Math.floor(seconds / 60), 100 * 60 - 1);
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`;
}

/** How often each answer was given, and by whom none was. */
export interface Spread {
  /** One part for each thing that was asked. */
  readonly parts: readonly {
    readonly name: string;
    readonly answers: readonly {
      readonly answer: string;
      readonly count: number;
      readonly isRight: boolean;
    }[];
  }[];
  readonly predicted: number;
  readonly missing: readonly string[];
}

/** The last prediction of each learner counts. One that does not answer the question counts as none. */
export function spreadOf({ id, question, solution }: Exercise, learners: readonly Learner[]): Spread {
  const given = learners.map(({ name, state }) => ({
    name,
    prediction: lastPrediction(question, state, id),
  }));
  const predictions = given.flatMap(({ prediction }) => (prediction === undefined ? [] : [prediction]));
  const right = question.kind === 'endpoint' ? undefined : parsePrediction(question, solution.predict);
  return {
    parts: partsOf(question).map(({ name, options }) => {
      const counts = new Map(options.map((word) => [word, 0]));
      for (const prediction of predictions) {
        const answer = answerIn(prediction, name);
        counts.set(answer, (counts.get(answer) ?? 0) + 1);
      }
      return {
        name,
        answers: inOrder(question, [...counts]).map(([answer, count]) => ({
          answer,
          count,
          isRight: right !== undefined && isRight(question, answer, answerIn(right, name)),
        })),
      };
    }),
    predicted: predictions.length,
    missing: given.flatMap(({ name, prediction }) => (prediction === undefined ? [name] : [])),
  };
}

function lastPrediction(question: Question, state: LearnerState, id: string): Prediction | undefined {
  const text = state.exercises[id]?.predictions.at(-1)?.text;
  try {
    return text === undefined ? undefined : parsePrediction(question, text);
  } catch {
    // Learners can write into their file what they like.
    return undefined;
  }
}

/** A number and an endpoint have no list of answers. */
function partsOf(
  question: Question,
): readonly { readonly name: string; readonly options: readonly string[] }[] {
  switch (question.kind) {
    case 'choice':
      return [{ name: '', options: question.options.map(({ word }) => word) }];
    case 'number':
    case 'endpoint':
      return [{ name: '', options: [] }];
    case 'outcomes':
    case 'table':
      return cellsOf(question).map(({ name, options }) => ({
        name,
        options: options.map(({ word }) => word),
      }));
  }
}

function answerIn(prediction: Prediction, name: string): string {
  const answer = typeof prediction === 'object' ? prediction[name] : prediction;
  return safeText(String(answer)).slice(0, MAX_ANSWER);
}

/** Numbers by their size, endpoints by how many have given them, and words as the exercise lists them. */
function inOrder(
  { kind }: Question,
  counts: readonly (readonly [answer: string, count: number])[],
): readonly (readonly [string, number])[] {
  if (kind === 'number') {
    return counts.toSorted(([one], [other]) => Number(one) - Number(other));
  }
  return kind === 'endpoint' ? counts.toSorted(([, one], [, other]) => other - one) : counts;
}

function isRight(question: Question, answer: string, right: string): boolean {
  return question.kind === 'number'
    ? Math.abs(Number(answer) - Number(right)) <= (question.tolerance ?? 0)
    : answer === right;
}

/** The predictions to one exercise. The right one is marked only after the release: the class may be looking. */
export function spreadText(
  exercise: Exercise,
  learners: readonly Learner[],
  { columns, frozen }: BoardOptions,
): BoardText {
  const { number, question, title } = exercise;
  const { missing, parts, predicted } = spreadOf(exercise, learners);
  const isFrozen = frozen.includes(exercise.id);
  const width = Math.max(0, ...parts.flatMap(({ answers }) => answers.map(({ answer }) => answer.length)));
  const most = Math.max(1, ...parts.flatMap(({ answers }) => answers.map(({ count }) => count)));
  const room = Math.max(1, Math.min(MAX_BAR, columns - width - 18));
  return {
    head: [`Exercise ${number}: ${title}`, question.ask, ''],
    body: parts.flatMap(({ answers, name }) =>
      (name === '' ? [] : [name]).concat(
        answers.map(({ answer, count, isRight: isSo }) => {
          const bar = '█'.repeat(Math.ceil((count / most) * room));
          const mark = isSo && !isFrozen ? '  ← right' : '';
          return `  ${answer.padEnd(width)}  ${bar}${bar === '' ? '' : ' '}${count}${mark}`;
        }),
      ),
    ),
    foot: [
      '',
      `${predicted} of ${learners.length} have predicted.${missing.length === 0 ? '' : ` Not yet: ${safeText(missing.join(', '))}`}`,
      isFrozen
        ? `Nobody can see the answer yet. Release it: punchline workshop release ${number}`
        : 'Released.',
    ],
  };
}
