import { expect, test } from 'vitest';
import { isBetterPath } from '../../../source/connect/punch/path.ts';
import type { Path } from '../../../source/events.ts';

const paths: readonly Path[] = ['relay', 'direct', 'lan'];

test('lan is better than direct, direct is better than relay, and none is better than itself', () => {
  const better = paths.flatMap((one) =>
    paths.filter((than) => isBetterPath(one, than)).map((than) => [one, than]),
  );
  expect(better).toEqual([
    ['direct', 'relay'],
    ['lan', 'relay'],
    ['lan', 'direct'],
  ]);
});
