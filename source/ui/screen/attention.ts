/**
 * Tells somebody who does not look: by a bell or a notification, and by a count
 * in the terminal's title. It writes nothing itself: what it returns is to be
 * written between two frames, and moves no cursor.
 */
import type { Notify } from '../settings/screen-settings.ts';
import type { PunchlineEvent } from '../../events.ts';
import { fileNews } from '../transfers/file-wording.ts';
import { type NotificationWay, notificationSequence } from '../notification.ts';
import { nameText } from '../text/peer-name.ts';
import type { Stroke } from '../terminal/stroke.ts';

/** Whoever writes ten messages in a row is one reason to look. */
const quietMs = 3000;
/** A terminal that does not report its focus is looked at for so long after a key. */
const lookMs = 10_000;
/** Bounds how often a flood of messages changes the title, too. */
const maxCount = 99;

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
      this.#count = Math.min(this.#count + 1, maxCount);
    }
    const isTold = isUnseen && this.#options.notify !== 'off' && atMs - this.#toldAt >= quietMs;
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
    return this.#focus === 'in' || (this.#focus === 'unknown' && atMs - this.#keyAt < lookMs);
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
