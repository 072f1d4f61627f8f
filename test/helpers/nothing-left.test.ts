import { expect, onTestFinished, test } from 'vitest';
import { expectNothingLeft } from './nothing-left.ts';

test.fails('a single timer that was not cleared is found', () => {
  let timer: NodeJS.Timeout | undefined;
  // The handler that is registered first runs last.
  onTestFinished(() => clearTimeout(timer));
  expectNothingLeft(50);
  timer = setTimeout(() => undefined, 60_000);
  expect(timer.hasRef()).toBe(true);
});
