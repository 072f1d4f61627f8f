/** What is said of an exercise: its question, its verdict, and how far a learner is. This file is pure. */
import { safeText } from '../text/safe-text.ts';
import type { Exercise } from './exercise.ts';
import type { Outcome, Verdict } from './judge/judge.ts';
import { cellsOf, type Question } from './judge/prediction.ts';
import type { LearnerState } from './progress/learner-state.ts';

const marks: Readonly<Record<Outcome, string>> = { right: '✓', wrong: '✗', missing: '·' };

/** The verdict as lines of text. */
export function verdictText({ number, title }: Exercise, verdict: Verdict): string {
  const { prediction, rows } = verdict;
  const lines = rows.flatMap(({ expected, means = '', outcome, seen }) =>
    [`${marks[outcome]} ${expected}`]
      .concat(outcome === 'right' ? [] : `    seen: ${seen}`)
      .concat(means === '' ? [] : `    ${means}`),
  );
  return [
    `Exercise ${number}, ${title}: ${verdict.passed ? 'passed' : 'not yet'}`,
    '',
    ...lines,
    '',
    ...predictionLines(prediction),
    '',
  ].join('\n');
}

function predictionLines({ fact, outcome, typed }: Verdict['prediction']): readonly string[] {
  if (outcome === 'missing') {
    return [`You predicted ${typed ?? 'nothing'}. The packets do not answer the question yet.`];
  }
  return outcome === 'right'
    ? [`✓ You predicted ${typed}, and so it is.`]
    : [`✗ You predicted ${typed}. The packets say ${fact}.`];
}

/** The question, with all that can be answered. */
export function questionText(question: Question): string {
  switch (question.kind) {
    case 'choice':
      return [question.ask, '', ...optionLines(question.options)].join('\n');
    case 'number':
      return `${question.ask} (${question.min} to ${question.max}${question.unit === undefined ? '' : `, ${question.unit}`})`;
    case 'endpoint':
      return `${question.ask} (ADDRESS:PORT)`;
    case 'outcomes':
      return [
        question.ask,
        '',
        ...optionLines(question.options),
        '',
        `All of: ${question.rows.join(', ')}. Type ${formOf(question)}`,
      ].join('\n');
    case 'table':
      return [
        question.ask,
        '',
        ...question.columns.flatMap(({ name, options }) => [`${name}:`, ...optionLines(options)]),
        '',
        `All of: ${question.rows.join(', ')}. Type ${formOf(question)}`,
      ].join('\n');
  }
}

/** How an answer is typed. */
export function formOf(question: Question): string {
  switch (question.kind) {
    case 'choice':
      return question.options[0]?.word ?? '';
    case 'number':
      return String(question.min);
    case 'endpoint':
      return '192.168.1.2:4000';
    case 'outcomes':
    case 'table':
      return cellsOf(question)
        .map(({ name, options }) => `${name}=${options[0]?.word}`)
        .join(',');
  }
}

function optionLines(options: Extract<Question, { kind: 'choice' }>['options']): readonly string[] {
  const width = Math.max(...options.map(({ word }) => word.length));
  return options.map(({ about = '', word }, index) =>
    `  ${index + 1}  ${word.padEnd(width)}  ${about}`.trimEnd(),
  );
}

/** How far a learner is with an exercise. */
export interface Progress {
  readonly number: number;
  readonly id: string;
  readonly title: string;
  readonly minutes: number;
  readonly core: boolean;
  readonly state: 'new' | 'started' | 'passed';
  readonly prediction: string | null;
  /** What the last verdict said of the prediction. */
  readonly right: boolean | null;
  readonly attempts: number;
  readonly hints: number;
  readonly solution: boolean;
  readonly seconds: number;
}

export function progressOf(exercise: Exercise, state: LearnerState): Progress {
  const { core, id, minutes, number, title } = exercise;
  const record = state.exercises[id];
  const last = record?.predictions.at(-1);
  return {
    number,
    id,
    title,
    minutes,
    core: core === true,
    state: progressWord(record),
    prediction: last?.text ?? null,
    right: last?.right ?? null,
    attempts: record?.attempts ?? 0,
    hints: record?.hints ?? 0,
    solution: (record?.solution ?? null) !== null,
    seconds: record?.seconds ?? 0,
  };
}

function progressWord(record: LearnerState['exercises'][string] | undefined): Progress['state'] {
  if (record === undefined) {
    return 'new';
  }
  return record.passed === null ? 'started' : 'passed';
}

/** The list of all exercises, a line for each. */
export function listText(exercises: readonly Exercise[], state: LearnerState): string {
  const all = exercises.map((exercise) => progressOf(exercise, state));
  const width = Math.max(...all.map(({ title }) => title.length));
  const lines = all.map((one) => {
    const mark = { new: ' ', started: '▸', passed: '✓' }[one.state];
    const number = String(one.number).padStart(2);
    return `${mark} ${number}  ${one.title.padEnd(width)}  ${String(one.minutes).padStart(2)} min${one.core ? ' *' : '  '}  ${factsOf(one)}`.trimEnd();
  });
  const passed = all.filter((one) => one.state === 'passed').length;
  const minutes = all.filter(({ core }) => core).reduce((sum, one) => sum + one.minutes, 0);
  const next = all.find((one) => one.state !== 'passed');
  return [
    ...lines,
    '',
    `${passed} of ${all.length} passed. Those with a * are a lesson of ${minutes} minutes.`,
    next === undefined ? 'That was all of them.' : `Go on: punchline workshop ${next.number}`,
    '',
  ].join('\n');
}

function factsOf({ attempts, hints, prediction, right, solution }: Progress): string {
  return [
    ...(prediction === null ? [] : [`predicted ${safeText(prediction)}${verdictWord(right)}`]),
    ...(attempts === 0 ? [] : [`${attempts} ${attempts === 1 ? 'verdict' : 'verdicts'}`]),
    ...(hints === 0 ? [] : [`${hints} ${hints === 1 ? 'hint' : 'hints'}`]),
    ...(solution ? ['solution seen'] : []),
  ].join(' · ');
}

function verdictWord(right: boolean | null): string {
  if (right === null) {
    return '';
  }
  return right ? ' (right)' : ' (wrong)';
}
