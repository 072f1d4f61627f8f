import { usageError, type PunchlineError } from '../../errors.ts';
import { isCodeWord } from '../../protocol/code.ts';
import { beginsLikeInvite } from '../../protocol/pasted-line.ts';
import { quoteWord } from '../../protocol/quote-word.ts';
import { suggest } from '../../text/suggest.ts';

/** The error for a first word that is neither a command nor an invite, with the words behind it. */
export function mistypedCommand(
  [word = '', ...behind]: readonly string[],
  commands: readonly string[],
): PunchlineError {
  const nearest = suggest(word, commands);
  // They may be a code without its number, or in another order. No error repeats a word of it, not even a mistyped one.
  const others = beginsLikeInvite(behind.join(' ')) ? [] : behind;
  const subject = others.some(isCodeWord) ? 'the first word' : quoteWord(word, 'the first word');
  return usageError(
    `${subject} is neither a command nor an invite`,
    nearest === undefined
      ? `The commands are ${commands.join(', ')}; an invite looks like 7-velvet-orbit@example.org.`
      : `Did you mean "punchline ${nearest}"?`,
  );
}
