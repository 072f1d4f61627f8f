import { usageError } from '../../../errors.ts';
import { formatJsonLine } from '../../../text/json-line.ts';
import { chatEventsIn } from '../../../workshop/evidence-files.ts';
import { labOf } from '../../../workshop/exercise.ts';
import { endLab, runningLab, startLab } from '../../../workshop/exercise-lab.ts';
import { parsePrediction } from '../../../workshop/judge/prediction.ts';
import { exerciseFolder, exerciseNamed, loadExercises } from '../../../workshop/load-exercises.ts';
import { runSteps } from '../../../workshop/run-steps.ts';
import { verdictOf } from '../../../workshop/verdict-of.ts';
import { verdictText } from '../../../workshop/verdict-text.ts';
import { requireTools } from '../../../lab/tools.ts';
import type { Typed } from '../../options/option.ts';
import { readOptions } from '../../options/read-options.ts';
import { workshopRehearseOptions } from '../../options/workshop-options.ts';
import { expectReleased } from '../../class/hold-for-class.ts';

/** The exit code of a verdict that is not passed, as that of a matrix that went otherwise than expected. */
const NOT_YET_EXIT = 6;

interface RehearseArguments extends Typed<typeof workshopRehearseOptions> {
  readonly exercise: string;
}

/**
 * `punchline workshop rehearse`: goes through an exercise by itself, in its own
 * lab, by its solution or by a typical mistake. The progress of the user stays.
 */
export async function runWorkshopRehearse(args: RehearseArguments): Promise<number> {
  const { json, mistake } = readOptions(workshopRehearseOptions, args);
  const exercise = exerciseNamed(args.exercise, loadExercises());
  expectReleased(exercise);
  requireTools(['ip', 'nft', 'unshare', 'nsenter']);
  if ((await runningLab(exercise)) !== undefined) {
    throw usageError(
      `the lab "${labOf(exercise)}" is up already`,
      `End it first: punchline workshop end ${exercise.number}`,
    );
  }
  const { predict, steps } = mistake === true ? exercise.mistake : exercise.solution;
  const lab = await startLab(exercise);
  try {
    const told = await runSteps(exercise, steps, {
      folder: exerciseFolder(exercise),
      lab,
      tell: ({ host, run }) => process.stderr.write(`${host}: ${run}\n`),
    });
    const verdict = await verdictOf(exercise, {
      prediction: parsePrediction(exercise.question, predict),
      chats: Object.fromEntries(Object.entries(told).map(([host, text]) => [host, chatEventsIn(text)])),
    });
    const { id, number } = exercise;
    process.stdout.write(
      json === true
        ? formatJsonLine({ v: 1, event: 'verdict', number, id, ...verdict })
        : verdictText(exercise, verdict),
    );
    return verdict.passed ? 0 : NOT_YET_EXIT;
  } finally {
    await endLab(exercise);
  }
}
