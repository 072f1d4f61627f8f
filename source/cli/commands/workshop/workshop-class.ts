/** A class: the teacher makes it, freezes and releases exercises; learners join it and leave it. */
import { safeText } from '../../../text/safe-text.ts';
import { freeze, joinClass, leaveClass, makeClass } from '../../../workshop/class/class-folder.ts';
import { exerciseNamed, loadExercises } from '../../../workshop/load-exercises.ts';
import { readLearner } from '../../../workshop/progress/learner-file.ts';
import { teachersClass } from '../../class/teachers-class.ts';
import { shareProgress } from '../../../workshop/class/class-learners.ts';

interface FolderArguments {
  readonly folder: string;
}

/** `punchline workshop class FOLDER`: makes a class. */
export async function runWorkshopClass({ folder }: FolderArguments): Promise<number> {
  const real = await makeClass(folder);
  write(
    `The class is in ${safeText(real)}. Each learner types once, with a login of their own:\n\n  punchline workshop join '${safeText(real)}'\n\nSee how far they are: punchline workshop board\n`,
  );
  return 0;
}

/** `punchline workshop join FOLDER`: the teacher of this class sees the progress from now on. */
export async function runWorkshopJoin({ folder }: FolderArguments): Promise<number> {
  const real = await joinClass(folder);
  await shareProgress(readLearner());
  write(
    `You are in the class in ${safeText(real)}. Its teacher sees your predictions and your progress, and nobody else does.\n`,
  );
  return 0;
}

/** `punchline workshop leave`: the teacher sees nothing any more. */
export async function runWorkshopLeave(): Promise<number> {
  const folder = leaveClass();
  write(
    folder === undefined
      ? 'You were in no class.\n'
      : `You are no longer in the class in ${safeText(folder)}.\n`,
  );
  return 0;
}

interface FreezeArguments {
  /** Numbers or names; empty for all exercises. */
  readonly exercises?: readonly string[];
}

/** `punchline workshop freeze [N…]`: learners can predict, and see nothing until the release. */
export async function runWorkshopFreeze(args: FreezeArguments): Promise<number> {
  const numbers = await change(args, true);
  write(`Frozen: ${numbers}. Learners can predict, and see no more until: punchline workshop release\n`);
  return 0;
}

/** `punchline workshop release [N…]`: learners go on. */
export async function runWorkshopRelease(args: FreezeArguments): Promise<number> {
  const numbers = await change(args, false);
  write(numbers === '' ? 'No exercise is frozen.\n' : `Still frozen: ${numbers}\n`);
  return 0;
}

/** Resolves with the numbers of all frozen exercises. */
async function change({ exercises: words = [] }: FreezeArguments, isFrozen: boolean): Promise<string> {
  const all = loadExercises();
  const meant = words.length === 0 ? all : words.map((word) => exerciseNamed(word, all));
  const { frozen } = await freeze(
    teachersClass(),
    meant.map(({ id }) => id),
    isFrozen,
  );
  return all
    .filter(({ id }) => frozen.includes(id))
    .map(({ number }) => number)
    .join(', ');
}

function write(text: string): void {
  process.stdout.write(text);
}
