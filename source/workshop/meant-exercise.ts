/** Which exercise a command is about. */
import { usageError } from '../errors.ts';
import type { Exercise } from './exercise.ts';
import { exerciseNamed, loadExercises } from './load-exercises.ts';
import { readLearner } from './progress/learner-file.ts';
import type { LearnerState } from './progress/learner-state.ts';

/** Behind a command, a word names an exercise. Without one, it is the one that was started last. */
export interface ExerciseArguments {
  readonly exercise?: string | undefined;
}

/** The exercise that is meant. Throws ERR_USAGE if there is none; `others` are other words that could have been meant. */
export function meantExercise(
  word: string | undefined,
  state: LearnerState = readLearner(),
  others: readonly string[] = [],
): Exercise {
  const exercises = loadExercises();
  if (word !== undefined) {
    return exerciseNamed(word, exercises, others);
  }
  const last = exercises.find(({ id }) => id === state.last);
  if (last === undefined) {
    throw usageError('no exercise was started yet', 'Start one: punchline workshop 1');
  }
  return last;
}

/** The first exercise that is not passed; the first of all if all are. */
export function nextExercise(state: LearnerState): Exercise {
  const exercises = loadExercises();
  const next = exercises.find(({ id }) => (state.exercises[id]?.passed ?? null) === null) ?? exercises[0];
  if (next === undefined) {
    throw usageError('there are no exercises');
  }
  return next;
}
