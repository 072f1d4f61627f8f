/** What Ink does to the terminal, for the moments in which Ink does it too late or not at all. */

/**
 * To be called before the first frame: Ink sets raw mode only after it, and
 * what is typed in between would be echoed into the frame.
 */
export function enterRawMode(stdin: NodeJS.ReadStream): void {
  stdin.setRawMode(true);
}

/** Bracketed paste off, back to the ordinary screen, cursor on (xterm ctlseqs, DECRST 2004 and 1049, DECSET 25). */
const ordinaryScreen = '\u001B[?2004l\u001B[?1049l\u001B[?25h';

/** After Ink itself has thrown: then it has restored nothing. */
export function restoreTerminal(stdin: NodeJS.ReadStream, stdout: NodeJS.WriteStream): void {
  stdin.setRawMode(false);
  stdin.unref();
  stdout.write(ordinaryScreen);
}
