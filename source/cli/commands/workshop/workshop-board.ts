import { formatJsonLine } from '../../../text/json-line.ts';
import { safeText } from '../../../text/safe-text.ts';
import { boardText, spreadText, type BoardText } from '../../../workshop/class/board.ts';
import { noticeOf } from '../../../workshop/class/class-folder.ts';
import { readClass } from '../../../workshop/class/class-learners.ts';
import type { Exercise } from '../../../workshop/exercise.ts';
import { exerciseNamed, loadExercises } from '../../../workshop/load-exercises.ts';
import type { ExerciseArguments } from '../../../workshop/meant-exercise.ts';
import { progressOf } from '../../../workshop/verdict-text.ts';
import { screenSettings, whyLines } from '../../../ui/settings/screen-settings.ts';
import { usageError } from '../../../errors.ts';
import type { Typed } from '../../options/option.ts';
import { readOptions } from '../../options/read-options.ts';
import { workshopBoardOptions } from '../../options/workshop-options.ts';
import { readConfig } from '../../settings/read-config.ts';
import { teachersClass } from '../../class/teachers-class.ts';

interface BoardArguments extends ExerciseArguments, Typed<typeof workshopBoardOptions> {}

/** Where the width of a terminal is not known. */
const DEFAULT_COLUMNS = 80;

/** `punchline workshop board`: how far each learner is; with an exercise, what the class has predicted. */
export async function runWorkshopBoard(args: BoardArguments): Promise<number> {
  const { json, plain } = readOptions(workshopBoardOptions, args);
  if (json === true && plain === true) {
    throw usageError('--plain and --json exclude each other', 'Leave one of them out.');
  }
  const own = teachersClass();
  const all = loadExercises();
  const one = args.exercise === undefined ? undefined : exerciseNamed(args.exercise, all);
  if (json === true) {
    tellJson(own.folder, one === undefined ? all : [one]);
    return 0;
  }
  function read(): (columns: number) => BoardText {
    const { ignored, learners } = readClass(own.folder);
    const { frozen } = noticeOf(own);
    const complaints = ignored.map(({ file, why }) => safeText(`Not read: ${file}, ${why}`));
    return (columns) => {
      const options = { columns, now: Date.now(), frozen };
      const text = one === undefined ? boardText(learners, all, options) : spreadText(one, learners, options);
      return { ...text, foot: text.foot.concat(complaints) };
    };
  }
  const config = await readConfig();
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY;
  if (plain === true || !isTerminal || whyLines({}, process.env, config, process.platform) !== undefined) {
    const { body, foot, head } = read()(process.stdout.columns ?? DEFAULT_COLUMNS);
    process.stdout.write(`${[...head, ...body, ...foot].join('\n')}\n`);
    return 0;
  }
  // A folder that cannot be read is told before there is a screen.
  read();
  const { showBoard } = await import('../../../ui/board/board-screen.tsx');
  const look = screenSettings({}, process.env, config);
  await showBoard(read, { look, altScreen: look.altScreen });
  return 0;
}

/** A line for each learner and exercise that was begun. */
function tellJson(folder: string, exercises: readonly Exercise[]): void {
  const { learners } = readClass(folder);
  for (const { name, state } of learners) {
    for (const exercise of exercises.filter(({ id }) => state.exercises[id] !== undefined)) {
      process.stdout.write(formatJsonLine({ v: 1, learner: name, ...progressOf(exercise, state) }));
    }
  }
}
