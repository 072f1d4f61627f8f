/** Puts a text into the clipboard of the terminal's machine (OSC 52 of xterm's ctlseqs), also over ssh. */
import { Buffer } from 'node:buffer';
import type { Environment } from '../settings/screen-settings.ts';

/**
 * Bounds a text, in bytes: hterm takes sequences of at most 100,000 characters,
 * and base64 makes four of three bytes. Other terminals take as much or more.
 */
export const MAX_CLIPBOARD_BYTES = 74_994;

/** GNU screen takes 768 bytes in one sequence that it passes on. The lines of base64 have this length elsewhere, too. */
const SCREEN_LINE = 76;

/** What the sequence has to go through. Undefined if the terminal has no clipboard, or prints the sequence. */
export type ClipboardWay = 'terminal' | 'tmux' | 'screen' | undefined;

export function clipboardWay(environment: Environment): ClipboardWay {
  const { TERM: term = '', TMUX: tmux = '', STY: screen = '', WT_SESSION: windows = '' } = environment;
  if (['', 'dumb', 'linux'].includes(term) && windows === '') {
    return undefined;
  }
  if (tmux !== '') {
    return 'tmux';
  }
  return screen === '' ? 'terminal' : 'screen';
}

/** The sequence. Base64 has no character that could end it. */
export function clipboardSequence(text: string, way: NonNullable<ClipboardWay>): string {
  const base64 = Buffer.from(text).toString('base64');
  const sequence = `\u001B]52;c;${base64}\u0007`;
  switch (way) {
    case 'terminal': {
      return sequence;
    }
    case 'tmux': {
      // tmux takes the first with `set-clipboard on`, and passes the second on with `allow-passthrough on`.
      return `${sequence}\u001BPtmux;${sequence.replaceAll('\u001B', '\u001B\u001B')}\u001B\\`;
    }
    case 'screen': {
      const lines = base64.match(new RegExp(`.{1,${SCREEN_LINE}}`, 'g')) ?? [];
      return `\u001BP\u001B]52;c;${lines.join('\u001B\\\u001BP')}\u0007\u001B\\`;
    }
    default: {
      return way satisfies never;
    }
  }
}
