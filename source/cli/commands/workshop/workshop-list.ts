import { usageError } from '../../../errors.ts';
import { formatJsonLine } from '../../../text/json-line.ts';
import { loadExercises } from '../../../workshop/load-exercises.ts';
import { readLearner } from '../../../workshop/progress/learner-file.ts';
import { listText, progressOf } from '../../../workshop/verdict-text.ts';
import type { Typed } from '../../options/option.ts';
import type { workshopListOptions } from '../../options/workshop-options.ts';

/** `punchline workshop`: all exercises, and how far the learner is. */
export async function runWorkshopList({ json, plain }: Typed<typeof workshopListOptions>): Promise<number> {
  if (json === true && plain === true) {
    throw usageError('--plain and --json exclude each other', 'Leave one of them out.');
  }
  const exercises = loadExercises();
  const state = readLearner();
  if (json === true) {
    for (const exercise of exercises) {
      process.stdout.write(formatJsonLine({ v: 1, ...progressOf(exercise, state) }));
    }
  } else {
    process.stdout.write(listText(exercises, state));
  }
  return 0;
}
