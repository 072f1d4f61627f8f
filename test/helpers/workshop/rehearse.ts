/** Lets the program go through an exercise, with labs and files of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, type TestContext } from 'vitest';
import { isInstalled, toolPath } from '../../../source/lab/tools.ts';
import type { Exercise } from '../../../source/workshop/exercise.ts';
import type { Verdict } from '../../../source/workshop/judge/judge.ts';
import { startPunchline } from '../programs/punchline.ts';
import { runHere } from '../programs/run-here.ts';
import { skipWithout } from '../skip-without.ts';

/** The verdict on the solution, or on the mistake. Skips the test where no lab can be made. */
async function rehearse(
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
function complaints({ rows }: Verdict): readonly string[] {
  return rows.flatMap(({ expected, means = '', outcome, seen }) =>
    outcome === 'right' ? [] : [`${outcome}: ${expected} (${seen}) ${means}`],
  );
}

/** The tests of each exercise: its solution passes, and its mistake is told. */
export function expectVerdicts(exercises: readonly Exercise[]): void {
  const numbered = exercises.map((exercise) => [exercise.number, exercise] as const);
  describe.each(numbered)('exercise %i', (_, exercise) => {
    const { mistake, solution, title } = exercise;

    test(`${title}: the solution passes`, async (context) => {
      const verdict = await rehearse(context, exercise, 'solution');
      expect(complaints(verdict)).toEqual([]);
      expect(verdict.prediction).toMatchObject({ outcome: 'right', typed: solution.predict });
    });

    test(`it is not passed by one who ${mistake.about}`, async (context) => {
      const verdict = await rehearse(context, exercise, 'mistake');
      expect(verdict.passed).toBe(false);
      expect(complaints(verdict).join('\n')).toContain(mistake.told);
    });
  });
}
