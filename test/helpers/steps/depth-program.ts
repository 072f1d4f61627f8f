/**
 * Runs each sink on a long text of each shape. Prints a line of JSON for each
 * sink, with its name and a list of what it has thrown. Run it with a small
 * stack: code that recurses for each character overflows it. Nothing is counted
 * here, for a program that counts takes many times as long.
 */
import process from 'node:process';
import { shapes, sinks } from './peer-text-sinks.ts';

/** An eighth of the longest message. */
const longLength = 8192;

for (const [name, sink] of sinks) {
  const findings: string[] = [];
  for (const [shown, shape] of shapes) {
    try {
      sink(shape(longLength));
    } catch (error) {
      findings.push(`${JSON.stringify(shown)}: ${String(error)}`);
    }
  }
  process.stdout.write(`${JSON.stringify({ name, findings })}\n`);
}
