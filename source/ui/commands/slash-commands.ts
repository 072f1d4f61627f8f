/** The commands of the chat: reads an entered line, and completes what is being typed. */
import { suggest } from '../../text/suggest.ts';
import { type Theme, themes } from '../settings/screen-settings.ts';
import { type Completion, sharedBeginning } from './completion.ts';

/** A command. Its field is undefined if the argument was `off`. */
export type Command =
  | { readonly kind: 'quit' }
  | { readonly kind: 'help' | 'clear' | 'qr' | 'files' }
  | { readonly kind: 'unfriend' | 'forget' }
  /** Without a name, the friend is called as the peer calls itself. */
  | { readonly kind: 'friend'; readonly name: string | undefined }
  /** `svg` is the file to draw it into, instead of showing it. */
  | { readonly kind: 'path'; readonly svg: string | undefined }
  | FileCommand
  | { readonly kind: 'verify' }
  | { readonly kind: 'theme'; readonly theme: Theme }
  /** Without an invite, the next chat begins as the last one did. */
  | { readonly kind: 'again'; readonly invite: string | undefined }
  /** Without a query, `/find` repeats the last one. */
  | { readonly kind: 'find'; readonly query: string | undefined }
  /** Without a count, `/copy` copies the last message, or the invite before there is a peer. */
  | CopyCommand
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'heartbeat'; readonly everyMs: number | undefined }
  | { readonly kind: 'log'; readonly file: string | undefined };

export interface CopyCommand {
  readonly kind: 'copy';
  readonly count: number | undefined;
}

/** A command about files. `argument` is everything after the command's name, because a path may hold spaces. */
export interface FileCommand {
  readonly kind: 'send' | 'accept' | 'decline' | 'cancel';
  readonly argument: string;
}

/** The meaning of an entered line: a message, a command, or a wrong command with the reason. */
export type EnteredLine =
  | { readonly kind: 'message'; readonly text: string }
  | { readonly kind: 'wrong'; readonly notice: string }
  | Command;

interface CommandRow {
  /** The form that the help shows. What it does is in command-help.ts. */
  readonly usage: string;
  /** Arguments that Tab completes. */
  readonly arguments?: readonly string[];
}

/** In the order of the help. */
export const commands = {
  help: { usage: '/help' },
  path: { usage: '/path [--svg FILE]', arguments: ['--svg '] },
  qr: { usage: '/qr' },
  find: { usage: '/find TEXT' },
  copy: { usage: '/copy [N]' },
  verify: { usage: '/verify' },
  friend: { usage: '/friend [NAME]' },
  unfriend: { usage: '/unfriend' },
  forget: { usage: '/forget' },
  send: { usage: '/send PATH' },
  accept: { usage: '/accept [FOLDER]', arguments: ['--hidden'] },
  decline: { usage: '/decline [WHY]' },
  cancel: { usage: '/cancel [ID]' },
  files: { usage: '/files' },
  name: { usage: '/name NAME' },
  heartbeat: { usage: '/heartbeat [SECONDS|off]', arguments: ['off'] },
  log: { usage: '/log FILE|off', arguments: ['off'] },
  theme: { usage: '/theme dark|light|plain', arguments: themes },
  clear: { usage: '/clear' },
  again: { usage: '/again [INVITE]' },
  quit: { usage: '/quit' },
} as const satisfies Record<string, CommandRow>;

const names = Object.keys(commands) as readonly (keyof typeof commands)[];

/** In seconds. `--heartbeat` has the same bounds. */
const MIN_HEARTBEAT = 0.1;
const MAX_HEARTBEAT = 3600;

/** Whether the line is a command, right or wrong. A line that begins with `//` is a message. */
export function isCommand(text: string): boolean {
  return /^\/(?!\/)/.test(text);
}

/** Reads an entered line. A line that begins with `//` is a message that begins with one slash. */
export function parseLine(text: string): EnteredLine {
  if (!isCommand(text)) {
    return { kind: 'message', text: text.startsWith('/') ? text.slice(1) : text };
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
    case 'path': {
      return pathOf(argument);
    }
    case 'send': {
      return argument === '' ? misused(name, 'It needs a path.') : { kind: name, argument };
    }
    case 'accept':
    case 'decline':
    case 'cancel': {
      return { kind: name, argument };
    }
    case 'friend': {
      return { kind: name, name: argument === '' ? undefined : argument };
    }
    case 'again': {
      return { kind: name, invite: argument === '' ? undefined : argument };
    }
    case 'find': {
      return { kind: name, query: argument === '' ? undefined : argument };
    }
    case 'heartbeat': {
      return heartbeatOf(argument);
    }
    case 'copy': {
      const count = argument === '' ? undefined : Number(argument);
      return count === undefined || /^[1-9]\d{0,5}$/.test(argument)
        ? { kind: name, count }
        : misused(name, 'N is the number of messages.');
    }
    case 'theme': {
      const theme = themes.find((known) => known === argument);
      return theme === undefined
        ? misused(name, 'The themes are dark, light and plain.')
        : { kind: name, theme };
    }
    default: {
      return argument === '' ? { kind: name } : misused(name, 'It takes nothing more.');
    }
  }
}

function pathOf(argument: string): EnteredLine {
  const [option = '', rest = ''] = /^--svg(?!\S)([^]*)/.exec(argument) ?? [];
  const file = rest.trimStart();
  if (option === '') {
    return argument === ''
      ? { kind: 'path', svg: undefined }
      : misused('path', 'It takes nothing but --svg FILE.');
  }
  return file === '' ? misused('path', '--svg needs a file.') : { kind: 'path', svg: file };
}

function heartbeatOf(argument: string): EnteredLine {
  if (argument === 'off') {
    return { kind: 'heartbeat', everyMs: undefined };
  }
  const seconds = argument === '' ? 1 : /^\d+(?:\.\d+)?$/.test(argument) ? Number(argument) : NaN;
  return seconds >= MIN_HEARTBEAT && seconds <= MAX_HEARTBEAT
    ? { kind: 'heartbeat', everyMs: Math.round(seconds * 1000) }
    : misused('heartbeat', `SECONDS is a number from ${MIN_HEARTBEAT} to ${MAX_HEARTBEAT}.`);
}

function misused(name: keyof typeof commands, why: string): EnteredLine {
  return { kind: 'wrong', notice: `${commands[name].usage}: ${why}` };
}

function unknownText(word: string): string {
  const meant = suggest(word.toLowerCase(), names);
  const next = meant === undefined ? '/help lists all.' : `Did you mean /${meant}?`;
  const shown = word.length > 20 ? `${word.slice(0, 20).toWellFormed()}…` : word;
  return `There is no /${shown}. ${next} To send a line that begins with a slash, double it.`;
}

/** Completes `text`, the draft up to the cursor. Undefined if nothing can be completed. */
export function completeCommand(text: string): Completion | undefined {
  const [, head = '', typed = ''] = /^(\/(?:[a-z]+ +)?)(\S*)$/.exec(text) ?? [];
  if (head === '') {
    return undefined;
  }
  const command: CommandRow | undefined = commands[head.slice(1).trim() as keyof typeof commands];
  const candidates = head === '/' ? names : (command?.arguments ?? []);
  // Without a typed letter no option is offered, because the user may want a path.
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

/** A path that is being typed as a command's argument. */
export interface TypedPath {
  /** The text before the path. */
  readonly head: string;
  readonly typed: string;
  readonly isFolder: boolean;
}

/** The path that Tab completes in `text`. Undefined if there is none. */
export function typedPath(text: string): TypedPath | undefined {
  const [head, taken] =
    /^\/(?:send +|log +|path +--svg +|(accept +(?:--hidden +)?(?:[rs]\d+ +)?(?:--hidden +)?))/.exec(text) ??
    [];
  return head === undefined
    ? undefined
    : { head, typed: text.slice(head.length), isFolder: taken !== undefined };
}

/** The commands that change the chat itself or its log, and not only the screen. */
export type ChatCommand = Extract<Command, { readonly kind: ChatCommandKind }>;
type ChatCommandKind = 'name' | 'heartbeat' | 'log' | 'verify' | 'friend' | 'unfriend' | 'forget';
