/** What the program does to the terminal, and how that is undone. */
import process from 'node:process';

/**
 * To be called before the first frame: Ink sets raw mode only after it, and
 * what is typed in between would be echoed into the frame.
 */
export function enterRawMode(stdin: NodeJS.ReadStream): void {
  stdin.setRawMode(true);
}

/** Back to the ordinary screen, cursor on (xterm ctlseqs, DECRST 1049, DECSET 25). */
const ordinaryScreen = '\u001B[?1049l\u001B[?25h';

/** After Ink itself has thrown: then it has restored nothing. */
export function restoreTerminal(stdin: NodeJS.ReadStream, stdout: NodeJS.WriteStream): void {
  stdin.setRawMode(false);
  stdin.unref();
  stdout.write(ordinaryScreen);
}

/** Bracketed paste (DECSET 2004). */
const bracketPastes = '\u001B[?2004h';
/** Whether the terminal speaks the kitty keyboard protocol; most say nothing. */
const query = '\u001B[?u';
/** xterm's and tmux' way to tell Shift-Enter from Enter: modifyOtherKeys 1. */
const otherKeys = '\u001B[>4;1m';
const plainKeyboard = '\u001B[?2004l';
const plainOtherKeys = '\u001B[>4m';
/** Keys that are ambiguous otherwise, with what stands on a Latin keyboard: flags 1 and 4. */
const kittyKeys = '\u001B[>5u';
const plainKittyKeys = '\u001B[<u';

export interface TerminalKeyboard {
  /** The terminal has answered that it speaks the kitty protocol. */
  readonly useKittyKeys: () => void;
  /** As before; `on` again after somebody else had the terminal. */
  readonly off: () => void;
  readonly on: () => void;
}

/** Asks a terminal for keys and pastes that can be told apart; undone when the process ends, at the latest. */
export function setUpKeyboard(
  stdout: NodeJS.WriteStream,
  term = process.env['TERM'] ?? '',
): TerminalKeyboard {
  const isDumb = term === 'dumb' || term === '';
  const hasOtherKeys = /^(?:xterm|tmux|screen)/.test(term);
  let isOn = false;
  let isKitty = false;
  const write = (sequences: string): void => {
    if (!isDumb && sequences !== '' && !stdout.destroyed) {
      stdout.write(sequences);
    }
  };
  const on = (): void => {
    isOn = true;
    write(bracketPastes + (isKitty ? kittyKeys : hasOtherKeys ? otherKeys : ''));
  };
  const off = (): void => {
    if (isOn) {
      isOn = false;
      write((isKitty ? plainKittyKeys : '') + (hasOtherKeys ? plainOtherKeys : '') + plainKeyboard);
    }
  };
  process.once('exit', off);
  on();
  write(query);
  return {
    on,
    off: () => {
      process.off('exit', off);
      off();
    },
    useKittyKeys: () => {
      if (isOn && !isKitty) {
        isKitty = true;
        write(kittyKeys);
      }
    },
  };
}
