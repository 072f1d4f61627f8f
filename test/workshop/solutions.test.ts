/** The exercises of a lesson. test/long/ has all of them. */
import { describe, expect, test } from 'vitest';
import { loadExercises } from '../../source/workshop/load-exercises.ts';
import { complaints, rehearse } from '../helpers/workshop/rehearse.ts';

const core = loadExercises().filter((exercise) => exercise.core === true);

describe.each(core.map((exercise) => [exercise.number, exercise] as const))('exercise %i', (_, exercise) => {
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
