import type { Key } from 'ink';
import type { Stroke } from './composer-state.ts';

const namedKeys = [
  ['return', 'enter'],
  ['escape', 'escape'],
  ['tab', 'tab'],
  ['backspace', 'backspace'],
  ['delete', 'delete'],
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['home', 'home'],
  ['end', 'end'],
  ['pageUp', 'pageup'],
  ['pageDown', 'pagedown'],
] as const;

/**
 * What Ink tells of one input, as strokes. Ink splits reads at escape
 * sequences, backspaces and C-c only: several keys that came in one read (a slow
 * line, a script) stand in one input, with control characters among the text.
 */
export function strokesOf(input: string, key: Key): Stroke[] {
  if (key.eventType === 'release') {
    return [];
  }
  const modifiers = `${key.ctrl ? 'C-' : ''}${key.meta ? 'M-' : ''}`;
  const named = namedKeys.find(([flag]) => key[flag]);
  if (named !== undefined) {
    return [{ key: modifiers + named[1] }];
  }
  if (modifiers !== '') {
    return input === '' ? [] : [{ key: modifiers + input.toLowerCase() }];
  }
  return strokesOfText(input);
}

function strokesOfText(input: string): Stroke[] {
  const strokes: Stroke[] = [];
  // oxlint-disable-next-line no-control-regex -- control characters are the keys in question
  for (const [piece] of input.matchAll(/\r\n|[\u0000-\u001F\u007F]|[^\u0000-\u001F\u007F]+/g)) {
    strokes.push(strokeOfPiece(piece));
  }
  return strokes;
}

function strokeOfPiece(piece: string): Stroke {
  const code = piece.charCodeAt(0);
  if (code === 0x7f || code === 0x08) {
    return { key: 'backspace' };
  }
  if (code >= 0x20) {
    return { text: piece };
  }
  if (piece.startsWith('\r') || piece === '\n') {
    return { key: 'enter' };
  }
  return { key: piece === '\t' ? 'tab' : `C-${String.fromCharCode(code + 0x60)}` };
}

/** A paste arrives as the terminal sends it, with CR for newlines. */
export function strokeOfPaste(text: string): Stroke {
  return { text: text.replaceAll(/\r\n?/g, '\n') };
}
