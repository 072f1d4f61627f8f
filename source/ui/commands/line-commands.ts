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
  options: LineCommandsOptions = {},
): (line: string) => boolean {
  const commands = new LineCommands(chat, log, write, options);
  return (line) => commands.run(line);
}

class LineCommands {
  readonly #chat: Chat;
  readonly #log: LogSwitch;
  readonly #write: (text: string) => void;
  readonly #options: LineCommandsOptions;
  #state: ChatState = initialChatState;
  #warnedOf = '';
  /** Whether the line before was one that removes the friend if it is repeated. */
  #isAsked = false;

  constructor(chat: Chat, log: LogSwitch, write: (text: string) => void, options: LineCommandsOptions) {
    this.#chat = chat;
    this.#log = log;
    this.#write = write;
    this.#options = options;
    chat.subscribe((event) => {
      this.#state = reduceForLines(this.#state, event);
      if (event.event === 'file' && event.state === 'offered' && event.direction === 'received') {
        this.#say(answersText(options.downloads, event.hidden));
      }
    });
  }

  /** Runs a line if it is a command, and returns whether it is one. */
  run(line: string): boolean {
    const entered = parseLine(line);
    const wasAsked = this.#isAsked;
    this.#isAsked = false;
    switch (entered.kind) {
      case 'message': {
        return false;
      }
      case 'quit': {
        this.#leave();
        break;
      }
      case 'send':
      case 'accept':
      case 'decline':
      case 'cancel': {
        void this.#runFile(entered);
        break;
      }
      case 'path': {
        if (entered.svg === undefined) {
          this.#answer(entered);
        } else {
          void this.#draw(entered.svg);
        }
        break;
      }
      case 'unfriend': {
        this.#unfriend(entered, wasAsked);
        break;
      }
      case 'verify':
      case 'name':
      case 'heartbeat':
      case 'friend':
      case 'forget':
      case 'log': {
        void this.#change(entered);
        break;
      }
      default: {
        this.#answer(entered);
      }
    }
    return true;
  }

  #say(line: string): void {
    this.#write(`${fitFor(this.#options.terminal, `* ${safeText(line)}`)}\n`);
  }

  #answer(question: Question): void {
    for (const line of answersTo(question, this.#state, this.#chat.rttMs)) {
      this.#say(line);
    }
  }

  #leave(): void {
    const { underWay, warning } = askToLeave(this.#state.files.transfers, this.#warnedOf);
    this.#warnedOf = underWay;
    if (warning === undefined) {
      this.#chat.leave();
    } else {
      this.#say(warning);
    }
  }

  /** `wasAsked`: whether the same command came just before. */
  #unfriend(command: ChatCommand, wasAsked: boolean): void {
    const { friend } = this.#state;
    if (friend === undefined || wasAsked) {
      void this.#change(command);
    } else {
      this.#isAsked = true;
      this.#say(unfriendText(friend));
    }
  }

  async #change(command: ChatCommand): Promise<void> {
    const answer = await runCommand(this.#chat, this.#log, command);
    if (answer !== undefined) {
      this.#say(answer);
    }
  }

  async #runFile(command: FileCommand): Promise<void> {
    const { transfers } = this.#state.files;
    const { downloads } = this.#options;
    const reason = await runFileCommand(this.#chat, command, { transfers, downloads });
    if (reason !== undefined) {
      this.#say(reason);
    }
  }

  async #draw(file: string): Promise<void> {
    const { savePath } = await import('../path/save-path.ts');
    const done = await savePath(this.#state, file);
    this.#say('wrong' in done ? done.wrong : done.notice);
  }
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
