/**
 * Runs the named sink on each shape of text, and on one of twice the length.
 * Prints a JSON list of its findings: steps that grow too much, a number of
 * arguments that depends on the text, and slow regular expressions. Run it with
 * a small stack.
 */
// This import must come first: modules that are loaded before it are not counted.
import { workOf } from './counted-work.ts';
import process from 'node:process';
import { slowness } from './slow-expression.ts';

const { shapes, sinks } = await import('./peer-text-sinks.ts');

/** Long enough for quadratic work to outweigh linear work. */
const length = 1024;
/** An eighth of the longest message. */
const longLength = 8192;
/** The allowed growth for a text of twice the length. */
const maxGrowth = 2.5;
/**
 * As many as the pieces of a row. An argument takes a place on the stack, so
 * their number must not depend on the text.
 */
const fewArguments = 64;

const [, , name = ''] = process.argv;
const sink = sinks.get(name);
if (sink === undefined) {
  throw new Error(`there is no '${name}'`);
}
const wrong: string[] = [];
const expressions = new Set<string>();
for (const [shown, shape] of shapes) {
  const small = shape(length);
  const large = shape(2 * length);
  // After this run, everything that is made once for all texts exists. Code that recurses for each character overflows the stack
  // here.
  sink(shape(longLength));
  const one = workOf(() => sink(small));
  const two = workOf(() => sink(large));
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
for (const expression of expressions) {
  const end = expression.lastIndexOf('/');
  const reason = slowness(expression.slice(1, end), expression.slice(end + 1));
  if (reason !== undefined) {
    wrong.push(`${expression}: ${reason}`);
  }
}
process.stdout.write(JSON.stringify(wrong));
