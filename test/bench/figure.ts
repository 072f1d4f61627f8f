/** One measured figure and its bound: a bench without a bound proves nothing. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly atMost: number;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  const value =
    sorted.length % 2 === 1 ? sorted[middle] : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2;
  if (value === undefined) throw new Error('the median of nothing');
  return value;
}
