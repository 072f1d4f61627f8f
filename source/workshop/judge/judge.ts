/** Compares what had to be seen, and what was predicted, with the evidence. */
import type { Assertion, Check, Value } from './check-schema.ts';
import type { Evidence, Prediction } from './evidence.ts';
import { cellsOf, predictionText, type Question } from './prediction.ts';
import { holds, valueOf } from './value-of.ts';

/** `missing`: the evidence does not hold it yet. */
export type Outcome = 'right' | 'wrong' | 'missing';

export interface VerdictRow {
  readonly outcome: Outcome;
  /** What had to be seen, as a sentence. */
  readonly expected: string;
  readonly seen: string;
  /** What it means, where it is wrong. */
  readonly means?: string;
}

export interface Verdict {
  /** Whether everything was seen that had to be. The prediction may be wrong for all that. */
  readonly passed: boolean;
  readonly rows: readonly VerdictRow[];
  readonly prediction: {
    readonly outcome: Outcome;
    /** What was typed; undefined if nothing was. */
    readonly typed?: string;
    /** What the evidence says to the question, as far as it does. */
    readonly fact?: string;
  };
}

/** The verdict: a row for each assertion, and one for the prediction. */
export function judge(question: Question, check: Check, evidence: Evidence): Verdict {
  const rows = check.map((assertion) => rowOf(assertion, evidence));
  return {
    passed: rows.every(({ outcome }) => outcome === 'right'),
    rows,
    prediction: judgePrediction(question, evidence),
  };
}

function rowOf(assertion: Assertion, evidence: Evidence): VerdictRow {
  const { left, right, says, wrong } = assertion;
  const outcome = outcomeOf(holds(assertion, evidence));
  const [one, other] = [valueOf(left, evidence), valueOf(right, evidence)];
  const isConstant = 'number' in right || 'text' in right;
  return {
    outcome,
    expected: says,
    seen: isConstant ? valueText(one) : `${valueText(one)}; ${nameOf(right)}: ${valueText(other)}`,
    ...(outcome === 'right' || wrong === undefined ? {} : { means: wrong }),
  };
}

function outcomeOf(isTrue: boolean | undefined): Outcome {
  if (isTrue === undefined) {
    return 'missing';
  }
  return isTrue ? 'right' : 'wrong';
}

function nameOf(value: Value): string {
  return 'typed' in value ? 'you wrote' : 'the other';
}

function valueText(value: string | number | undefined): string {
  if (value === undefined) {
    return 'nothing yet';
  }
  return typeof value === 'number' ? String(Math.round(value * 100) / 100) : value;
}

function judgePrediction(question: Question, evidence: Evidence): Verdict['prediction'] {
  const { prediction } = evidence;
  const fact = factOf(question, evidence);
  const typed = prediction === undefined ? {} : { typed: predictionText(prediction) };
  if (prediction === undefined || fact === undefined) {
    return { outcome: 'missing', ...typed, ...(fact === undefined ? {} : { fact: predictionText(fact) }) };
  }
  return {
    outcome: isRight(question, prediction, fact) ? 'right' : 'wrong',
    ...typed,
    fact: predictionText(fact),
  };
}

/** What the evidence says to the question. Undefined until it says it of every cell. */
export function factOf(question: Question, evidence: Evidence): Prediction | undefined {
  if (question.kind !== 'outcomes' && question.kind !== 'table') {
    const fact = valueOf(question.fact, evidence);
    return typeof fact === 'number' ? Math.round(fact * 100) / 100 : fact;
  }
  const cells = cellsOf(question).map(({ name }) => {
    const fact = question.facts[name];
    return [name, fact === undefined ? undefined : valueOf(fact, evidence)] as const;
  });
  return cells.every(([, fact]) => fact !== undefined)
    ? Object.fromEntries(cells.map(([name, fact]) => [name, String(fact)]))
    : undefined;
}

function isRight(question: Question, prediction: Prediction, fact: Prediction): boolean {
  if (question.kind === 'number') {
    return Math.abs(Number(prediction) - Number(fact)) <= (question.tolerance ?? 0);
  }
  return typeof prediction === 'object' && typeof fact === 'object'
    ? Object.entries(fact).every(([name, value]) => prediction[name] === value)
    : prediction === fact;
}
