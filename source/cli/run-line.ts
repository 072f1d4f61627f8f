/** From the words of a command line to one command, and from its error to what is told. */
import type { Argv } from 'yargs';
import { outOfFiles, PunchlineError } from '../errors.ts';
import { bugLines, failureLines } from '../text/failure-lines.ts';
import type { ChatArguments } from './settings/chat-settings.ts';
import { commands, innerCommand, workshopCommands } from './options/command-table.ts';
import {
  beginsLikeInvite,
  commandOf,
  inviteText,
  withoutCommand,
  withoutProgram,
} from '../protocol/pasted-line.ts';
import {
  addCommand,
  createParser,
  forbidValues,
  type Loader,
  type Run,
  withHyphens,
} from './parsing/parser.ts';

declare const PUNCHLINE_VERSION: string;

export interface LineEnd {
  readonly exitCode: number;
  /** For stderr: what went wrong, and the next step. Empty if nothing did. */
  readonly complaint: string;
}

/** Runs what was typed behind the name of the program. */
export async function runLine(given: readonly string[]): Promise<LineEnd> {
  const line = withoutPastedProgram(given);
  try {
    return { exitCode: await run(line), complaint: '' };
  } catch (error) {
    const known = outOfFiles(error) ?? error;
    if (!(known instanceof PunchlineError) || known.code === 'ERR_BUG') {
      return { exitCode: 1, complaint: bugLines(error, programVersion()) };
    }
    const { code, exitCode, message } = known;
    const hint = known.hint ?? (await helpHint(known, line));
    return { exitCode, complaint: failureLines({ code, message, hint }) };
  }
}

/** What a bug is told with: the version of this program and of what runs it. */
export function programVersion(): string {
  return `punchline ${PUNCHLINE_VERSION}, Node ${process.versions.node}, ${process.platform} ${process.arch}`;
}

/** Says where a command line is explained that is wrong. */
async function helpHint({ code }: PunchlineError, line: readonly string[]): Promise<string | undefined> {
  return code === 'ERR_USAGE' ? `See ${(await complaints()).helpOf(line)}` : undefined;
}

/** Runs one command and resolves with its exit code. */
async function run(typed: readonly string[]): Promise<number> {
  const [first = '', second = ''] = typed;
  if (await isFriend(first)) {
    return run(['chat', ...typed]);
  }
  const takesForeign = first === 'lab' || first === 'workshop';
  const [own, foreign] = takesForeign ? splitAtHyphens(typed) : [typed, []];
  const words = withInnerCommand(own);
  // yargs would take a mistyped command for the INVITE of chat.
  if (/^[^-]/.test(first) && !/^\d/.test(inviteText(first, 'invite')) && !Object.hasOwn(commands, first)) {
    throw await mistyped(typed);
  }
  if (splitAtHyphens(words)[0].some((word) => word === '--help' || word === '-h')) {
    const { showText } = await import('./show-text.ts');
    await showText(await helpFor(process.stdout, first, second));
    return 0;
  }
  forbidValues(words);
  await forbidOneHyphen(splitAtHyphens(words)[0]);
  if (words.length === 0 && !(process.stdin.isTTY && process.stdout.isTTY)) {
    process.stderr.write(`${await helpFor(process.stderr)}\n`);
    throw (await complaints()).nothingToAskIn();
  }
  let chosen: Run | undefined;
  function choose(command: Run) {
    chosen = command;
  }
  const parser = createParser(words, PUNCHLINE_VERSION)
    // With a message, yargs complains about what was typed. Without one, the program has failed.
    .fail((message: string | null, error: Error | undefined) => {
      throw message === null || message === '' ? error : new Complaint(withHyphens(message));
    });
  for (const [name, load] of Object.entries(loadersFor(words))) {
    const names = name === 'chat' ? (['chat', '$0'] as const) : ([name] as const);
    addCommand(parser, names, commands[name as keyof typeof commands], load, choose);
  }
  if (first === 'friends' || takesForeign) {
    const { addFriendsCommands, addLabCommands, addWorkshopCommands } = await import('./inner-commands.ts');
    const adding = { add: addCommand, choose };
    const addInner = {
      friends: (parent: Argv) => addFriendsCommands(parent, adding),
      lab: (parent: Argv) => addLabCommands(parent, foreign, adding),
      workshop: (parent: Argv) => addWorkshopCommands(parent, foreign, adding),
    };
    parser.command(first, commands[first].about, addInner[first]);
  }
  try {
    void parser.parse();
  } catch (error) {
    throw error instanceof Complaint ? (await complaints()).complaintOf(error.message, words) : error;
  }
  return chosen === undefined ? 0 : chosen();
}

/** Whether the first word is no command, but the name of a friend. */
async function isFriend(first: string): Promise<boolean> {
  if (!/^\p{L}/u.test(first) || Object.hasOwn(commands, first)) {
    return false;
  }
  const [{ isSameName }, { knownNames }] = await Promise.all([
    import('../friends/friend-name.ts'),
    import('./friends/met-friend.ts'),
  ]);
  return (await knownNames()).some((name) => isSameName(name, first));
}

/** What yargs says of a wrong command line. */
class Complaint extends Error {}

function complaints() {
  return import('./parsing/complaint.ts');
}

/** yargs would read `-json` as four options of one letter, and `-server` as the server "erver". Throws ERR_USAGE. */
async function forbidOneHyphen(words: readonly string[]): Promise<void> {
  for (const word of words.filter((one) => /^-[a-z][a-z-]+$/.test(one))) {
    const { isLongWithOneHyphen, unknownOptions } = await complaints();
    if (isLongWithOneHyphen(word, words)) {
      throw unknownOptions([word], words);
    }
  }
}

/** People paste the whole line that was passed on to them behind what they have already typed. */
function withoutPastedProgram(given: readonly string[]): readonly string[] {
  const [first = '', ...rest] = given;
  if (first === 'chat' || first === 'pipe' || first === 'receive') {
    return [first, ...withoutCommand(rest)];
  }
  if (Object.hasOwn(commands, first)) {
    return given;
  }
  // The line may stand in quotes. Its options do not count: somebody else has written them.
  const command = commandOf(first);
  return command === undefined ? withoutProgram(given) : [command, ...given];
}

/** What runs each command. A program loads only the code of its own. */
function loadersFor(
  words: readonly string[],
): Readonly<Record<Exclude<keyof typeof commands, 'friends' | 'lab' | 'workshop'>, Loader>> {
  return {
    chat: async () => (args: ChatArguments) => chat(args, words),
    pipe: async () => (await import('./commands/pipe-command.ts')).runPipe,
    send: async () => (await import('./commands/send-command.ts')).runSend,
    receive: async () => (await import('./commands/receive-command.ts')).runReceive,
    forward: async () => (await import('./commands/forward-command.ts')).runForward,
    serve: async () => (await import('./commands/serve-command.ts')).runServe,
    doctor: async () => (await import('./commands/doctor-command.ts')).runDoctor,
    demo: async () => (await import('./commands/demo-command.ts')).runDemo,
    help: async () => {
      const { runHelp } = await import('./commands/help-command.ts');
      const pages = new URL('./manual/', import.meta.url);
      return ({ topic }: { readonly topic?: string }) =>
        runHelp({ topic, pages, usage: () => helpFor(process.stdout) });
    },
    completion: async () => (await import('./commands/completion-command.ts')).runCompletion,
    version: async () => async () => {
      process.stdout.write(`${PUNCHLINE_VERSION}\n`);
      return 0;
    },
  };
}

/** `friends` and `workshop` alone list what there is, and `workshop 3` starts an exercise. */
function withInnerCommand(words: readonly string[]): readonly string[] {
  const [first = '', second = '', ...others] = words;
  if (first !== 'friends' && first !== 'workshop') {
    return words;
  }
  if (second === '' || second.startsWith('-')) {
    return [first, 'list', ...words.slice(1)];
  }
  const isKnown = first === 'friends' || second === 'record' || Object.hasOwn(workshopCommands, second);
  return isKnown ? words : [first, 'start', second, ...others];
}

/** Splits off the words behind two hyphens, which are a command of another program. */
function splitAtHyphens(words: readonly string[]): [readonly string[], readonly string[]] {
  const hyphens = words.indexOf('--');
  return hyphens < 0 ? [words, []] : [words.slice(0, hyphens), words.slice(hyphens + 1)];
}

async function chat(args: ChatArguments, words: readonly string[]): Promise<number> {
  const { invite } = args;
  if (invite !== undefined && !beginsLikeInvite(invite)) {
    const before = ['--heartbeat', '--here'].find((option) => words.includes(option));
    if (before !== undefined && /^[\d.]+$/.test(invite)) {
      throw (await complaints()).numberApart(before, invite);
    }
    if (invite.startsWith('-')) {
      throw (await complaints()).unknownOptions([invite.replace(/(?<=.)-.*/s, '')], words);
    }
    if (words[0] !== 'chat') {
      throw await mistyped(invite.split(' '));
    }
  }
  const { runChat } = await import('./commands/chat-command.ts');
  return runChat(words.length === 0 ? undefined : args);
}

/** The help for the words of a command, or for the program. */
async function helpFor(stream: NodeJS.WriteStream, first = '', second = ''): Promise<string> {
  const { helpText, programHelp } = await import('./help-text.ts');
  const { lookOf } = await import('./show-text.ts');
  const look = lookOf(stream);
  const inner = innerCommand(first, second);
  if (inner !== undefined) {
    return helpText(`${first} ${second}`, { ...inner, page: first }, look);
  }
  return Object.hasOwn(commands, first)
    ? helpText(first, commands[first as keyof typeof commands], look)
    : programHelp(look);
}

async function mistyped(words: readonly string[]): Promise<PunchlineError> {
  const { mistypedCommand } = await import('./parsing/mistyped-command.ts');
  return mistypedCommand(words, Object.keys(commands));
}
