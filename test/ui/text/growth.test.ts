/** Whatever a peer sends, what is done with it grows with its length and no faster. Steps are counted: no time is taken. */
import { execFile } from 'node:child_process';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { sinks } from '../../helpers/steps/peer-text-sinks.ts';

const program = fileURLToPath(new URL('../../helpers/steps/growth-program.ts', import.meta.url));

/** In KiB, an eighth of what a program has, for texts of an eighth of the longest message. */
const stackSize = 123;

// Each is run by a program of its own: counting takes long where much else is loaded.
test.each([...sinks.keys()])(
  'twice the text takes at most 2.5 times the steps, no deeper stack and no slow expression: %s',
  { timeout: 120_000 },
  async (sink) => {
    const args = [`--stack-size=${stackSize}`, program, sink];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(JSON.parse(stdout)).toEqual([]);
  },
);
