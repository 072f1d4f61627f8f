/** The work on a peer's text grows at most linearly with its length. Steps are counted, and no time is measured. */
import { execFile } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { sinks } from '../../helpers/steps/peer-text-sinks.ts';

const program = fileURLToPath(new URL('../../helpers/steps/growth-program.ts', import.meta.url));

/** In KiB: an eighth of the usual stack, for texts of an eighth of the longest message. */
const stackSize = 123;

// Each runs in a program of its own, because counting is slow if much other code is loaded.
test.each([...sinks.keys()])(
  'twice the text takes at most 2.5 times the steps, no deeper stack and no slow expression: %s',
  { timeout: 120_000 },
  async (sink) => {
    const args = [`--stack-size=${stackSize}`, program, sink];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(JSON.parse(stdout)).toEqual([]);
  },
);
