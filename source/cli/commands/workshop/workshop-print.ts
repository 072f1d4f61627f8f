import { usageError } from '../../../errors.ts';
import { loadExercises } from '../../../workshop/load-exercises.ts';
import { handoutPage, instructorPage } from '../../../workshop/print/printed-page.ts';
import type { Typed } from '../../options/option.ts';
import type { workshopPrintOptions } from '../../options/workshop-options.ts';

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
  const exercises = loadExercises();
  process.stdout.write(handout === true ? handoutPage(exercises) : instructorPage(exercises));
  return 0;
}
