/** What helps with an exercise: hints, the solution, a new start, its files. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { errorCode, PunchlineError, usageError } from '../../../errors.ts';
import { fileTrouble } from '../../../storage/file-trouble.ts';
import { ownFilesIn, readOwnFile } from '../../../storage/own-files.ts';
import { labOf, type Exercise } from '../../../workshop/exercise.ts';
import { endLab } from '../../../workshop/exercise-lab.ts';
import { exerciseFolder } from '../../../workshop/load-exercises.ts';
import { readLearner } from '../../../workshop/progress/learner-file.ts';
import type { Typed } from '../../options/option.ts';
import { readOptions } from '../../options/read-options.ts';
import { workshopSolutionOptions } from '../../options/workshop-options.ts';
import { meantExercise, type ExerciseArguments } from '../../../workshop/meant-exercise.ts';
import { manualText } from '../../manual-text.ts';
import { lookOf } from '../../show-text.ts';
import { expectReleased, keepAndShare } from '../../class/hold-for-class.ts';

/** The files of the format itself. All others in the folder are for the learner. */
const ownFiles = new Set(['exercise.json', 'text.md', 'hints.md', 'answer.md', 'instructor.md']);

/** `punchline workshop hint`: the next hint, after those that were shown before. */
export async function runWorkshopHint({ exercise: word }: ExerciseArguments): Promise<number> {
  const state = readLearner();
  const exercise = meantExercise(word, state);
  expectReleased(exercise);
  const shown = state.exercises[exercise.id]?.hints ?? 0;
  const hint = Math.min(shown + 1, exercise.hints.length);
  for (const [index, text] of exercise.hints.slice(0, hint).entries()) {
    write(`Hint ${index + 1} of ${exercise.hints.length}\n`);
    writePage(text);
  }
  await keepAndShare({ kind: 'hinted', id: exercise.id, now: Date.now(), hint });
  if (hint === exercise.hints.length) {
    write(`That was the last hint. The solution: punchline workshop solution ${exercise.number}\n`);
  }
  return 0;
}

interface SolutionArguments extends ExerciseArguments, Typed<typeof workshopSolutionOptions> {}

/** `punchline workshop solution`: the commands with which the exercise is passed. It is noted that they were shown. */
export async function runWorkshopSolution(args: SolutionArguments): Promise<number> {
  const { yes } = readOptions(workshopSolutionOptions, args);
  const exercise = meantExercise(args.exercise);
  expectReleased(exercise);
  if (yes !== true) {
    await confirm(exercise);
  }
  await keepAndShare({ kind: 'solution shown', id: exercise.id, now: Date.now() });
  tellSolution(exercise);
  return 0;
}

async function confirm({ number }: Exercise): Promise<void> {
  if (!(process.stdin.isTTY && process.stdout.isTTY)) {
    throw usageError(
      'there is no terminal to ask in',
      `Show it without asking: punchline workshop solution ${number} --yes`,
    );
  }
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const closed = new AbortController();
  lines.once('close', () => closed.abort());
  const answer = await lines
    .question('Show the solution? It will be noted. [y/N] ', { signal: closed.signal })
    .catch(() => '');
  lines.close();
  if (!/^y(?:es)?$/i.test(answer.trim())) {
    throw usageError('the solution was not shown', `A hint is smaller: punchline workshop hint ${number}`);
  }
}

function tellSolution(exercise: Exercise): void {
  const { answer, hints, number, solution } = exercise;
  write(`The answer to the question is ${solution.predict}.\n\n`);
  for (const { background, host, run } of solution.steps) {
    const place = host === 'here' ? 'outside the lab' : host;
    write(`  ${place}${background === undefined ? '' : ', and leave it running'}:\n    ${run}\n`);
  }
  write(`\n$EXERCISE is a folder with what "punchline workshop files ${number}" copies, $NODE is node.\n\n`);
  writePage(hints.at(-1) ?? '');
  writePage(answer);
}

/** `punchline workshop files`: copies the programs of an exercise to where the learner is. */
export async function runWorkshopFiles({ exercise: word }: ExerciseArguments): Promise<number> {
  const exercise = meantExercise(word);
  const folder = exerciseFolder(exercise);
  const names = ownFilesIn(folder).filter((name) => !ownFiles.has(name));
  for (const name of names) {
    try {
      writeFileSync(name, readOwnFile(join(folder, name)), { flag: 'wx' });
    } catch (cause) {
      throw new PunchlineError('ERR_FILE', `${name} cannot be written here: ${fileTrouble(cause)}`, {
        hint: errorCode(cause) === 'EEXIST' ? 'Move the old one away first.' : 'Go to a folder of your own.',
        cause,
      });
    }
    write(`${name}\n`);
  }
  if (names.length === 0) {
    write(`Exercise ${exercise.number} needs no files.\n`);
  }
  return 0;
}

/** `punchline workshop reset`: forgets the attempts, and takes the lab down. The predictions are kept. */
export async function runWorkshopReset({ exercise: word }: ExerciseArguments): Promise<number> {
  const exercise = meantExercise(word);
  await endLab(exercise);
  await keepAndShare({ kind: 'reset', id: exercise.id, now: Date.now() });
  write(`Exercise ${exercise.number} begins anew: punchline workshop ${exercise.number}\n`);
  return 0;
}

/** `punchline workshop end`: takes the lab down. The progress is kept. */
export async function runWorkshopEnd({ exercise: word }: ExerciseArguments): Promise<number> {
  const state = readLearner();
  const exercise = meantExercise(word, state);
  const wasUp = await endLab(exercise);
  if (state.exercises[exercise.id] !== undefined) {
    await keepAndShare({ kind: 'ended', id: exercise.id, now: Date.now() });
  }
  write(wasUp ? `The lab "${labOf(exercise)}" is gone.\n` : `The lab "${labOf(exercise)}" was not up.\n`);
  return 0;
}

/** A page of an exercise, which is Markdown. */
function writePage(markdown: string): void {
  write(`${manualText(markdown, lookOf(process.stdout))}\n`);
}

function write(text: string): void {
  process.stdout.write(text);
}
