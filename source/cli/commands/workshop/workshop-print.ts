import { existsSync } from 'node:fs';
import { usageError } from '../../../errors.ts';
import { textMeasure } from '../../../ui/text/text-layout.ts';
import { readRecording } from '../../../workshop/evidence-files.ts';
import type { Exercise } from '../../../workshop/exercise.ts';
import { recordingPath } from '../../../workshop/exercise-lab.ts';
import { loadExercises } from '../../../workshop/load-exercises.ts';
import { handoutPage, instructorPage } from '../../../workshop/print/printed-page.ts';
import { seenLadder } from '../../../workshop/print/seen-ladder.ts';
import type { Typed } from '../../options/option.ts';
import type { workshopPrintOptions } from '../../options/workshop-options.ts';
import { expectAllReleased } from '../../class/hold-for-class.ts';

/** `punchline workshop print`: a page in HTML, on stdout. */
export async function runWorkshopPrint({
  handout,
  instructor,
}: Typed<typeof workshopPrintOptions>): Promise<number> {
  if ((handout === true) === (instructor === true)) {
    throw usageError(
      'one of --handout and --instructor is needed',
      'For example: punchline workshop print --handout > handout.html',
    );
  }
  if (instructor === true) {
    expectAllReleased();
  }
  const exercises = loadExercises();
  process.stdout.write(
    handout === true ? handoutPage(exercises) : instructorPage(exercises, laddersOf(exercises)),
  );
  return 0;
}

/** What this user has seen: a rehearsal of each exercise leaves its recording. */
function laddersOf(exercises: readonly Exercise[]): ReadonlyMap<string, string> {
  return new Map(
    exercises.flatMap((exercise) => {
      const path = recordingPath(exercise);
      const ladder = existsSync(path) ? seenLadder(exercise, readRecording(path), textMeasure) : undefined;
      return ladder === undefined ? [] : [[exercise.id, ladder] as const];
    }),
  );
}
