/**
 * Finds the invite in a command line that somebody has pasted. The inviter is
 * told to pass on `punchline chat CODE@HOST`, and people copy what stands in
 * front of it as well. It knows no code.
 */
import { dash, plainText, quoteMark, withoutEdges } from '../text/typed-text.ts';

const program = /^(?:.*[/\\])?punchline(?:\.cjs|\.cmd|@[\w.^~-]+)?$/iu;

/** What stands in front of the program: a prompt, `sudo`, or a package runner and its options. */
const runner = /^(?:\S*[$%#>\u203A\u276F]|sudo|node|npx|npm|pnpm|yarn|bunx?|exec|run|dlx|x|-[a-z-]+)$/iu;

/** The commands that take an invite. */
const command = /^(?:chat|pipe|send|receive|forward)$/iu;

/** What people and programs put around a code. A code begins with a digit and ends with a letter. */
function edge(): RegExp {
  return /[\s"'`\u00B4\u2032-\u2037\p{Pi}\p{Pf}\p{Ps}\p{Pe}<>*~|$#%.,;:!?\u2026\u3001\u3002\uFF61\u060C]/u;
}

/**
 * Programs take an invite with a place for a mail address. They make a link of
 * it, which is copied as `mailto:X`, `[X](mailto:X)` or `<mailto:X|X>`.
 */
const link = /^(\S+?)(?:\]\(mailto:|\|)\1\)?$/iu;

/** A room number, and something behind it. */
function inviteStart(): RegExp {
  return new RegExp(`^\\d+ ?(?:${dash}|[@ ])`, 'u');
}

/**
 * The words behind `punchline`, if nothing stands before it but what runs it.
 * Otherwise all of them: a word that means something must not get lost.
 */
export function withoutProgram(words: readonly string[]): readonly string[] {
  const [first = ''] = words;
  const at = words.findIndex((word) => !runner.test(word));
  if (first.startsWith('-') || !program.test(withoutPunctuation(words[at] ?? ''))) {
    return words;
  }
  // `npm run punchline -- chat`
  return withoutProgram(words.slice(words[at + 1] === '--' ? at + 2 : at + 1));
}

/** The same, without a command that takes an invite. */
export function withoutCommand(words: readonly string[]): readonly string[] {
  const rest = withoutProgram(words);
  return rest !== words && command.test(rest[0] ?? '') ? withoutCommand(rest.slice(1)) : rest;
}

/** `pipe`, if the text is a whole line such as `punchline pipe 7-velvet-orbit`. */
export function commandOf(text: string): string | undefined {
  const words = wordsOf(text, 'invite');
  const rest = withoutProgram(words);
  const [first = ''] = rest;
  return rest !== words && command.test(first) ? first.toLowerCase() : undefined;
}

/**
 * What stands behind the program and its command, as plain text.
 * @throws PunchlineError ERR_USAGE if the text is too long.
 */
export function inviteText(text: string, what: string): string {
  const rest = withoutCommand(wordsOf(text, what)).join(' ');
  return withoutEdges(rest, edge, quoteMark)
    .replace(/^mailto:/iu, '')
    .replace(link, '$1');
}

/** Whether it is meant as an invite, even if the rest of it is wrong. */
export function beginsLikeInvite(text: string): boolean {
  return inviteStart().test(inviteText(text, 'invite'));
}

/** Without quotes, brackets and punctuation around it. */
export function withoutPunctuation(text: string): string {
  return withoutEdges(text, edge);
}

function wordsOf(text: string, what: string): readonly string[] {
  return withoutEdges(decoded(plainText(text, what)), edge, quoteMark).split(/ +/);
}

/** A link is percent-encoded. Behind an @, a percent sign may belong to an IPv6 address: fe80::1%20. */
function decoded(text: string): string {
  const at = text.indexOf('@');
  const end = at === -1 ? text.length : at;
  return text.slice(0, end).replaceAll(/%(?:2[0CDF]|3A|40|5B|5D)/giu, decodeURIComponent) + text.slice(end);
}
