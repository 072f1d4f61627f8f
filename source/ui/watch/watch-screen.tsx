/** Shows a watched lab, or a recording, on the terminal until the user quits. */
import { Box, type Key, useApp, useInput, useWindowSize } from 'ink';
import { useEffect, useState } from 'react';
import { type FullScreenOptions, showFullScreen } from '../full-screen/full-screen.tsx';
import { LineView } from '../screen/line-view.tsx';
import { startWatching, stepWatch, type WatchPlace, type WatchState } from './watch-state.ts';
import { hasRoomForBoth, layOutWatch, type WatchView } from './watch-view-lines.ts';

/** What tells the screen of a lab. */
export interface WatchSource {
  readonly isReplay: boolean;
  readonly count: (isFolded: boolean) => number;
  readonly view: (state: Pick<WatchState, 'isFolded' | 'step'>) => WatchView;
  /** Calls the listener when there is something new. */
  readonly subscribe: (listener: () => void) => () => void;
}

/** A spray tells thousands of events in a second. Each frame lays out the whole ladder. */
const DRAW_EVERY_MS = 250;
/** The tables count seconds. */
const TICK_MS = 1000;

/** Resolves when the user has quit, or on the signal. */
export function showWatch(source: WatchSource, options: FullScreenOptions): Promise<void> {
  return showFullScreen(<WatchScreen source={source} />, options);
}

function WatchScreen({ source }: { readonly source: WatchSource }): React.JSX.Element {
  const [state, setState] = useState(() => startWatching(source.isReplay));
  const size = useWindowSize();
  const { exit } = useApp();
  useNews(source);
  const steps = source.count(state.isFolded);
  const laidOut = layOutWatch(source.view(state), state, size, { isReplay: source.isReplay, steps });
  useInput((input, key) => {
    setState((before) => {
      const now: WatchPlace = {
        steps: source.count(before.isFolded),
        otherSteps: source.count(!before.isFolded),
        rows: laidOut.rows,
        visible: laidOut.visible,
        hasRoom: hasRoomForBoth(size),
      };
      return keysOf(input, key).reduce((one, name) => stepWatch(one, name, now), before);
    });
  });
  useEffect(() => {
    if (state.hasQuit) {
      exit();
    }
  }, [state.hasQuit, exit]);
  return (
    <Box flexDirection="column" height={size.rows} width={size.columns} overflow="hidden">
      {laidOut.lines.map((line, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- a row has no identity but its place
        <LineView key={index} line={line} />
      ))}
    </Box>
  );
}

/** Draws again soon after something new, and every second. */
function useNews(source: WatchSource): void {
  const [, draw] = useState(0);
  useEffect(() => {
    let soon: NodeJS.Timeout | undefined;
    function again(): void {
      soon = undefined;
      draw((count) => count + 1);
    }
    const unsubscribe = source.subscribe(() => {
      soon ??= setTimeout(again, DRAW_EVERY_MS);
    });
    const tick = setInterval(again, TICK_MS);
    return () => {
      unsubscribe();
      clearInterval(tick);
      clearTimeout(soon);
    };
  }, [source]);
}

const named = [
  ['upArrow', 'up'],
  ['downArrow', 'down'],
  ['leftArrow', 'left'],
  ['rightArrow', 'right'],
  ['pageUp', 'pageUp'],
  ['pageDown', 'pageDown'],
  ['home', 'home'],
  ['end', 'end'],
  ['return', 'return'],
] as const satisfies readonly (readonly [keyof Key, string])[];

/** A terminal may send several characters at once. */
function keysOf(input: string, key: Key): readonly string[] {
  const special = named.find(([name]) => key[name])?.[1];
  if (special !== undefined) {
    return [special];
  }
  return key.ctrl ? [`ctrl-${input}`] : Array.from(input);
}
