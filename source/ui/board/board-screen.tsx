/** A text that changes by itself, on the whole terminal, until the user quits: the board of a class. */
import process from 'node:process';
import { Box, type Key, render, useApp, useInput, useWindowSize } from 'ink';
import { useEffect, useState } from 'react';
import { LineView } from '../screen/line-view.tsx';
import { type Look, LookContext } from '../screen/look.ts';
import { enterRawMode } from '../terminal/raw-terminal.ts';
import { layOutBoard, stepBoard, type BoardPart } from './board-lines.ts';

/** Makes the text for a terminal of that width. */
export type BoardLayout = (columns: number) => BoardPart;

export interface BoardScreenOptions {
  readonly look: Look;
  readonly altScreen: boolean;
  /** What is to be seen by now, as a text for a terminal of any width. */
  readonly read: () => BoardLayout;
  readonly stdin?: NodeJS.ReadStream;
  readonly stdout?: NodeJS.WriteStream;
  /** Closes the screen, too. */
  readonly signal?: AbortSignal;
}

/** A learner takes minutes for a step. */
const READ_EVERY_MS = 1000;

/** Resolves when the user has quit, or on the signal. Rejects with the error of `read`. */
export async function showBoard({
  altScreen,
  look,
  read,
  signal,
  stdin = process.stdin,
  stdout = process.stdout,
}: BoardScreenOptions): Promise<void> {
  enterRawMode(stdin);
  const screen = render(
    <LookContext value={look}>
      <BoardScreen read={read} />
    </LookContext>,
    {
      stdin,
      stdout,
      alternateScreen: altScreen,
      exitOnCtrlC: false,
      incrementalRendering: true,
      interactive: true,
      isScreenReaderEnabled: false,
      patchConsole: false,
    },
  );
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

function BoardScreen({ read }: Pick<BoardScreenOptions, 'read'>): React.JSX.Element {
  const size = useWindowSize();
  const { exit } = useApp();
  const [top, setTop] = useState(0);
  const layOut = useBoard(read, exit);
  const { last, lines, visible } = layOutBoard(layOut(size.columns), top, size);
  useInput((input, key) => {
    if (input === 'q' || key.escape || (key.ctrl && 'cd'.includes(input))) {
      exit();
    }
    setTop((before) => stepBoard(before, nameOf(key), { last, visible }));
  });
  return (
    <Box flexDirection="column" height={size.rows} width={size.columns} overflow="hidden">
      {lines.map((line, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- a row has no identity but its place
        <LineView key={index} line={line} />
      ))}
    </Box>
  );
}

/** Reads again each second. An error ends the screen: it is told on the terminal below. */
function useBoard(read: BoardScreenOptions['read'], exit: (error?: Error) => void): BoardLayout {
  const [board, setBoard] = useState(() => ({ layOut: read() }));
  useEffect(() => {
    const tick = setInterval(() => {
      try {
        setBoard({ layOut: read() });
      } catch (error) {
        exit(error instanceof Error ? error : new Error(String(error)));
      }
    }, READ_EVERY_MS);
    return () => clearInterval(tick);
  }, [read, exit]);
  return board.layOut;
}

const named = [
  'upArrow',
  'downArrow',
  'pageUp',
  'pageDown',
  'home',
  'end',
] as const satisfies readonly (keyof Key)[];

function nameOf(key: Key): (typeof named)[number] | undefined {
  return named.find((name) => key[name]);
}
