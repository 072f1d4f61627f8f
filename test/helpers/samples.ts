import process from 'node:process';

/** The quick tier looks at one input of five. It is run after each change, and `npm test` looks at all. */
const share = process.env['PUNCHLINE_QUICK_TESTS'] === undefined ? 1 : 0.2;

/** How many random inputs a property is tried with, or how often a test does the same again. */
export function samples(count: number): number {
  return Math.max(1, Math.ceil(count * share));
}
