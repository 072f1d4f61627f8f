/** The files of a class: each learner writes one, and the teacher reads them all. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PunchlineError } from '../../errors.ts';
import { fileTrouble } from '../../storage/file-trouble.ts';
import { readBoundedFile } from '../../storage/read-bounded-file.ts';
import { replaceFile } from '../../storage/replace-file.ts';
import { safeText } from '../../text/safe-text.ts';
import { parseLearner, type LearnerState } from '../progress/learner-state.ts';
import { ownClass, sharedPath } from './class-folder.ts';
import { userNames } from './user-names.ts';

/** Bounds what one learner can make the teacher read. Fifteen exercises with ten predictions each have 20 KB. */
const MAX_FILE_BYTES = 512 * 1024;
/** Bounds a class. */
const MAX_LEARNERS = 500;
/** The learner may write, and the group of the folder, which is the teacher's, may read. */
const SHARED_MODE = 0o640;

const filePattern = /^(\d{1,10})\.json$/;

export interface ClassLearner {
  /** The name of the login, or the number of a user whom the machine does not know. */
  readonly name: string;
  readonly state: LearnerState;
}

export interface ClassProgress {
  /** By their names. */
  readonly learners: readonly ClassLearner[];
  /** Files that cannot be used, and why. */
  readonly ignored: readonly { readonly file: string; readonly why: string }[];
}

/** Shows the progress to the teacher of the class that this user has joined, if any. Rejects with ERR_FILE. */
export async function shareProgress(state: LearnerState): Promise<void> {
  const own = ownClass();
  if (own === undefined || own.isTeacher) {
    return;
  }
  try {
    await replaceFile(sharedPath(own.folder), `${JSON.stringify(state)}\n`, SHARED_MODE);
  } catch (cause) {
    throw new PunchlineError(
      'ERR_FILE',
      `the class in ${safeText(own.folder)} does not see this: ${fileTrouble(cause)}`,
      {
        hint: 'Your own progress is kept. If the class is over, leave it: punchline workshop leave',
        cause,
      },
    );
  }
}

/** Reads what the learners have shared. Throws ERR_FILE if the folder cannot be read. */
export function readClass(folder: string): ClassProgress {
  let files: readonly string[];
  try {
    files = readdirSync(folder).filter((name) => filePattern.test(name));
  } catch (cause) {
    throw new PunchlineError(
      'ERR_FILE',
      `the class in ${safeText(folder)} cannot be read: ${fileTrouble(cause)}`,
      { cause },
    );
  }
  const ignored: { file: string; why: string }[] = [];
  const read = files.slice(0, MAX_LEARNERS).flatMap((file) => {
    try {
      return [readShared(folder, file)];
    } catch (error) {
      ignored.push({ file, why: fileTrouble(error) });
      return [];
    }
  });
  const names = userNames(read.map(({ id }) => id));
  const learners = read
    .map(({ id, state }) => ({ name: names.get(id) ?? String(id), state }))
    .toSorted((one, other) => one.name.localeCompare(other.name));
  return { learners, ignored };
}

/** Another learner could have put a file there under this name: only its owner counts. */
function readShared(folder: string, file: string): { readonly id: number; readonly state: LearnerState } {
  const id = Number(filePattern.exec(file)?.[1]);
  const { stats, text } = readBoundedFile(join(folder, file), MAX_FILE_BYTES, { followsLink: false });
  if (stats.uid !== id) {
    throw new Error(`user ${stats.uid} has written it`);
  }
  return { id, state: parseLearner(text) };
}
