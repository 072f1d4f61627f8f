/** What the program does to the terminal, and how that is undone. */
import process from 'node:process';

/**
 * To be called before the first frame: Ink sets raw mode only after it, and
 * what is typed in between would be echoed into the frame.
 */
export function enterRawMode(stdin: NodeJS.ReadStream): void {
  stdin.setRawMode(true);
}

/** Back to the ordinary screen (xterm ctlseqs, DECRST 1049). On that very screen it would move the cursor. */
const ordinaryScreen = '\u001B[?1049l';
/** DECSET 25. */
const visibleCursor = '\u001B[?25h';

/** After Ink itself has thrown: then it has restored nothing. */
export function restoreTerminal(
  stdin: NodeJS.ReadStream,
  stdout: NodeJS.WriteStream,
  altScreen: boolean,
): void {
  stdin.setRawMode(false);
  stdin.unref();
  stdout.write((altScreen ? ordinaryScreen : '\n') + visibleCursor);
}

/** Bracketed paste and focus reports (DECSET 2004 and 1004). */
const askReports = '\u001B[?2004h\u001B[?1004h';
/** Clicks and the wheel, in a form that has no largest column (DECSET 1000 and 1006). */
const askMouse = '\u001B[?1000h\u001B[?1006h';
const noMouse = '\u001B[?1006l\u001B[?1000l';
/** Keeps the title, and brings it back (XTWINOPS). */
const pushTitle = '\u001B[22;0t';
const popTitle = '\u001B[23;0t';
/**
 * Whether the terminal reports its focus (DECRQM; consoles without a title print
 * it), and speaks the kitty keyboard protocol; many say nothing. Then what every
 * terminal answers (DA1): after that, no answer can come.
 */
const queries = '\u001B[?1004$p\u001B[?u\u001B[c';
/** xterm's and tmux' way to tell Shift-Enter from Enter: modifyOtherKeys 1. */
const otherKeys = '\u001B[>4;1m';
const plainKeyboard = '\u001B[?1004l\u001B[?2004l';
const plainOtherKeys = '\u001B[>4m';
/** Keys that are ambiguous otherwise, with what stands on a Latin keyboard: flags 1 and 4. */
const kittyKeys = '\u001B[>5u';
const plainKittyKeys = '\u001B[<u';

export interface TerminalKeyboard {
  /** Whether the terminal was asked something. */
  readonly isAsked: boolean;
  /** The terminal has answered that it speaks the kitty protocol. */
  readonly useKittyKeys: () => void;
  /** As before; `on` again after somebody else had the terminal. */
  readonly off: () => void;
  readonly on: () => void;
}

/** Whether the terminal has a title: the Linux console has none, and old ones print what was meant for it. */
export function hasTitle(term = process.env['TERM'] ?? ''): boolean {
  return !['', 'dumb', 'linux'].includes(term);
}

/** Asks a terminal for keys, pastes, focus and wheel that can be told apart; undone when the process ends, at the latest. */
export function setUpKeyboard(
  stdout: NodeJS.WriteStream,
  { mouse, term = process.env['TERM'] ?? '' }: { readonly mouse: boolean; readonly term?: string },
): TerminalKeyboard {
  const isDumb = term === 'dumb' || term === '';
  const [push, pop] = hasTitle(term) ? [pushTitle, popTitle] : ['', ''];
  const hasOtherKeys = /^(?:xterm|tmux|screen)/.test(term);
  let isOn = false;
  let isKitty = false;
  function write(sequences: string): void {
    if (!isDumb && sequences !== '' && !stdout.destroyed) {
      stdout.write(sequences);
    }
  }
  function on(): void {
    isOn = true;
    write(
      push + askReports + (mouse ? askMouse : '') + (isKitty ? kittyKeys : hasOtherKeys ? otherKeys : ''),
    );
  }
  function off(): void {
    if (isOn) {
      isOn = false;
      const keys = (isKitty ? plainKittyKeys : '') + (hasOtherKeys ? plainOtherKeys : '');
      write(keys + (mouse ? noMouse : '') + plainKeyboard + pop);
    }
  }
  process.once('exit', off);
  on();
  const isAsked = hasTitle(term);
  write(isAsked ? queries : '');
  return {
    isAsked,
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
