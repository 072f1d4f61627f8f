/** Two of the exercises of a lesson. test/long/ has all of them. */
import { expect, test } from 'vitest';
import { loadExercises } from '../../source/workshop/load-exercises.ts';
import { complaints, rehearse } from '../helpers/workshop/rehearse.ts';

for (const exercise of loadExercises().filter(({ number }) => number === 1 || number === 4)) {
  const { mistake, number, solution, title } = exercise;

  test(`the solution of exercise ${number}, ${title}, passes`, async (context) => {
    const verdict = await rehearse(context, exercise, 'solution');
    expect(complaints(verdict)).toEqual([]);
    expect(verdict.prediction).toMatchObject({ outcome: 'right', typed: solution.predict });
  });

  test(`exercise ${number} is not passed by one who ${mistake.about}`, async (context) => {
    const verdict = await rehearse(context, exercise, 'mistake');
    expect(verdict.passed).toBe(false);
    expect(complaints(verdict).join('\n')).toContain(mistake.told);
  });
}
