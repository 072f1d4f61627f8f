import { median } from '../figure.ts';

/**
 * How much a series has risen over its second half, in its own unit: the median
 * slope between any two samples of that half (Theil and Sen), times its length.
 * A single outlier changes nothing. The first half does not count, because a
 * process compiles its code and fills its caches then.
 */
export function rise(samples: readonly number[]): number {
  const half = samples.slice(Math.floor(samples.length / 2));
  const slopes = half.flatMap((later, to) =>
    half.slice(0, to).map((earlier, from) => (later - earlier) / (to - from)),
  );
  return median(slopes) * (half.length - 1);
}
