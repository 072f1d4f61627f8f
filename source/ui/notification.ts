/** How a terminal is made to tell somebody who does not look at it. */
import type { Environment } from './settings/screen-settings.ts';
import { safeText } from '../text/safe-text.ts';
import { truncateText } from './text/text-layout.ts';

/** Desktops show one or two lines; terminals cut off what is far longer, each at another place. */
const maxColumns = 180;
/** More than that many columns can need, so that a long text is not searched whole. */
const maxLength = 2048;

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

export type NotificationWay = keyof typeof sequences;

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
  const has = (name: string): boolean => (environment[name] ?? '') !== '';
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
  const line = safeText(text.slice(0, maxLength).replaceAll(/\s+/g, ' ')).replaceAll(';', ',');
  return sequences[way](truncateText(line, maxColumns));
}
