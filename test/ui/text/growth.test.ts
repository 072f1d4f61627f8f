import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { growingShapes } from '../../helpers/strangers/growing-texts.ts';

/** Twice the text: twice the steps, and something for what is looked up once. */
const MOST = 2.5;

interface Growth {
  readonly shape: string;
  readonly ratios: Readonly<Record<string, number>>;
}

const program = fileURLToPath(new URL('../../helpers/steps/growth-program.ts', import.meta.url));
const printed = execFileSync(process.execPath, [program], { encoding: 'utf8' });
const measured = new Map(
  printed
    .trimEnd()
    .split('\n')
    .map((line): [string, Growth['ratios']] => {
      const { shape, ratios } = JSON.parse(line) as Growth;
      return [shape, ratios];
    }),
);

test.each(growingShapes)('a text twice as long takes about twice the steps of every reader: %s', (shape) => {
  const { quadratic: _, ...ratios } = measured.get(shape)!;
  expect(Object.keys(ratios).length).toBeGreaterThan(20);
  expect(Object.entries(ratios).filter(([, ratio]) => !(ratio <= MOST))).toEqual([]);
});

test('the count tells a reader that is quadratic', () => {
  expect(measured.get('letters')?.['quadratic']).toBeGreaterThan(3);
});
