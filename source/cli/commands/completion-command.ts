import { usageError } from '../../errors.ts';
import { quote } from '../../text/safe-text.ts';
import { loadExercises } from '../../workshop/load-exercises.ts';
import { completionScript } from '../completion/completion-script.ts';
import { shells } from '../completion/word-source.ts';

/** `punchline completion SHELL`: writes the script for a shell. Throws ERR_USAGE if there is none for it. */
export async function runCompletion({ shell }: { readonly shell: string }): Promise<number> {
  const known = shells.find((one) => one === shell.toLowerCase());
  if (known === undefined) {
    throw usageError(
      `there is no completion for ${quote(shell)}`,
      `The shells are ${shells.join(', ')}: for example, punchline completion bash`,
    );
  }
  process.stdout.write(completionScript(known, loadExercises()));
  return 0;
}
