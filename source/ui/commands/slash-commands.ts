/** The commands of the chat: what a line that was entered asks for, and how it is completed. */
import { suggest } from '../../text/suggest.ts';
import { type Completion, sharedBeginning } from './completion.ts';

/** What a line asks of the chat or of what stands around it. `undefined` turns off. */
export type Command =
  | { readonly kind: 'quit' }
  | { readonly kind: 'help' | 'path' | 'clear' | 'qr' | 'files' }
  | FileCommand
  | { readonly kind: 'verify' }
  /** Without a query: what was looked for last. */
  | { readonly kind: 'find'; readonly query: string | undefined }
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'heartbeat'; readonly everyMs: number | undefined }
  | { readonly kind: 'log'; readonly file: string | undefined };

/** What stands behind it is read where it is obeyed: it may be a path. */
export interface FileCommand {
  readonly kind: 'send' | 'accept' | 'decline' | 'cancel';
  readonly argument: string;
}

export type Entered =
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'wrong'; readonly notice: string }
  | Command;

interface CommandRow {
  /** As the help shows it. */
  readonly usage: string;
  readonly about: string;
  /** Arguments that can be completed. */
  readonly arguments?: readonly string[];
}

export const commands = {
  help: { usage: '/help', about: 'keys and commands' },
  path: { usage: '/path', about: 'how the connection came to be' },
  qr: { usage: '/qr', about: 'the invite as a picture for a camera' },
  find: { usage: '/find TEXT', about: 'look for something that was said' },
  verify: { usage: '/verify', about: 'words to compare with your friend' },
  send: { usage: '/send PATH', about: 'offer a file or a folder; Tab completes the path' },
  accept: {
    usage: '/accept [FOLDER]',
    about: 'take what is offered; --hidden keeps hidden names',
    arguments: ['--hidden'],
  },
  decline: { usage: '/decline [WHY]', about: 'do not take it' },
  cancel: { usage: '/cancel [ID]', about: 'end what is offered or under way' },
  files: { usage: '/files', about: 'what was sent and received' },
  name: { usage: '/name NAME', about: 'how your friend sees you' },
  heartbeat: {
    usage: '/heartbeat [SECONDS|off]',
    about: 'say Hello, world by itself',
    arguments: ['off'],
  },
  log: { usage: '/log FILE|off', about: 'append what is said to a file', arguments: ['off'] },
  clear: { usage: '/clear', about: 'empty the screen' },
  quit: { usage: '/quit', about: 'say goodbye and leave' },
} as const satisfies Record<string, CommandRow>;

const names = Object.keys(commands) as readonly (keyof typeof commands)[];

/** As `--heartbeat` allows, in seconds. */
const MIN_HEARTBEAT = 0.1;
const MAX_HEARTBEAT = 3600;

/** `//` at its start sends a line with one slash. */
export function readEntered(text: string): Entered {
  if (!text.startsWith('/')) {
    return { kind: 'message', text };
  }
  if (text.startsWith('//')) {
    return { kind: 'message', text: text.slice(1) };
  }
  const [head = '', word = ''] = /^\/(\S*)\s*/.exec(text) ?? [];
  const argument = text.slice(head.length).trimEnd();
  const name = names.find((known) => known === word.toLowerCase());
  switch (name) {
    case undefined: {
      return { kind: 'wrong', notice: unknownText(word) };
    }
    case 'name': {
      return argument === '' ? misused(name, 'It needs a name.') : { kind: name, name: argument };
    }
    case 'log': {
      const file = argument === 'off' ? undefined : argument;
      return argument === '' ? misused(name, 'It needs a file.') : { kind: name, file };
    }
    case 'send': {
      return argument === '' ? misused(name, 'It needs a path.') : { kind: name, argument };
    }
    case 'accept':
    case 'decline':
    case 'cancel': {
      return { kind: name, argument };
    }
    case 'find': {
      return { kind: name, query: argument === '' ? undefined : argument };
    }
    case 'heartbeat': {
      return heartbeatOf(argument);
    }
    default: {
      return argument === '' ? { kind: name } : misused(name, 'It takes nothing more.');
    }
  }
}

function heartbeatOf(argument: string): Entered {
  if (argument === 'off') {
    return { kind: 'heartbeat', everyMs: undefined };
  }
  const seconds = argument === '' ? 1 : /^\d+(?:\.\d+)?$/.test(argument) ? Number(argument) : NaN;
  return seconds >= MIN_HEARTBEAT && seconds <= MAX_HEARTBEAT
    ? { kind: 'heartbeat', everyMs: Math.round(seconds * 1000) }
    : misused('heartbeat', `SECONDS is a number from ${MIN_HEARTBEAT} to ${MAX_HEARTBEAT}.`);
}

function misused(name: keyof typeof commands, why: string): Entered {
  return { kind: 'wrong', notice: `${commands[name].usage}: ${why}` };
}

function unknownText(word: string): string {
  const meant = suggest(word.toLowerCase(), names) ?? 'help';
  const shown = word.length > 20 ? `${word.slice(0, 20).toWellFormed()}…` : word;
  return `There is no /${shown}. Did you mean /${meant}? To send a line that begins with a slash, double it.`;
}

/** What `text`, up to the cursor, becomes with Tab; undefined where nothing can be completed. */
export function completeCommand(text: string): Completion | undefined {
  const [, head = '', typed = ''] = /^(\/(?:[a-z]+ +)?)(\S*)$/.exec(text) ?? [];
  if (head === '') {
    return undefined;
  }
  const command: CommandRow | undefined = commands[head.slice(1).trim() as keyof typeof commands];
  const candidates = head === '/' ? names : (command?.arguments ?? []);
  // Where nothing is typed yet, a path may be meant as well as an option.
  const choices = candidates.filter(
    (candidate) => candidate.startsWith(typed) && (typed !== '' || !candidate.startsWith('-')),
  );
  const [first] = choices;
  if (first === undefined) {
    return undefined;
  }
  if (choices.length > 1) {
    return { text: head + sharedBeginning(choices), choices: choices.map((choice) => head + choice) };
  }
  const hasMore = head === '/' && commands[first as keyof typeof commands].usage.includes(' ');
  return { text: head + first + (hasMore ? ' ' : ''), choices: [] };
}

/** A path behind a command, up to the cursor. */
export interface TypedPath {
  /** All before it. */
  readonly head: string;
  readonly typed: string;
  readonly isFolder: boolean;
}

/** The path that Tab completes in `text`; undefined where there is none. */
export function typedPath(text: string): TypedPath | undefined {
  const [head, taken] =
    /^\/(?:send +|log +|(accept +(?:--hidden +)?(?:[rs]\d+ +)?(?:--hidden +)?))/.exec(text) ?? [];
  return head === undefined
    ? undefined
    : { head, typed: text.slice(head.length), isFolder: taken !== undefined };
}

/** What only the shell can do. */
export type ShellCommand = Extract<Command, { readonly kind: 'name' | 'heartbeat' | 'log' | 'verify' }>;
