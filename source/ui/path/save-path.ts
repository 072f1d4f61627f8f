import { dirname, resolve } from 'node:path';
import { fileTrouble } from '../../storage/file-trouble.ts';
import { errorCode } from '../../errors.ts';
import { ladderSvg } from '../../ladder/ladder-svg.ts';
import { expandHome } from '../../storage/home-folder.ts';
import { writeNewFile } from '../../storage/write-new-file.ts';
import { readPath } from '../commands/path-text.ts';
import type { ChatState } from '../conversation/chat-state.ts';
import { textMeasure } from '../text/text-layout.ts';
import { pathLadder } from './path-ladder.ts';
import { titleText } from './path-lines.ts';

/**
 * Draws the ladder of `/path` into a new file that only the user can read.
 * Resolves with a sentence: a notice, or what is wrong with the file.
 */
export async function savePath(
  chat: ChatState,
  typed: string,
): Promise<{ readonly notice: string } | { readonly wrong: string }> {
  const file = resolve(expandHome(readPath(typed)));
  try {
    await writeNewFile(file, ladderSvg(pathLadder(chat), titleText(chat), textMeasure));
    return { notice: `The ladder is in ${file} now.` };
  } catch (error) {
    return { wrong: `${file} ${reasonOf(error, file)}` };
  }
}

function reasonOf(error: unknown, file: string): string {
  switch (errorCode(error)) {
    case 'EEXIST': {
      return 'exists already, and is not overwritten. Choose another name, or delete it first.';
    }
    case 'ENOENT': {
      return `cannot be written: there is no folder ${dirname(file)}. Make it first, or choose another one.`;
    }
    case 'ENOTDIR': {
      return `cannot be written: ${dirname(file)} is not a folder. Choose another place.`;
    }
    default: {
      return `cannot be written: ${fileTrouble(error)}. Choose another place.`;
    }
  }
}
