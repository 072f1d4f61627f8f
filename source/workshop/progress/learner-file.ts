/** The file of a learner, in the folder for the state of programs. */
import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { errorCode, PunchlineError } from '../../errors.ts';
import { fileTrouble } from '../../storage/file-trouble.ts';
import { replaceFile } from '../../storage/replace-file.ts';
import { safeText } from '../../text/safe-text.ts';
import {
  newLearner,
  parseLearner,
  stepLearner,
  type LearnerState,
  type LearnerStep,
} from './learner-state.ts';
import { workshopFolder } from './workshop-folder.ts';

/** Bounds what is read. A file of all exercises with a hundred predictions each has 200 KB. */
const MAX_BYTES = 4 * 1024 * 1024;

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
  try {
    return parseLearner(text);
  } catch (cause) {
    throw broken(path, cause instanceof Error ? cause.message : String(cause), cause);
  }
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
