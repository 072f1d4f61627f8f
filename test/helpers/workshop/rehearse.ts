/** Lets the program go through an exercise, with labs and files of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, type TestContext } from 'vitest';
import { isInstalled, toolPath } from '../../../source/lab/tools.ts';
import type { Exercise } from '../../../source/workshop/exercise.ts';
import type { Verdict } from '../../../source/workshop/judge/judge.ts';
import { startPunchline } from '../programs/punchline.ts';
import { runHere } from '../programs/run-here.ts';
import { skipWithout } from '../skip-without.ts';

/** The verdict on the solution, or on the mistake. Skips the test where no lab can be made. */
export async function rehearse(
  context: TestContext,
  exercise: Exercise,
  kind: 'solution' | 'mistake',
): Promise<Verdict> {
  const { number } = exercise;
  if (exercise[kind].steps.some(({ run }) => run.startsWith('cc ')) && !isInstalled('cc', toolPath)) {
    return skipWithout(context, 'a C compiler is not installed: gcc');
  }
  const home = mkdtempSync(join(tmpdir(), 'punchline-learner-'));
  const env = { XDG_STATE_HOME: home, XDG_RUNTIME_DIR: home };
  context.onTestFinished(async () => {
    await runHere(['lab', 'down', '--all'], env);
    rmSync(home, { recursive: true, force: true });
  });
  const words = [
    'workshop',
    'rehearse',
    String(number),
    '--json',
    ...(kind === 'mistake' ? ['--mistake'] : []),
  ];
  const { code, stderr, stdout } = await startPunchline(words, { env, input: '' }).ended();
  if (code === 8) {
    return skipWithout(context, stderr);
  }
  expect({ code, stderr: stdout === '' ? stderr : '' }).toEqual({
    code: kind === 'solution' ? 0 : 6,
    stderr: '',
  });
  return JSON.parse(stdout) as Verdict;
}

/** What was wrong, or still missing, in words. */
export function complaints({ rows }: Verdict): readonly string[] {
  return rows.flatMap(({ expected, means = '', outcome, seen }) =>
    outcome === 'right' ? [] : [`${outcome}: ${expected} (${seen}) ${means}`],
  );
}
