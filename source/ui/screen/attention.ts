/**
 * Tells somebody who does not look: by a bell or a notification, and by a count
 * in the terminal's title. It writes nothing itself: what it returns is to be
 * written between two frames, and moves no cursor.
 */
import type { Notify, Environment } from '../settings/screen-settings.ts';
import type { PunchlineEvent } from '../../events.ts';
import { fileNews } from '../transfers/file-wording.ts';
import { nameText } from '../text/peer-name.ts';
import type { Stroke } from '../terminal/stroke.ts';
import { safeText } from '../../text/safe-text.ts';
import { truncateText } from '../text/text-layout.ts';

/** Whoever writes ten messages in a row is one reason to look. */
const QUIET_MS = 3000;
/** A terminal that does not report its focus is looked at for so long after a key. */
const LOOK_MS = 10_000;
/** Bounds how often a flood of messages changes the title, too. */
const MAX_COUNT = 99;

/** DECRPM: the terminal reports its focus when asked to (xterm's ctlseqs, mode 1004). */
// oxlint-disable-next-line no-control-regex -- an escape sequence begins with ESC
const reportsFocus = /^\u001B\[\?1004;[1-3]\$y$/;

export interface AttentionOptions {
  readonly notify: Notify;
  readonly way: NotificationWay;
  /** Whether the terminal has a title that can be set. */
  readonly hasTitle: boolean;
  /** When the command was entered: somebody looked then. */
  readonly startedAtMs: number;
}

export class Attention {
  readonly #options: AttentionOptions;
  readonly #names = new Map<number, string>();
  #focus: 'in' | 'out' | 'unknown' = 'unknown';
  #keyAt: number;
  #toldAt = -Infinity;
  #count = 0;
  #title = '';

  constructor(options: AttentionOptions) {
    this.#options = options;
    this.#keyAt = options.startedAtMs;
  }

  /** A key, or what the terminal says about itself. Times in ms, of any clock. */
  onStroke(stroke: Stroke, atMs: number): string {
    const key = 'key' in stroke ? stroke.key : '';
    if ('reply' in stroke) {
      if (this.#focus === 'unknown' && reportsFocus.test(stroke.reply)) {
        this.#focus = 'in';
      }
    } else if (key === 'focus-out') {
      this.#focus = 'out';
    } else {
      // Keys reach the terminal that has the focus, the wheel another one as well.
      this.#focus = key === 'focus-in' ? 'in' : this.#focus;
      this.#keyAt = atMs;
      this.#count = this.#isSeen(atMs) ? 0 : this.#count;
    }
    return this.#titleSequence();
  }

  /** What has happened in the chat number `pane`. */
  onEvent(event: PunchlineEvent, pane: number, atMs: number): string {
    const text = this.#newsOf(event, pane);
    const isUnseen = text !== undefined && !this.#isSeen(atMs);
    if (isUnseen && (event.event === 'message' || event.event === 'file')) {
      this.#count = Math.min(this.#count + 1, MAX_COUNT);
    }
    const isTold = isUnseen && this.#options.notify !== 'off' && atMs - this.#toldAt >= QUIET_MS;
    if (isTold) {
      this.#toldAt = atMs;
    }
    // Only a terminal that reports its focus may put something on somebody's desktop.
    const way = this.#focus === 'out' && this.#options.notify !== 'bell' ? this.#options.way : 'bell';
    return this.#titleSequence() + (isTold ? notificationSequence(way, text) : '');
  }

  /** The title as it is, for a terminal that has another one. */
  titleAgain(): string {
    this.#title = '';
    return this.#titleSequence();
  }

  #isSeen(atMs: number): boolean {
    return this.#focus === 'in' || (this.#focus === 'unknown' && atMs - this.#keyAt < LOOK_MS);
  }

  /** What a person who is away wants to be told; undefined for most events. */
  #newsOf(event: PunchlineEvent, pane: number): string | undefined {
    if (event.event === 'connected') {
      this.#names.set(pane, nameText(event.peer.name));
    } else if (event.event === 'renamed') {
      this.#names.set(pane, nameText(event.name));
    }
    const name = this.#names.get(pane) ?? nameText('');
    switch (event.event) {
      case 'connected': {
        return `${name} is here`;
      }
      case 'message': {
        const news = this.#options.notify === 'text' ? `${name}: ${event.text}` : `${name} wrote`;
        return event.from === 'me' ? undefined : news;
      }
      case 'file': {
        return fileNews(event, name, this.#options.notify === 'text');
      }
      case 'ended': {
        return { 'peer-left': `${name} has left`, failed: 'The chat has ended.' }[event.reason as string];
      }
      default: {
        return undefined;
      }
    }
  }

  /** OSC 2, where the title is another one now. */
  #titleSequence(): string {
    const names = [...this.#names.values()].join(', ');
    const count = this.#count === 0 ? '' : ` (${this.#count})`;
    const title = `Punchline${names === '' ? '' : `: ${names}`}${count}`;
    if (!this.#options.hasTitle || title === this.#title) {
      return '';
    }
    this.#title = title;
    return `\u001B]2;${title}\u001B\\`;
  }
}

/** How a terminal is made to tell somebody who does not look at it. */

/** Desktops show one or two lines; terminals cut off what is far longer, each at another place. */
const MAX_COLUMNS = 180;
/** More than that many columns can need, so that a long text is not searched whole. */
const MAX_LENGTH = 2048;

const bell = '\u0007';
const end = '\u001B\\';

const sequences = {
  bell: () => bell,
  /** iTerm2. */
  'osc 9': (text: string) => `\u001B]9;${text}${end}`,
  /** rxvt-unicode, and many after it. */
  'osc 777': (text: string) => `\u001B]777;notify;Punchline;${text}${end}`,
  /** The same where only some of them know it, which cannot be told: the others say nothing about it. */
  'bell and osc 777': (text: string) => `\u001B]777;notify;Punchline;${text}${end}${bell}`,
  /** kitty: title and body of one notification, and only while its window has no focus. */
  'osc 99': (text: string) =>
    `\u001B]99;i=punchline:d=0:o=unfocused;Punchline${end}\u001B]99;i=punchline:d=1:p=body;${text}${end}`,
} as const satisfies Record<string, (text: string) => string>;

type NotificationWay = keyof typeof sequences;

/** What terminals call themselves in TERM_PROGRAM, which does not reach another machine. */
const byProgram: ReadonlyMap<string, NotificationWay> = new Map([
  ['iTerm.app', 'osc 9'],
  ['WezTerm', 'osc 777'],
  ['ghostty', 'osc 777'],
  ['WarpTerminal', 'osc 777'],
]);

/** Which way this terminal knows for sure; every one has a bell. */
export function notificationWay(environment: Environment): NotificationWay {
  const { TERM: term = '', TERM_PROGRAM: program = '' } = environment;
  function has(name: string): boolean {
    return (environment[name] ?? '') !== '';
  }
  // A multiplexer passes nothing on unless it is told to, and does not tell whether it was.
  if (has('TMUX') || has('STY') || has('ZELLIJ') || /^(?:tmux|screen)/.test(term)) {
    return 'bell';
  }
  if (has('KITTY_WINDOW_ID') || term === 'xterm-kitty') {
    return 'osc 99';
  }
  const known = byProgram.get(program);
  if (known !== undefined) {
    return known;
  }
  if (/^(?:foot|xterm-ghostty|wezterm|contour)/.test(term)) {
    return 'osc 777';
  }
  return has('VTE_VERSION') || term.startsWith('rxvt-unicode') ? 'bell and osc 777' : 'bell';
}

/** What to write to the terminal. Nothing in `text` ends the sequence or begins another field. */
export function notificationSequence(way: NotificationWay, text: string): string {
  const line = safeText(text.slice(0, MAX_LENGTH).replaceAll(/\s+/g, ' ')).replaceAll(';', ',');
  return sequences[way](truncateText(line, MAX_COLUMNS));
}
