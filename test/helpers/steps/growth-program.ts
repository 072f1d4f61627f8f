/**
 * Runs each sink on each shape of text, and on one of twice the length. Prints a
 * line of JSON for each sink, with its name and a list of findings: steps that
 * grow too much, a number of arguments that depends on the text, and slow regular
 * expressions.
 */
// This import must come first: modules that are loaded before it are not counted.
import { type Work, worksOf } from './counted-work.ts';
import process from 'node:process';
import { slowness } from './slow-expression.ts';

const { shapes, sinks } = await import('./peer-text-sinks.ts');

/** Long enough for quadratic work to outweigh linear work. */
const length = 1024;
/** The allowed growth for a text of twice the length. */
const maxGrowth = 2.5;
/**
 * As many as the pieces of a row. An argument takes a place on the stack, so
 * their number must not depend on the text.
 */
const fewArguments = 64;

/** What is wrong with this one: nothing, as a rule. */
function findingsOf(sink: (text: string) => unknown): readonly string[] {
  const wrong: string[] = [];
  const expressions = new Set<string>();
  for (const [shown, shape] of shapes) {
    const small = shape(length);
    const large = shape(2 * length);
    // After this run, everything that is made once for all texts exists.
    sink(large);
    const [one, two] = worksOf(
      () => sink(small),
      () => sink(large),
    ) as [Work, Work];
    const label = JSON.stringify(shown);
    if (two.steps > maxGrowth * one.steps) {
      wrong.push(`${label}: from ${one.steps} to ${two.steps} steps`);
    }
    if (two.mostArguments > Math.max(fewArguments, one.mostArguments)) {
      wrong.push(`${label}: ${two.mostArguments} arguments`);
    }
    for (const expression of two.expressions) {
      expressions.add(expression);
    }
  }
  return [...wrong, ...slowOnes(expressions)];
}

function slowOnes(expressions: ReadonlySet<string>): readonly string[] {
  return [...expressions].flatMap((expression) => {
    const end = expression.lastIndexOf('/');
    const reason = slowness(expression.slice(1, end), expression.slice(end + 1));
    return reason === undefined ? [] : [`${expression}: ${reason}`];
  });
}

for (const [name, sink] of sinks) {
  process.stdout.write(`${JSON.stringify({ name, findings: findingsOf(sink) })}\n`);
}
