import { writeSync } from 'node:fs';
import yargs, { type Argv } from 'yargs';
import { PunchlineError } from '../errors.ts';
import { labCommands } from './options-lab.ts';
import { serveOptions } from './options-serve.ts';
import type { ChatArguments } from './commands/chat-command.ts';
import { bugLines, failureLines } from '../text/failure-lines.ts';

declare const PUNCHLINE_VERSION: string;

/** How long what is left (a last packet, a closing socket) may keep the process after its work is done. */
const LAST_MOMENTS_MS = 3000;

const commands = ['chat', 'pipe', 'serve', 'doctor', 'lab', 'demo', 'help'] as const;

/** What a first word looks like that is an invite, however badly it goes on. */
const inviteLike = /^\d+-/;

const text = { type: 'string', requiresArg: true } as const;
const flag = { type: 'boolean' } as const;
/** Of the options that are flags, those with a long name. */
const flags = new Set([
  'classic',
  'lan',
  'quiet',
  'fresh-port',
  'typing',
  'report',
  'accept-hidden',
  'plain',
  'json',
  'log-addresses',
  'mouse',
  'alt-screen',
  'reduced-motion',
  'screen-reader',
]);

function connectOptions(builder: Argv) {
  return builder
    .positional('invite', { type: 'string', describe: 'CODE[@HOST[:PORT]]; without one, a room is opened' })
    .option('server', { ...text, alias: 's', describe: 'the rendezvous, HOST[:PORT]; port 8877 by default' })
    .option('code', { ...text, describe: 'a code agreed beforehand, with a number of 1000 or more' })
    .option('name', { ...text, describe: 'how the peer sees you' })
    .option('attempts', { ...text, describe: 'rounds of punching before giving up [10]' })
    .option('relay', { describe: 'auto, never or always: whether to fall back to a relay' })
    .option('lan', { ...flag, describe: 'candidates on the local network; --no-lan: none' })
    .option('quiet', { ...flag, describe: 'ping every 25 s instead of 5, for metered links' })
    .option('4', { ...flag, describe: 'IPv4 only' })
    .option('6', { ...flag, describe: 'IPv6 only' })
    .option('wait', { ...text, describe: 'MINUTES to wait for the peer [no end]' })
    .option('give-up', { ...text, describe: 'MINUTES to bear a lost connection [10]' })
    .option('report', { ...flag, describe: '--no-report: tell the rendezvous no path and no kind of NAT' })
    .option('probe-port', { ...text, describe: 'probe port of the rendezvous [the one after its own]' })
    .option('fresh-port', {
      ...flag,
      describe: 'dial from another port, which opens no NAT: to see a punch fail',
    });
}

function chatOptions(builder: Argv) {
  return connectOptions(builder)
    .option('heartbeat', { ...text, describe: 'send "Hello, world" by itself, every SECONDS [1]' })
    .option('classic', { ...flag, describe: 'the old protocol: paired by order of arrival, NOT ENCRYPTED' })
    .option('typing', { ...flag, describe: '--no-typing: do not show the peer that you are writing' })
    .option('log', { ...text, describe: 'append the conversation to FILE' })
    .option('send', { ...text, describe: 'offer a file or folder at PATH; repeatable' })
    .option('accept-files', { ...text, describe: 'put what the peer offers into DIR, unasked' })
    .option('accept-hidden', { ...flag, describe: 'keep names in it that begin with a dot, instead of _' })
    .option('plain', { ...flag, describe: 'lines of text instead of a screen' })
    .option('json', { ...flag, describe: 'events as JSON lines; lines of stdin are messages' })
    .option('theme', { ...text, describe: 'dark, light or plain' })
    .option('notify', {
      ...text,
      describe: 'off, bell, name or text: how to tell of a message nobody sees [name]',
    })
    .option('mouse', { ...flag, describe: '--no-mouse: leave the mouse to the terminal' })
    .option('alt-screen', { ...flag, describe: '--no-alt-screen: draw on the ordinary screen' })
    .option('reduced-motion', { ...flag, describe: 'nothing moves by itself' })
    .option('screen-reader', { ...flag, describe: 'lines of text, each said once and in order' });
}

function doctorOptions(builder: Argv) {
  return builder
    .option('server', { ...text, alias: 's', describe: 'the rendezvous, HOST[:PORT]; port 8877 by default' })
    .option('json', { ...flag, describe: 'the report as one JSON object' })
    .option('lifetime', {
      type: 'string',
      describe: 'also find out how long an idle connection lives, up to SECONDS [360]; takes as long',
    })
    .option('probe-port', { ...text, describe: 'probe port of the rendezvous [the one that it names]' })
    .option('4', { ...flag, describe: 'IPv4 only' })
    .option('6', { ...flag, describe: 'IPv6 only' });
}

/** What stands between the values of an option that may be given more than once. No path holds a NUL. */
const separators = { exempt: ',', send: '\0' } as const;
type Repeatable = keyof typeof separators;

/** `--exempt A --exempt B` as one option with both: of all others that are given twice, the last one holds. */
function gathered(words: readonly string[]): readonly string[] {
  const values = new Map<Repeatable, string[]>();
  const others: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? '';
    const [, name, value] = /^--(exempt|send)(?:=(.*))?$/s.exec(word) ?? [];
    if (name === undefined || (value === undefined && index + 1 === words.length)) {
      others.push(word);
      continue;
    }
    const option = name as Repeatable;
    values.set(option, [...(values.get(option) ?? []), value ?? words[(index += 1)] ?? '']);
  }
  return [...others, ...[...values].map(([name, all]) => `--${name}=${all.join(separators[name])}`)];
}

/** What holds for all commands. */
function bareParser(words: readonly string[], isLab: boolean): Argv {
  return yargs(gathered(words).map((word) => (word === '--heartbeat' ? '--heartbeat=1' : word)))
    .scriptName('punchline')
    .locale('en')
    .version(PUNCHLINE_VERSION)
    .parserConfiguration({ 'duplicate-arguments-array': isLab, 'camel-case-expansion': true })
    .strict()
    .exitProcess(false)
    .showHelpOnFail(false)
    .wrap(Math.min(100, process.stdout.columns || 80))
    .example('punchline chat -s example.org', 'open a room and show the invite')
    .example('punchline chat 7-velvet-orbit@example.org', 'join it')
    .epilogue('All else, by topic: punchline help.');
}

/** Runs one command and resolves with its exit code. */
async function run(typed: readonly string[]): Promise<number> {
  const [first = ''] = typed;
  const isLab = first === 'lab';
  const [words, foreign] = isLab ? splitAtHyphens(typed) : [typed, []];
  // yargs takes a mistyped command for the first positional argument of the default one, if it gets so far.
  if (/^[^-]/.test(first) && !inviteLike.test(first) && !commands.some((name) => name === first)) {
    throw await mistyped(first);
  }
  forbidValues(words);
  let exit = 0;
  const parser = bareParser(words, isLab)
    .command(
      ['chat [invite]', '$0'],
      'chat with one peer; without an INVITE, open a room and show the invite to pass on',
      chatOptions,
      async (args) => {
        exit = await chat(args as ChatArguments, words);
      },
    )
    .command(
      'pipe [invite]',
      'stdin and stdout over the punched, encrypted connection',
      connectOptions,
      async (args) => {
        const { runPipe } = await import('./commands/pipe-command.ts');
        exit = await runPipe(args as ChatArguments);
      },
    )
    .command('serve', 'run a rendezvous server', serveOptions, async (args) => {
      const { runServe } = await import('./commands/serve-command.ts');
      exit = await runServe(args);
    })
    .command(
      'doctor',
      'what kind of NAT is this machine behind, and whom can it reach',
      doctorOptions,
      async (args) => {
        const { runDoctor } = await import('./commands/doctor-command.ts');
        exit = await runDoctor(args);
      },
    )
    .command(
      'lab',
      'networks with NATs on this machine, to see punching work and fail (Linux)',
      (builder: Argv) =>
        labCommands(builder, foreign, (code) => {
          exit = code;
        }),
    )
    .command(
      'demo',
      'two peers and a rendezvous on this machine, in one terminal',
      (builder: Argv) => builder.option('plain', { ...flag, describe: 'lines of text instead of a screen' }),
      async (args) => {
        const { runDemo } = await import('./commands/demo-command.ts');
        exit = await runDemo(args);
      },
    )
    .command(
      'help [topic]',
      'the manual, in the terminal; without a TOPIC, what there is',
      (builder: Argv) => builder.positional('topic', { type: 'string', describe: 'a page of the manual' }),
      async (args) => {
        exit = await help(args.topic, parser);
      },
    )
    .alias('help', 'h')
    // A message comes from yargs, about what was typed; without one, a command has failed.
    .fail((message: string | null, error: Error | undefined) => {
      throw message === null || message === '' ? error : usage(complaint(message, words));
    });
  if (words.length === 0 && !(process.stdin.isTTY && process.stdout.isTTY)) {
    throw await nothingToAskIn(parser);
  }
  // yargs would answer the word alone by itself, without the topics.
  if (words.length === 1 && first === 'help') {
    return help(undefined, parser);
  }
  await parser.parseAsync();
  return exit;
}

/** What stands behind two hyphens is a command of somebody else, verbatim. */
function splitAtHyphens(words: readonly string[]): [readonly string[], readonly string[]] {
  const hyphens = words.indexOf('--');
  return hyphens < 0 ? [words, []] : [words.slice(0, hyphens), words.slice(hyphens + 1)];
}

/** yargs reads --json=maybe as a no. */
function forbidValues(words: readonly string[]): void {
  for (const word of words) {
    const [, option, name = '', value] = /^(--(?:no-)?([a-z-]+))=(.*)$/s.exec(word) ?? [];
    if (flags.has(name)) {
      throw usage(`${option} takes no value, and '${value}' was given`, `Write ${option} or leave it out.`);
    }
  }
}

/** What yargs complains of, in its words but for what is unknown: that it names twice, without hyphens and whole. */
function complaint(message: string, words: readonly string[]): string {
  const [, option = ''] = /^Not enough arguments following: (.*)$/s.exec(message) ?? [];
  if (option !== '') {
    return `${option.length === 1 ? '-' : '--'}${option} needs a value`;
  }
  const [, names] = /^Unknown arguments?: (.*)$/s.exec(message) ?? [];
  if (names === undefined) {
    return message.replaceAll(/\s+/g, ' ');
  }
  const unknown = names.split(', ');
  const typed = words.filter((word) => unknown.includes(word.replace(/^--?/, '').replace(/=.*/s, '')));
  // Values and words may be of a code: those are counted, not shown.
  const options = typed.filter((word) => word.startsWith('-')).map((word) => `'${word.replace(/=.*/s, '')}'`);
  return options.length > 0
    ? `there is no option or argument ${options.join(', ')}`
    : `there is no option or argument like that: ${unknown.length === 1 ? 'a word' : `${unknown.length} words`} too many`;
}

async function chat(args: ChatArguments, words: readonly string[]): Promise<number> {
  const { invite } = args;
  if (invite !== undefined && !inviteLike.test(invite)) {
    if (words.includes('--heartbeat') && /^[\d.]+$/.test(invite)) {
      throw usage(`'${invite}' is no invite`, `Seconds stand behind an equals sign: --heartbeat=${invite}`);
    }
    if (invite.startsWith('-')) {
      throw usage(`there is no option '${invite.replace(/(?<=.)-.*/s, '')}'`);
    }
    if (words[0] !== 'chat') {
      throw await mistyped(invite);
    }
  }
  const { runChat } = await import('./commands/chat-command.ts');
  return runChat(words.length === 0 ? undefined : args);
}

async function nothingToAskIn(parser: Argv): Promise<PunchlineError> {
  process.stderr.write(`${await parser.getHelp()}\n\n`);
  return usage(
    'there is no terminal to ask in',
    'Say what to do, for example: punchline chat -s example.org',
  );
}

async function help(topic: string | undefined, parser: Argv): Promise<number> {
  const { runHelp } = await import('./commands/help-command.ts');
  const pages = new URL('./manual/', import.meta.url);
  return runHelp({ topic, pages, usage: () => parser.getHelp() });
}

async function mistyped(word: string): Promise<PunchlineError> {
  const { mistypedCommand } = await import('./commands/chat-command.ts');
  return mistypedCommand(word, commands);
}

function usage(message: string, hint = 'See punchline --help.'): PunchlineError {
  return new PunchlineError('ERR_USAGE', message, { hint });
}

// Node would show the line of code beside it: 30 KB in a bundle.
process.on('uncaughtException', (error) => {
  writeSync(process.stderr.fd, bugLines(error));
  try {
    process.exit(1);
  } catch {
    // A screen that cannot be drawn cannot be taken down either: what it throws now is no news.
    process.exit(1);
  }
});
// Whoever read our words is gone. Commands that talk for a reader watch this too, and end.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', () => undefined);
}
try {
  process.exitCode = await run(process.argv.slice(2));
} catch (error) {
  if (error instanceof PunchlineError && error.code !== 'ERR_BUG') {
    process.stderr.write(failureLines(error));
    process.exitCode = error.exitCode;
  } else {
    process.stderr.write(bugLines(error));
    process.exitCode = 1;
  }
}
function leaveSoon() {
  return setTimeout(() => process.exit(), LAST_MOMENTS_MS).unref();
}
// A signal waits for no reader.
if (process.exitCode > 128) {
  leaveSoon();
}
// However slowly somebody reads, all of it is theirs: `ended` is the last line.
await Promise.all(
  [process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write('', done))),
);
leaveSoon();
