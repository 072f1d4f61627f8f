/** What a learner of a class may see, and what the teacher sees of a learner. */
import { setTimeout as pause } from 'node:timers/promises';
import { PunchlineError, usageError } from '../../errors.ts';
import { failureLines } from '../../text/failure-lines.ts';
import type { Exercise } from '../../workshop/exercise.ts';
import { shareProgress } from '../../workshop/class/class-learners.ts';
import { noticeOf, ownClass } from '../../workshop/class/class-folder.ts';
import { keepStep } from '../../workshop/progress/learner-file.ts';
import type { LearnerStep } from '../../workshop/progress/learner-state.ts';

/** How soon a learner goes on after the release. */
const LOOK_MS = 500;

/** Keeps a step of the learner, and shows it to the teacher. A class that cannot be reached does not stop the learner. */
export async function keepAndShare(step: LearnerStep): Promise<void> {
  const state = await keepStep(step);
  try {
    await shareProgress(state);
  } catch (error) {
    if (!(error instanceof PunchlineError)) {
      throw error;
    }
    process.stderr.write(failureLines(error));
  }
}

/** Whether the teacher has frozen the exercise. It is never frozen for the teacher. Throws ERR_FILE if the class is gone. */
export function isFrozen({ id }: Exercise): boolean {
  return frozenNames().includes(id);
}

/** Throws ERR_USAGE while the teacher has frozen the exercise. */
export function expectReleased(exercise: Exercise): void {
  if (isFrozen(exercise)) {
    throw usageError(
      `your teacher has frozen exercise ${exercise.number}`,
      `Until the release it takes your prediction only: punchline workshop ${exercise.number}`,
    );
  }
}

/** Throws ERR_USAGE while the teacher has frozen any exercise: the notes for teachers tell all answers. */
export function expectAllReleased(): void {
  if (frozenNames().length > 0) {
    throw usageError(
      'your teacher has frozen exercises, and these notes tell their answers',
      'For learners: punchline workshop print --handout',
    );
  }
}

/** Resolves when the teacher has released the exercise. */
export async function untilReleased(exercise: Exercise): Promise<void> {
  while (isFrozen(exercise)) {
    await pause(LOOK_MS);
  }
}

function frozenNames(): readonly string[] {
  const own = ownClass();
  return own === undefined || own.isTeacher ? [] : noticeOf(own).frozen;
}
