/** Shows something on the whole terminal until the user quits: a watched lab, or the board of a class. */
import process from 'node:process';
import { render } from 'ink';
import { type Look, LookContext } from '../screen/look.ts';
import { setRawMode } from '../terminal/raw-terminal.ts';

export interface FullScreenOptions {
  readonly look: Look;
  readonly altScreen: boolean;
  readonly stdin?: NodeJS.ReadStream;
  readonly stdout?: NodeJS.WriteStream;
  /** Closes the screen, too. */
  readonly signal?: AbortSignal;
}

/** Resolves when the user has quit, or on the signal. Rejects with the error with which the content has ended it. */
export async function showFullScreen(
  content: React.JSX.Element,
  { altScreen, look, signal, stdin = process.stdin, stdout = process.stdout }: FullScreenOptions,
): Promise<void> {
  setRawMode(stdin, true);
  const screen = render(<LookContext value={look}>{content}</LookContext>, {
    stdin,
    stdout,
    alternateScreen: altScreen,
    exitOnCtrlC: false,
    incrementalRendering: true,
    interactive: true,
    isScreenReaderEnabled: false,
    patchConsole: false,
  });
  function close(): void {
    screen.unmount();
  }
  signal?.addEventListener('abort', close, { once: true });
  try {
    await screen.waitUntilExit();
  } finally {
    signal?.removeEventListener('abort', close);
  }
}
