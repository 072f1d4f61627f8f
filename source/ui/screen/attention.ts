/**
 * Tells a user who is not looking at the terminal of news: by a bell or a
 * notification, and by a count in the terminal's title. It writes nothing
 * itself: it returns sequences that move no cursor, to be written between two
 * frames.
 */
import type { Notify, Environment } from '../settings/screen-settings.ts';
import type { PunchlineEvent } from '../../events.ts';
import type { fileNews } from '../transfers/file-wording.ts';
import { nameText } from '../text/peer-name.ts';
import type { Stroke } from '../terminal/stroke.ts';
import { safeText } from '../../text/safe-text.ts';
import { truncateText } from '../text/text-layout.ts';

/** The time between two notifications. Several messages in a row need only one. */
const QUIET_MS = 3000;
/** If a terminal does not report its focus, the user is taken to look at it for this long after a key. */
const LOOK_MS = 10_000;
/** Bounds the count in the title, so that a flood of messages does not change the title without end. */
const MAX_COUNT = 99;

/** The answer (DECRPM) of a terminal that can report its focus (xterm's ctlseqs, mode 1004). */
// oxlint-disable-next-line no-control-regex -- an escape sequence begins with ESC
const reportsFocus = /^\u001B\[\?1004;[1-3]\$y$/;

export interface AttentionOptions {
  readonly notify: Notify;
  readonly way: NotificationWay;
  /** Whether the terminal has a title that can be set. */
  readonly hasTitle: boolean;
  /** When the command was started, in ms. The user was looking then. */
  readonly startedAtMs: number;
}

/** Knows whether the user looks, and decides when to notify. */
export class Attention {
  readonly #options: AttentionOptions;
  readonly #names = new Map<number, string>();
  #focus: 'in' | 'out' | 'unknown' = 'unknown';
  #keyAt: number;
  #toldAt = -Infinity;
  #count = 0;
  #title = '';
  /** Undefined until it is loaded, a moment after the first frame: no file comes before that. */
  fileNews: typeof fileNews | undefined;

  constructor(options: AttentionOptions) {
    this.#options = options;
    this.#keyAt = options.startedAtMs;
  }

  /** To be called for each stroke. Times are in ms, by any clock. Returns sequences to write. */
  onStroke(stroke: Stroke, atMs: number): string {
    const key = 'key' in stroke ? stroke.key : '';
    if ('reply' in stroke) {
      if (this.#focus === 'unknown' && reportsFocus.test(stroke.reply)) {
        this.#focus = 'in';
      }
    } else if (key === 'focus-out') {
      this.#focus = 'out';
    } else {
      // Keys go to the terminal that has the focus. The wheel can also turn over another one.
      this.#focus = key === 'focus-in' ? 'in' : this.#focus;
      this.#keyAt = atMs;
      this.#count = this.#isSeen(atMs) ? 0 : this.#count;
    }
    return this.#titleSequence();
  }

  /** To be called for each event of the chat in pane number `pane`. Returns sequences to write. */
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
    // A desktop notification is only sent if the terminal has reported that it lost the focus.
    const way = this.#focus === 'out' && this.#options.notify !== 'bell' ? this.#options.way : 'bell';
    return this.#titleSequence() + (isTold ? notificationSequence(way, text) : '');
  }

  /** Sets the title again, after another program has changed it. */
  titleAgain(): string {
    this.#title = '';
    return this.#titleSequence();
  }

  #isSeen(atMs: number): boolean {
    return this.#focus === 'in' || (this.#focus === 'unknown' && atMs - this.#keyAt < LOOK_MS);
  }

  /** The text of the notification about an event. Undefined for most events. */
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
        return this.fileNews?.(event, name, this.#options.notify === 'text');
      }
      case 'friend': {
        return event.state === 'offered' ? `${name} wants to keep you as a friend` : undefined;
      }
      case 'ended': {
        return { 'peer-left': `${name} has left`, failed: 'The chat has ended.' }[event.reason as string];
      }
      default: {
        return undefined;
      }
    }
  }

  /** Sets the title (OSC 2), if it has changed. */
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

/** Bounds a notification. Desktops show one or two lines, and each terminal cuts off at another length. */
const MAX_COLUMNS = 180;
/** Bounds the work for a long text. MAX_COLUMNS columns never need more characters. */
const MAX_LENGTH = 2048;

const bell = '\u0007';
const end = '\u001B\\';

const sequences = {
  bell: () => bell,
  /** iTerm2. */
  'osc 9': (text: string) => `\u001B]9;${text}${end}`,
  /** rxvt-unicode, and many after it. */
  'osc 777': (text: string) => `\u001B]777;notify;Punchline;${text}${end}`,
  /**
   * For a terminal that may know OSC 777 or not, which cannot be found out. One
   * that does not know it still gets the bell.
   */
  'bell and osc 777': (text: string) => `\u001B]777;notify;Punchline;${text}${end}${bell}`,
  /** kitty: title and body of one notification, shown only while its window has no focus. */
  'osc 99': (text: string) =>
    `\u001B]99;i=punchline:d=0:o=unfocused;Punchline${end}\u001B]99;i=punchline:d=1:p=body;${text}${end}`,
} as const satisfies Record<string, (text: string) => string>;

type NotificationWay = keyof typeof sequences;

/** By the name of the terminal in TERM_PROGRAM, which is not passed on to another machine. */
const byProgram: ReadonlyMap<string, NotificationWay> = new Map([
  ['iTerm.app', 'osc 9'],
  ['WezTerm', 'osc 777'],
  ['ghostty', 'osc 777'],
  ['WarpTerminal', 'osc 777'],
]);

/** The best kind of notification that this terminal certainly knows. Every terminal has a bell. */
export function notificationWay(environment: Environment): NotificationWay {
  const { TERM: term = '', TERM_PROGRAM: program = '' } = environment;
  function has(name: string): boolean {
    return (environment[name] ?? '') !== '';
  }
  // A multiplexer passes notifications on only if it is set to, and that cannot be found out.
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

/**
 * The sequence for a notification. `text` is made safe, so that nothing in it
 * ends the sequence or begins another field.
 */
export function notificationSequence(way: NotificationWay, text: string): string {
  const line = safeText(text.slice(0, MAX_LENGTH).replaceAll(/\s+/g, ' ')).replaceAll(';', ',');
  return sequences[way](truncateText(line, MAX_COLUMNS));
}
