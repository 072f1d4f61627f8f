const bars = '▁▂▃▄▅▆▇█';

/**
 * The last `columns` values as bars of one column each. The scale begins at 0,
 * so that a steady line looks steady: a scale from the smallest value would
 * make 40 and 41 ms look like mountains.
 */
export function sparkline(values: readonly number[], columns: number): string {
  const shown = columns < 1 ? [] : values.slice(-columns);
  const top = Math.max(...shown, Number.MIN_VALUE);
  return shown
    .map((value) => bars[Math.min(bars.length - 1, Math.floor((Math.max(0, value) / top) * bars.length))])
    .join('');
}
