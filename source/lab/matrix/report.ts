/** The results of a matrix: a table for a person, and objects for JSON. */
import { isExpected, type PairResult, type Run } from './matrix.ts';

/** The figures of all runs of a pair. */
export interface PairFigures {
  readonly connected: number;
  readonly of: number;
  /** Of the runs that connected; null if none did. */
  readonly medianMs: number | null;
  readonly worstMs: number | null;
  /** Each path that was seen. */
  readonly paths: readonly string[];
  /** The highest round that was needed or tried. */
  readonly rounds: number;
}

function figuresOf(runs: readonly Run[]): PairFigures {
  const connected = runs.filter((run) => run.connected);
  const times = connected
    .flatMap(({ ms }) => (ms === null ? [] : [ms]))
    .toSorted((one, other) => one - other);
  return {
    connected: connected.length,
    of: runs.length,
    medianMs: median(times),
    worstMs: times.at(-1) ?? null,
    paths: [...new Set(connected.flatMap(({ path }) => (path === null ? [] : [path])))],
    rounds: Math.max(0, ...runs.map(({ round }) => round)),
  };
}

/** A pair as an object of `lab matrix --json`. */
export function pairJson({ a, asExpected, b, possible, runs }: PairResult): object {
  return { v: 1, event: 'pair', a: a.words, b: b.words, possible, asExpected, ...figuresOf(runs), runs };
}

/** The last object of `lab matrix --json`. */
export function matrixJson(results: readonly PairResult[]): object {
  return {
    v: 1,
    event: 'matrix',
    pairs: results.length,
    asExpected: results.filter(({ asExpected }) => asExpected).length,
  };
}

/** The table for a person, and below it the unexpected results with their reasons. */
export function matrixTable(results: readonly PairResult[]): string {
  const rows = results.map(({ a, asExpected, b, possible, runs }) => {
    const { connected, medianMs, of, paths, rounds, worstMs } = figuresOf(runs);
    return [
      a.words,
      b.words,
      possible ? 'yes' : 'no',
      `${connected}/${of}`,
      paths.join(', '),
      milliseconds(medianMs),
      milliseconds(worstMs),
      String(rounds),
      asExpected ? '' : '!',
    ];
  });
  const head = ['one side', 'other side', 'possible', 'connected', 'path', 'median', 'worst', 'rounds', ''];
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const lines = [head, ...rows].map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
  const failures = results.filter(({ asExpected }) => !asExpected);
  return [
    ...lines,
    '',
    `${results.length - failures.length} of ${results.length} pairs as expected.`,
    ...failures.flatMap(explain),
    '',
  ].join('\n');
}

function explain({ a, b, possible, runs }: PairResult): string[] {
  const run = runs.find((one) => !isExpected(possible, one));
  if (run === undefined) {
    return [];
  }
  return [
    `! ${a.words}:${b.words}: exits ${run.exits.map((exit) => exit ?? 'none').join(', ')}; ${run.reason ?? 'connected'}`,
  ];
}

function milliseconds(value: number | null): string {
  return value === null ? '' : `${Math.round(value)} ms`;
}

function median(sorted: readonly number[]): number | null {
  const upper = sorted[Math.floor(sorted.length / 2)];
  const lower = sorted[Math.floor((sorted.length - 1) / 2)];
  return upper === undefined || lower === undefined ? null : (upper + lower) / 2;
}
