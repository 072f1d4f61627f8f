import { figureText, passes, type Figure } from './figure.ts';

/** Prints each figure with its bound. The program exits with 1 if one is missed. */
export function printFigures(figures: readonly Figure[]): void {
  for (const figure of figures) {
    const passed = passes(figure);
    process.stdout.write(`${passed ? 'pass' : 'FAIL'}  ${figure.name}: ${figureText(figure)}\n`);
    if (!passed) {
      process.exitCode = 1;
    }
  }
}
