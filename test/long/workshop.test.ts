/** Every exercise, twice, the second time beside a load: its solution passes, and its mistake is told. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadExercises } from '../../source/workshop/load-exercises.ts';
import { busyProcesses, startLoad } from '../helpers/programs/load.ts';
import { complaints, rehearse } from '../helpers/workshop/rehearse.ts';

describe('with nothing beside it', () => {
  everyExercise();
});

describe(`beside ${busyProcesses} busy processes`, () => {
  let load: Disposable | undefined;
  beforeAll(() => {
    load = startLoad();
  });
  afterAll(() => load?.[Symbol.dispose]());
  everyExercise();
});

function everyExercise(): void {
  describe.each(loadExercises().map((exercise) => [exercise.number, exercise] as const))(
    'exercise %i',
    (_, exercise) => {
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
    },
  );
}
