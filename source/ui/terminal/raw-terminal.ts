/** Sets the terminal's modes, and restores them. */
import process from 'node:process';

/**
 * Raw mode must be set before the first frame: Ink sets it only after that, and keys that are typed before would be
 * echoed into it. A terminal that has gone takes no mode. Whoever reads it learns that it has gone.
 */
export function setRawMode(stdin: NodeJS.ReadStream, isRaw: boolean): void {
  stdin.on('error', ignore);
  stdin.setRawMode(isRaw);
  stdin.off('error', ignore);
}

function ignore(): void {
  // Without a listener, the error would count as a bug of ours.
}

/**
 * Back to the ordinary screen (xterm ctlseqs, DECRST 1049). It must not be sent
 * on the ordinary screen, because it would move the cursor.
 */
const ordinaryScreen = '\u001B[?1049l';
/** Shows the cursor (DECSET 25). */
const visibleCursor = '\u001B[?25h';

/** Restores the terminal after Ink has thrown, because Ink restores nothing then. */
export function restoreTerminal(
  stdin: NodeJS.ReadStream,
  stdout: NodeJS.WriteStream,
  altScreen: boolean,
): void {
  setRawMode(stdin, false);
  stdin.unref();
  stdout.write((altScreen ? ordinaryScreen : '\n') + visibleCursor);
}

/** Bracketed paste and focus reports (DECSET 2004 and 1004). */
const askReports = '\u001B[?2004h\u001B[?1004h';
/** Reports of clicks and the wheel (DECSET 1000), in the form that has no largest column (DECSET 1006). */
const askMouse = '\u001B[?1000h\u001B[?1006h';
const noMouse = '\u001B[?1006l\u001B[?1000l';
/** Saves the title, and restores it (XTWINOPS). */
const pushTitle = '\u001B[22;0t';
const popTitle = '\u001B[23;0t';
/**
 * Asks whether the terminal reports its focus (DECRQM; a console without a
 * title would print the query), and whether it speaks the kitty keyboard
 * protocol. Many terminals answer neither. The last query (DA1) is one that
 * every terminal answers: after that answer, no other can come.
 */
const queries = '\u001B[?1004$p\u001B[?u\u001B[c';
/** modifyOtherKeys 1: lets xterm and tmux tell Shift-Enter from Enter. */
const otherKeys = '\u001B[>4;1m';
const plainKeyboard = '\u001B[?1004l\u001B[?2004l';
const plainOtherKeys = '\u001B[>4m';
/** kitty's flags 1 and 4: keys become unambiguous, and come with the key at that place on a Latin keyboard. */
const kittyKeys = '\u001B[>5u';
const plainKittyKeys = '\u001B[<u';

/** The modes that were set on a terminal. */
export interface TerminalKeyboard {
  /** Whether queries were sent to the terminal. */
  readonly isAsked: boolean;
  /** To be called when the terminal has answered that it speaks the kitty protocol. */
  readonly useKittyKeys: () => void;
  /** `off` restores the terminal, for example for another program; `on` sets the modes again. */
  readonly off: () => void;
  readonly on: () => void;
}

/**
 * Whether the terminal has a title. The Linux console has none, and old
 * terminals print the sequence that sets one.
 */
export function hasTitle(term = process.env['TERM'] ?? ''): boolean {
  return !['', 'dumb', 'linux'].includes(term);
}

/**
 * Sets modes in which keys, pastes, focus and wheel can be told apart. They are
 * restored when the process ends, if not earlier.
 */
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
