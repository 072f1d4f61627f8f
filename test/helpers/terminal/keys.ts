/** The bytes that terminals send for keys. */

export const home = '\u001B[H';
export const end = '\u001B[F';
export const del = '\u001B[3~';
export const up = '\u001B[A';
export const down = '\u001B[B';
export const right = '\u001B[C';
export const left = '\u001B[D';
export const pageUp = '\u001B[5~';
export const pageDown = '\u001B[6~';
export const f1 = '\u001BOP';
export const f3 = '\u001BOR';
export const shiftF3 = '\u001B[1;2R';
export const backspace = '\u007F';
/** Esc as the kitty protocol sends it: the program need not wait for more. */
export const escape = '\u001B[27u';

/** A notch of the wheel (DECSET 1006), over the first cell. */
export const wheelUp = '\u001B[<64;1;1M';
export const wheelDown = '\u001B[<65;1;1M';

export function ctrl(letter: string): string {
  return String.fromCharCode(letter.charCodeAt(0) & 0x1f);
}
export function alt(key: string): string {
  return `\u001B${key}`;
}

/** A text as a terminal marks a paste. */
export function pasted(text: string): string {
  return `\u001B[200~${text}\u001B[201~`;
}
