import type { Chat, FileEvent, PunchlineEvent } from '../../events.ts';
import { fitFor } from '../../ui/lines/hanging-text.ts';
import { omittedLine, Outlet } from '../../ui/lines/outlet.ts';
import { createPlainPrinter } from '../../ui/lines/plain.ts';
import { screenSettings, whyLines } from '../../ui/settings/screen-settings.ts';
import { LiveLine } from '../../ui/terminal/live-line.ts';
import { asciiMarks } from '../../ui/text/ascii-marks.ts';
import { transferLines } from '../../ui/transfers/transfer-lines.ts';
import { filesAtRest, noFiles, reduceFiles, type Transfer } from '../../ui/transfers/transfers.ts';
import { failureLines } from '../../text/failure-lines.ts';
import type { Config } from '../settings/config.ts';
import { summaryText } from './transfer-report.ts';

/** How often the progress is drawn. */
const DRAWN_MS = 200;

/** Events that a person who hands over files has no use for. */
const silent: ReadonlySet<string> = new Set<PunchlineEvent['event']>(['typing', 'heartbeat']);

export interface TransferFaceOptions {
  /** What this side does. */
  readonly task: 'send' | 'receive';
  readonly config: Config;
  /** Takes the texts of the peer. Without it they are told with everything else. */
  readonly onText?: ((text: string) => void) | undefined;
}

/** Tells on stderr what becomes of files: a line for each step, and on a terminal the progress in a line that moves. */
export class TransferFace {
  readonly #options: TransferFaceOptions;
  readonly #outlet = new Outlet(process.stderr, { missing: omittedLine });
  readonly #print: (event: PunchlineEvent) => void;
  readonly #canDraw: boolean;
  readonly #isAscii: boolean;
  readonly #isStill: boolean;
  #files = noFiles;
  #isLost = false;
  #startedAt: number | undefined;
  #line: LiveLine | undefined;
  #prompt = '';

  constructor(chat: Chat, options: TransferFaceOptions) {
    const { config, task } = options;
    const { stderr } = process;
    const { ascii, reducedMotion } = screenSettings({}, process.env, config);
    this.#options = options;
    this.#isAscii = ascii;
    this.#isStill = reducedMotion;
    this.#canDraw = stderr.isTTY && whyLines({}, process.env, config, process.platform) === undefined;
    this.#print = createPlainPrinter((text) => this.#write(text), {
      command: task === 'send' ? 'receive' : 'send',
      ownMessages: false,
      terminal: stderr,
    });
    chat.subscribe((event) => this.#tell(event));
  }

  /** All that was offered so far. */
  get transfers(): readonly Transfer[] {
    return this.#files.transfers;
  }

  /** Shows a question in front of the cursor, until `answered`. */
  ask(prompt: string): void {
    this.#line?.end();
    this.#line = undefined;
    this.#prompt = prompt;
    process.stderr.write(prompt);
  }

  answered(): void {
    this.#prompt = '';
    this.#draw();
  }

  /** A sentence of its own. */
  say(sentence: string): void {
    this.#write(`${fitFor(process.stderr, `* ${sentence}`)}\n`);
  }

  #tell(event: PunchlineEvent): void {
    this.#note(event);
    if (event.event === 'ended') {
      this.#end(event.at);
    } else if (event.event === 'error') {
      this.#write(failureLines(event));
    } else if (event.event === 'delivered') {
      this.say('the text has arrived');
    } else if (event.event === 'message' && event.from === 'peer' && this.#options.onText !== undefined) {
      this.#options.onText(event.text);
    } else {
      this.#show(event);
    }
  }

  #note(event: PunchlineEvent): void {
    if (event.event === 'file') {
      this.#files = reduceFiles(this.#files, event, event.at);
      this.#startedAt ??= startOf(event, event.at);
    } else if (event.event === 'lost') {
      this.#isLost = true;
      this.#files = filesAtRest(this.#files);
    } else if (event.event === 'resumed') {
      this.#isLost = false;
    }
  }

  #show(event: PunchlineEvent): void {
    const isDrawn = this.#canDraw && event.event === 'file' && event.state === 'progress';
    if (!isDrawn && !silent.has(event.event)) {
      this.#print(event);
    }
    this.#draw();
  }

  #write(text: string): void {
    if (this.#prompt !== '') {
      this.#outlet.write(`\n${text}${this.#prompt}`);
    } else if (this.#line === undefined) {
      this.#outlet.write(text);
    } else {
      this.#line.write(text);
    }
  }

  /** The line is there as long as something is under way. */
  #draw(): void {
    const isWanted = this.#canDraw && this.#prompt === '' && this.#files.transfers.some(isRunning);
    if (!isWanted) {
      this.#line?.end();
      this.#line = undefined;
      return;
    }
    this.#line ??= new LiveLine({
      stream: process.stderr,
      text: () => this.#progress(),
      atMostEveryMs: DRAWN_MS,
      isMoving: !this.#isStill,
    });
    this.#line.refresh();
  }

  #progress(): string {
    const [line = []] = transferLines(this.#files.transfers.filter(isRunning), {
      columns: (process.stderr.columns || 80) - 1,
      rows: 1,
      now: Date.now(),
      isLost: this.#isLost,
      reducedMotion: this.#isStill,
    });
    const text = line.map((piece) => ('text' in piece ? piece.text : '')).join('');
    return this.#isAscii ? asciiMarks(text) : text;
  }

  #end(now: number): void {
    if (this.#prompt !== '') {
      this.#prompt = '';
      process.stderr.write('\n');
    }
    this.#line?.end();
    this.#line = undefined;
    const direction = this.#options.task === 'send' ? 'sent' : 'received';
    const summary = summaryText(this.#files.transfers, direction, now - (this.#startedAt ?? now));
    this.#outlet.end();
    if (summary !== undefined) {
      this.say(summary);
    }
  }
}

/** In each direction, one goes after the other. */
function isRunning({ file }: Transfer): boolean {
  return file.state === 'progress';
}

/** When the first bytes may have left. */
function startOf({ state }: FileEvent, at: number): number | undefined {
  return state === 'accepted' || state === 'progress' ? at : undefined;
}
