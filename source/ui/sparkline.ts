const bars = '▁▂▃▄▅▆▇█';

/**
 * Values as bars of one column each, the last `columns` of them. From 0 to the
 * largest, so that a steady line looks steady: a scale from the smallest would
 * make mountains of 40 and 41 ms.
 */
export function sparkline(values: readonly number[], columns: number): string {
  const shown = columns < 1 ? [] : values.slice(-columns);
  const top = Math.max(...shown, Number.MIN_VALUE);
  return shown
    .map((value) => bars[Math.min(bars.length - 1, Math.floor((Math.max(0, value) / top) * bars.length))])
    .join('');
}
