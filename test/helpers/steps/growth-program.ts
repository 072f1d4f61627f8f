/**
 * Runs the sink that is named on each shape of text, and on one of twice the
 * length. Says as a list in JSON where that took too many more steps, where the
 * text decides how many arguments a function gets, and which of the regular
 * expressions that were run are slow. Run it with little stack.
 */
// This import must come first: modules that are loaded before it are not counted.
import { workOf } from './counted-work.ts';
import process from 'node:process';
import { slowness } from './slow-expression.ts';

const { shapes, sinks } = await import('./peer-text-sinks.ts');

/** Enough for a square to outweigh what takes some steps for each character. */
const length = 1024;
/** An eighth of the longest message. */
const longLength = 8192;
/** For a text of twice the length. */
const maxGrowth = 2.5;
/** As many as a few pieces of a row have: an argument takes a place on the stack, and a text must not decide how many there are. */
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
  // What is made once, for all texts, is made here; and what goes deeper with each character runs out of its stack.
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
