/** The file of a learner, in the folder for the state of programs. */
import { mkdirSync, readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import * as v from 'valibot';
import { errorCode, PunchlineError } from '../../errors.ts';
import { fileTrouble } from '../../storage/file-trouble.ts';
import { xdgFolder } from '../../storage/home-folder.ts';
import { ownFolder } from '../../storage/own-folder.ts';
import { replaceFile } from '../../storage/replace-file.ts';
import { parseJson } from '../../text/parse-json.ts';
import { quote, safeText } from '../../text/safe-text.ts';
import {
  learnerSchema,
  newLearner,
  stepLearner,
  type LearnerState,
  type LearnerStep,
} from './learner-state.ts';

/** Bounds what is read. A file of all exercises with a hundred predictions each has 200 KB. */
const MAX_BYTES = 4 * 1024 * 1024;

/** The folder of the workshop's files. Throws ERR_FILE if there is no safe place for it. */
export function workshopFolder(): string {
  const state = xdgFolder('XDG_STATE_HOME', '.local/state');
  try {
    if (state === undefined) {
      throw new Error('this user has no home folder');
    }
    makeAbove(state);
    return ownFolder(join(ownFolder(join(state, 'punchline')), 'workshop'));
  } catch (cause) {
    throw new PunchlineError(
      'ERR_FILE',
      `there is no safe place for the progress: ${cause instanceof Error ? cause.message : String(cause)}`,
      { hint: 'Set XDG_STATE_HOME to a folder of your own.', cause },
    );
  }
}

/** A new user has no `~/.local` yet, and ownFolder makes no more than two levels. It tells of any other trouble. */
function makeAbove(state: string): void {
  try {
    mkdirSync(dirname(state), { mode: 0o700 });
  } catch {
    // It is there already, or it cannot be made.
  }
}

/** The path of the file in which the progress is. */
export function learnerPath(): string {
  return join(workshopFolder(), 'learner.json');
}

/** Reads the progress. A missing file is that of a new learner. Throws ERR_FILE if it cannot be understood. */
export function readLearner(path = learnerPath()): LearnerState {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (errorCode(cause) === 'ENOENT') {
      return newLearner(login());
    }
    throw broken(path, fileTrouble(cause), cause);
  }
  if (text.length > MAX_BYTES) {
    throw broken(path, `it has more than ${MAX_BYTES} bytes`);
  }
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (cause) {
    throw broken(path, 'it is not JSON', cause);
  }
  const result = v.safeParse(learnerSchema, value);
  if (result.success) {
    return result.output;
  }
  const [issue] = result.issues;
  const place = v.getDotPath(issue);
  throw broken(path, place === null ? issue.message : `${quote(place)}: ${issue.message}`, result.issues);
}

/** Takes a step, and keeps the new state. */
export async function keepStep(step: LearnerStep, path = learnerPath()): Promise<LearnerState> {
  const state = stepLearner(readLearner(path), step);
  try {
    await replaceFile(path, `${JSON.stringify(state, null, 2)}\n`, 0o600);
  } catch (cause) {
    throw new PunchlineError('ERR_FILE', `the progress cannot be kept: ${fileTrouble(cause)}`, { cause });
  }
  return state;
}

function login(): string {
  try {
    return userInfo().username;
  } catch {
    // The user's number is not in the list of users.
    return String(process.geteuid?.() ?? '');
  }
}

function broken(path: string, why: string, cause?: unknown): PunchlineError {
  return new PunchlineError('ERR_FILE', `the progress in ${safeText(path)} cannot be used: ${why}`, {
    hint: 'It is left as it is. Mend it, or move it away to begin anew.',
    cause,
  });
}
