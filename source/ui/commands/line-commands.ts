import { safeText } from '../../text/safe-text.ts';
import type { Chat } from '../../events.ts';
import { type ChatState, initialChatState } from '../conversation/chat-state.ts';
import { filesLines } from '../conversation/file-lines.ts';
import { answersText } from '../transfers/file-wording.ts';
import { askToLeave } from '../transfers/leave-twice.ts';
import { reduceForLines } from '../lines/chat-for-lines.ts';
import { unfriendText } from '../friend/friend-text.ts';
import { fitFor, type TerminalSize } from '../lines/hanging-text.ts';
import type { Line } from '../text/line.ts';
import type { LogSwitch } from '../lines/log-switch.ts';
import { pathLogLines } from '../path/path-lines.ts';
import { runCommand } from './run-command.ts';
import { runFileCommand } from './file-commands.ts';
import { commandHelp } from './command-help.ts';
import { type EnteredLine, type FileCommand, parseLine, type ChatCommand } from './slash-commands.ts';

/** Wider than any line: the views of the screen are used here, and must not wrap their lines. */
const COLUMNS = 100_000;

export interface LineCommandsOptions {
  /** Where received files are put by default, as it is shown to the user. */
  readonly downloads?: string;
  /** The size of the terminal that the lines go to, if they go to one. */
  readonly terminal?: TerminalSize;
}

/**
 * The commands of a chat that is shown as lines of text. The returned function
 * runs a line that is a command and writes the result. It returns whether the
 * line was a command.
 */
export function createLineCommands(
  chat: Chat,
  log: LogSwitch,
  write: (text: string) => void,
  { downloads, terminal }: LineCommandsOptions = {},
): (line: string) => boolean {
  let state: ChatState = initialChatState;
  function say(line: string): void {
    return write(`${fitFor(terminal, `* ${safeText(line)}`)}\n`);
  }
  chat.subscribe((event) => {
    state = reduceForLines(state, event);
    if (event.event === 'file' && event.state === 'offered' && event.direction === 'received') {
      say(answersText(downloads, event.hidden));
    }
  });
  let warnedOf = '';
  function leave(): void {
    const { underWay, warning } = askToLeave(state.files.transfers, warnedOf);
    warnedOf = underWay;
    if (warning === undefined) {
      chat.leave();
    } else {
      say(warning);
    }
  }
  async function runFile(command: FileCommand): Promise<void> {
    const reason = await runFileCommand(chat, command, { transfers: state.files.transfers, downloads });
    if (reason !== undefined) {
      say(reason);
    }
  }
  async function draw(file: string): Promise<void> {
    const { savePath } = await import('../path/save-path.ts');
    const done = await savePath(state, file);
    say('wrong' in done ? done.wrong : done.notice);
  }
  function run(command: ChatCommand): void {
    void runCommand(chat, log, command).then((answer) => answer !== undefined && say(answer));
  }
  function sayAll(answers: readonly string[]): void {
    answers.forEach(say);
  }
  /** Whether the line before was one that removes the friend if it is repeated. */
  let isAsked = false;
  return (line) => {
    const wasAsked = isAsked;
    isAsked = false;
    const entered = parseLine(line);
    switch (entered.kind) {
      case 'message': {
        return false;
      }
      case 'quit': {
        leave();
        break;
      }
      case 'send':
      case 'accept':
      case 'decline':
      case 'cancel': {
        void runFile(entered);
        break;
      }
      case 'path': {
        if (entered.svg === undefined) {
          sayAll(answersTo(entered, state, chat.rttMs));
        } else {
          void draw(entered.svg);
        }
        break;
      }
      case 'unfriend': {
        if (state.friend === undefined || wasAsked) {
          run(entered);
        } else {
          isAsked = true;
          say(unfriendText(state.friend));
        }
        break;
      }
      case 'verify':
      case 'name':
      case 'heartbeat':
      case 'friend':
      case 'forget':
      case 'log': {
        run(entered);
        break;
      }
      default: {
        sayAll(answersTo(entered, state, chat.rttMs));
      }
    }
    return true;
  };
}

/** A command that asks for information, and changes nothing. */
type Question = Exclude<EnteredLine, { readonly kind: 'message' | 'quit' } | FileCommand | ChatCommand>;

/** The answer to a question, as lines. `rttMs`: the last round trip in ms, if it is known. */
function answersTo(question: Question, state: ChatState, rttMs: number | undefined): readonly string[] {
  switch (question.kind) {
    case 'files': {
      return filesLines(state, COLUMNS).map(textOf).filter(Boolean);
    }
    case 'help': {
      return commandHelp().map(([usage, about]) => `${usage}: ${about}`);
    }
    case 'path': {
      const roundTrips = rttMs === undefined ? [] : [rttMs];
      return pathLogLines({ chat: state, roundTrips }, COLUMNS).map(textOf).filter(Boolean);
    }
    case 'qr': {
      return [
        state.invite === undefined ? 'This side has no invite to show.' : `The invite is ${state.invite}`,
      ];
    }
    case 'again': {
      return ['/again works only on the screen. Here the program ends with its chat.'];
    }
    case 'find':
    case 'copy':
    case 'clear': {
      return [`/${question.kind} works only on the screen. Here the terminal itself keeps the conversation.`];
    }
    case 'theme': {
      return ['/theme works only on the screen. These lines have no colours.'];
    }
    case 'wrong': {
      return [question.notice];
    }
    default: {
      return question satisfies never;
    }
  }
}

function textOf(line: Line): string {
  return line
    .map((piece) => ('spinner' in piece ? '' : piece.text))
    .join('')
    .replaceAll(/ +/g, ' ')
    .trim();
}
