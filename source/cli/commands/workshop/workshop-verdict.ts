import { usageError } from '../../../errors.ts';
import { formatJsonLine } from '../../../text/json-line.ts';
import { quote } from '../../../text/safe-text.ts';
import { readChat } from '../../../workshop/evidence-files.ts';
import type { Exercise } from '../../../workshop/exercise.ts';
import { recordingPath } from '../../../workshop/exercise-lab.ts';
import type { ChatEvent } from '../../../workshop/judge/evidence.ts';
import { parsePrediction } from '../../../workshop/judge/prediction.ts';
import { readLearner } from '../../../workshop/progress/learner-file.ts';
import { verdictOf } from '../../../workshop/verdict-of.ts';
import { verdictText } from '../../../workshop/verdict-text.ts';
import type { Typed } from '../../options/option.ts';
import { readOptions } from '../../options/read-options.ts';
import { workshopVerdictOptions } from '../../options/workshop-options.ts';
import { meantExercise, type ExerciseArguments } from '../../../workshop/meant-exercise.ts';
import { manualText } from '../../manual-text.ts';
import { lookOf } from '../../show-text.ts';
import { expectReleased, keepAndShare } from '../../class/hold-for-class.ts';

/** The exit code of a verdict that is not passed, as that of a matrix that went otherwise than expected. */
const NOT_YET_EXIT = 6;

interface VerdictArguments extends ExerciseArguments, Typed<typeof workshopVerdictOptions> {}

/** `punchline workshop verdict`: compares what was seen with what had to be, and with the prediction. */
export async function runWorkshopVerdict(args: VerdictArguments): Promise<number> {
  const { chat, json } = readOptions(workshopVerdictOptions, args);
  const state = readLearner();
  const exercise = meantExercise(args.exercise, state);
  expectReleased(exercise);
  const typed = state.exercises[exercise.id]?.predictions.at(-1)?.text;
  if (typed === undefined) {
    throw usageError(
      `exercise ${exercise.number} was not started yet`,
      `It begins with your prediction: punchline workshop ${exercise.number}`,
    );
  }
  const verdict = await verdictOf(exercise, {
    prediction: parsePrediction(exercise.question, typed),
    chats: Object.fromEntries(chat.map(chatIn)),
  });
  const { outcome } = verdict.prediction;
  await keepAndShare({
    kind: 'judged',
    id: exercise.id,
    now: Date.now(),
    passed: verdict.passed,
    right: outcome === 'missing' ? null : outcome === 'right',
  });
  if (json === true) {
    const { id, number } = exercise;
    write(formatJsonLine({ v: 1, event: 'verdict', number, id, ...verdict }));
  } else {
    write(verdictText(exercise, verdict));
    if (verdict.passed) {
      tellWhy(exercise);
    }
  }
  return verdict.passed ? 0 : NOT_YET_EXIT;
}

/** Reads `HOST=FILE`. */
function chatIn(text: string): readonly [string, readonly ChatEvent[]] {
  const [, host, path] = /^([a-z][a-z0-9-]*)=(.+)$/s.exec(text) ?? [];
  if (host === undefined || path === undefined) {
    throw usageError(`${quote(text)} is not HOST=FILE`, 'For example: --chat bob=bob.jsonl');
  }
  return [host, readChat(path)];
}

function tellWhy(exercise: Exercise): void {
  const { answer, number, references } = exercise;
  write('\n');
  writePage(answer);
  write('Read on:\n');
  for (const { link, name } of references) {
    write(`  ${name}${link === undefined ? '' : ` <${link}>`}\n`);
  }
  write(
    `\nSee the packets again: punchline lab replay ${recordingPath(exercise)}\nEnd its lab: punchline workshop end ${number}. The next one: punchline workshop next.\n`,
  );
}

/** A page of an exercise, which is Markdown. */
function writePage(markdown: string): void {
  write(`${manualText(markdown, lookOf(process.stdout))}\n`);
}

function write(text: string): void {
  process.stdout.write(text);
}
