/** A text that changes by itself, on the whole terminal, until the user quits: the board of a class. */
import { Box, type Key, useApp, useInput, useWindowSize } from 'ink';
import { useEffect, useState } from 'react';
import { type FullScreenOptions, showFullScreen } from '../full-screen/full-screen.tsx';
import { LineView } from '../screen/line-view.tsx';
import { layOutBoard, stepBoard, type BoardPart } from './board-lines.ts';

/** Makes the text for a terminal of that width. */
export type BoardLayout = (columns: number) => BoardPart;

/** Tells what is to be seen by now, as a text for a terminal of any width. */
export type ReadBoard = () => BoardLayout;

/** A learner takes minutes for a step. */
const READ_EVERY_MS = 1000;

/** Resolves when the user has quit. Rejects with the error of `read`. */
export function showBoard(read: ReadBoard, options: FullScreenOptions): Promise<void> {
  return showFullScreen(<BoardScreen read={read} />, options);
}

function BoardScreen({ read }: { readonly read: ReadBoard }): React.JSX.Element {
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
function useBoard(read: ReadBoard, exit: (error?: Error) => void): BoardLayout {
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
