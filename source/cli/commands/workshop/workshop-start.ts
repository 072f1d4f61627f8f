import { createInterface } from 'node:readline/promises';
import { usageError, PunchlineError } from '../../../errors.ts';
import { requireTools } from '../../../lab/tools.ts';
import { hasTmux } from '../../../lab/tmux-session.ts';
import type { LabState } from '../../../lab/named/lab-messages.ts';
import { formatJsonLine } from '../../../text/json-line.ts';
import { failureLines } from '../../../text/failure-lines.ts';
import { labOf, type Exercise } from '../../../workshop/exercise.ts';
import { runningLab, startLab } from '../../../workshop/exercise-lab.ts';
import { parsePrediction, predictionText } from '../../../workshop/judge/prediction.ts';
import { readLearner } from '../../../workshop/progress/learner-file.ts';
import { presentPrediction } from '../../../workshop/progress/learner-state.ts';
import { showPanes } from '../../../workshop/panes.ts';
import { formOf, questionText } from '../../../workshop/verdict-text.ts';
import type { Typed } from '../../options/option.ts';
import { workshopCommands } from '../../options/command-table.ts';
import { readOptions } from '../../options/read-options.ts';
import { workshopStartOptions } from '../../options/workshop-options.ts';
import { meantExercise, nextExercise, type ExerciseArguments } from '../../../workshop/meant-exercise.ts';
import { manualText } from '../../manual-text.ts';
import { lookOf } from '../../show-text.ts';
import { isFrozen, keepAndShare, untilReleased } from '../../class/hold-for-class.ts';

/** As for a verdict that is not passed. */
const NOT_YET_EXIT = 6;
/** A learner who mistypes this often has not understood how to answer, and reads the hint. */
const MAX_ANSWERS = 5;

interface StartArguments extends ExerciseArguments, Typed<typeof workshopStartOptions> {}

/** `punchline workshop N`: asks for the prediction, builds the lab, and says what to do. */
export async function runWorkshopStart(args: StartArguments): Promise<number> {
  const { json, plain, predict } = readOptions(workshopStartOptions, args);
  const state = readLearner();
  const exercise =
    args.exercise === undefined || args.exercise === 'next'
      ? nextExercise(state)
      : // `workshop chekc` is not an exercise, but a command that is mistyped.
        meantExercise(args.exercise, state, Object.keys(workshopCommands));
  if (json !== true) {
    write(
      `Exercise ${exercise.number}: ${exercise.title} (${exercise.minutes} minutes)\n\n${exercise.goal}\n\n`,
    );
  }
  const prediction = await predicted(exercise, {
    typed: predict,
    kept: presentPrediction(state.exercises[exercise.id]),
    isJson: json === true,
  });
  await keepAndShare({ kind: 'started', id: exercise.id, now: Date.now() });
  if (prediction.isNew) {
    await keepAndShare({ kind: 'predicted', id: exercise.id, now: Date.now(), text: prediction.text });
  }
  if (isFrozen(exercise) && !(await released(exercise, prediction.text, json === true))) {
    return NOT_YET_EXIT;
  }
  // Without these, nothing else here helps.
  requireTools(['ip', 'nft', 'unshare', 'nsenter']);
  const lab = (await runningLab(exercise)) ?? (await startLab(exercise));
  if (json === true) {
    write(formatJsonLine(startedLine(exercise, prediction.text, lab)));
  } else if (plain !== true && process.stdin.isTTY && process.stdout.isTTY && hasTmux()) {
    await showPanes(exercise);
    tellHowItGoesOn(exercise);
  } else {
    tellWhatToDo(exercise, prediction.text);
    tellHowItGoesOn(exercise);
  }
  return 0;
}

/** Waits on a terminal until the teacher releases the exercise. A script is told, and starts it again later. */
async function released(exercise: Exercise, prediction: string, isJson: boolean): Promise<boolean> {
  const { id, number } = exercise;
  if (isJson) {
    write(formatJsonLine({ v: 1, event: 'frozen', number, id, prediction }));
    return false;
  }
  write(`Your prediction is kept: ${prediction}\nYour teacher has frozen exercise ${number}. `);
  if (!(process.stdin.isTTY && process.stdout.isTTY)) {
    write(`After the release, go on: punchline workshop ${number}\n`);
    return false;
  }
  write('It goes on with the release. Ctrl-C: do not wait.\n');
  await untilReleased(exercise);
  // The wait for the others is not time that was spent on it.
  await keepAndShare({ kind: 'released', id, now: Date.now() });
  return true;
}

/** What the learner expects to see. It is asked for before anything can be seen. */
async function predicted(
  exercise: Exercise,
  { isJson, kept, typed }: { typed: string | undefined; kept: string | undefined; isJson: boolean },
): Promise<{ readonly text: string; readonly isNew: boolean }> {
  const { question } = exercise;
  if (kept !== undefined) {
    if (typed !== undefined && predictionText(parsePrediction(question, typed)) !== kept) {
      throw usageError(
        `the prediction is written down already: ${kept}`,
        `See what comes of it, or begin anew: punchline workshop reset ${exercise.number}`,
      );
    }
    return { text: kept, isNew: false };
  }
  if (typed !== undefined) {
    return { text: predictionText(parsePrediction(question, typed)), isNew: true };
  }
  if (!isJson) {
    write(`Before you see it, write down what you expect.\n\n${questionText(question)}\n\n`);
  }
  if (isJson || !(process.stdin.isTTY && process.stdout.isTTY)) {
    throw usageError(
      `exercise ${exercise.number} needs your prediction first`,
      `punchline workshop ${exercise.number} --predict ${formOf(question)}`,
    );
  }
  return { text: await ask(exercise), isNew: true };
}

async function ask({ number, question }: Exercise): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const closed = new AbortController();
  lines.once('close', () => closed.abort());
  try {
    for (let answers = 0; answers < MAX_ANSWERS; answers += 1) {
      const typed = await lines.question('Your prediction: ', { signal: closed.signal });
      try {
        return predictionText(parsePrediction(question, typed));
      } catch (error) {
        if (!(error instanceof PunchlineError)) {
          throw error;
        }
        write(failureLines({ code: error.code, message: error.message, hint: error.hint }));
      }
    }
  } catch (error) {
    if (!closed.signal.aborted) {
      throw error;
    }
  } finally {
    lines.close();
  }
  throw usageError('nothing was predicted', `punchline workshop ${number} --predict ${formOf(question)}`);
}

function tellWhatToDo(exercise: Exercise, prediction: string): void {
  const { panes, text } = exercise;
  const lab = labOf(exercise);
  write(
    `Your prediction is kept: ${prediction}\n\nThe lab "${lab}" is up. Open a terminal for each of these:\n\n`,
  );
  for (const { about, host, run } of panes) {
    write(`  punchline lab enter ${lab} ${host}${run === undefined ? '' : ` -- ${run}`}\n      ${about}\n`);
  }
  write(`  punchline lab watch ${lab}\n      the packets, as they go\n\n`);
  writePage(text);
}

function tellHowItGoesOn({ number }: Exercise): void {
  write(
    `Then: punchline workshop verdict ${number}. Stuck? punchline workshop hint ${number}. Done? punchline workshop end ${number}.\n`,
  );
}

function startedLine(exercise: Exercise, prediction: string, { hosts, name, routers }: LabState) {
  const { goal, id, minutes, number, panes, question, text, title } = exercise;
  const places = [...hosts, ...routers];
  return {
    v: 1,
    event: 'exercise',
    number,
    id,
    title,
    goal,
    minutes,
    question: question.ask,
    prediction,
    lab: name,
    panes: panes.map(({ about, host, run }) => ({
      host,
      about,
      run: run ?? null,
      enter: places.find((place) => place.name === host)?.enter ?? [],
    })),
    text,
  };
}

/** A page of an exercise, which is Markdown. */
function writePage(markdown: string): void {
  write(`${manualText(markdown, lookOf(process.stdout))}\n`);
}

function write(text: string): void {
  process.stdout.write(text);
}
