import { expect, test } from 'vitest';
import { sparkline } from '../../../source/ui/text/sparkline.ts';

test.each<[string, readonly number[], number, string]>([
  ['nothing measured', [], 8, ''],
  ['a steady line', [40, 41, 40], 8, '███'],
  ['from nothing to the top', [0, 10, 20, 30, 40, 50, 60, 70], 8, '▁▂▃▄▅▆▇█'],
  ['the last ones where there is no room for all', [1000, 10, 40], 2, '▃█'],
  ['no room', [1, 2], 0, ''],
  ['all zero', [0, 0], 8, '▁▁'],
])('%s', (_, values, columns, expected) => {
  expect(sparkline(values, columns)).toBe(expected);
});
