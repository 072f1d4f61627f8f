/** The work on a peer's text grows at most linearly with its length. Steps are counted, and no time is measured. */
import { execFile } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { sinks } from '../../helpers/steps/peer-text-sinks.ts';

type Findings = ReadonlyMap<string, readonly string[]>;

/** In KiB: an eighth of the usual stack, for texts of an eighth of the longest message. */
const stackSize = 123;

/** What a program of its own finds, by the name of the sink. */
async function findingsOf(program: string, ...options: readonly string[]): Promise<Findings> {
  const path = fileURLToPath(new URL(`../../helpers/steps/${program}`, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [...options, path]);
  const found = stdout.trimEnd().split('\n').map(parseFindings);
  return new Map(found.map(({ name, findings }) => [name, findings]));
}

function parseFindings(line: string) {
  return JSON.parse(line) as { readonly name: string; readonly findings: readonly string[] };
}

describe.each([...sinks.keys()])('%s', (sink) => {
  test('twice the text takes at most 2.5 times the steps, and no slow expression', () => {
    expect(steps.get(sink)).toEqual([]);
  });

  test('the depth of the stack does not grow with the text', () => {
    expect(depths.get(sink)).toEqual([]);
  });
});

let steps: Findings;
let depths: Findings;

// Counting is slow if much other code is loaded, so this worker does not do it. One program counts for all sinks: half a
// second of each program is its start.
beforeAll(async () => {
  [steps, depths] = await Promise.all([
    findingsOf('growth-program.ts'),
    findingsOf('depth-program.ts', `--stack-size=${stackSize}`),
  ]);
}, 600_000);
