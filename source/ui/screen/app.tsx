import { Box, useApp, useCursor } from 'ink';
import { memo, use, useEffect, useMemo, useSyncExternalStore } from 'react';
import type { ChatState } from '../conversation/chat-state.ts';
import { layOutPane, type PaneLayout, type PanePlace, placePanes } from '../pane/pane-layout.ts';
import { LineView, SpinnerClock } from './line-view.tsx';
import { leaveHint } from './leave-hint.ts';
import { LookContext } from './look.ts';
import { paneLines, type PaneView } from '../pane/pane-lines.ts';
import type { ScreenStore } from './screen-store.ts';

/** Stops drawing until the promise of `use` has settled, then draws everything again. */
export type Suspend = (use: () => Promise<void>) => Promise<void>;

export interface AppProps {
  readonly store: ScreenStore;
  readonly onMounted: (suspend: Suspend) => void;
}

/**
 * The root component. Only it knows the terminal's size and sets its cursor.
 * Keys do not pass through React, but go to the store.
 */
export function App({ store, onMounted }: AppProps): React.JSX.Element {
  const state = useSyncExternalStore(store.subscribe, store.read);
  const { suspendTerminal } = useApp();
  useEffect(() => onMounted(suspendTerminal), [onMounted, suspendTerminal]);
  const settings = use(LookContext);
  const { columns, rows, panes, active, isLeaving, isFocused, now, theme = settings.theme } = state;
  const look = useMemo(() => ({ ...settings, theme }), [settings, theme]);
  const { reducedMotion } = look;

  const views = placePanes(columns, rows, panes.length, active).flatMap((place): PaneView[] => {
    const pane = panes[place.index];
    if (pane === undefined) {
      return [];
    }
    const shared = { hasPanes: panes.length > 1, isLeaving, now, reducedMotion };
    const hint = place.isActive ? leaveHint(state) : '';
    return [{ pane, place, layout: layOutPane(pane, place), leaveHint: hint, ...shared }];
  });
  const current = views.find(({ place }) => place.isActive);
  return (
    <LookContext value={look}>
      <Box width={columns} height={rows}>
        <SpinnerClock isActive={isFocused && panes.some(({ chat }) => hasSpinner(chat))}>
          {views.map((view, index) => (
            <Box key={view.place.index}>
              {index > 0 && <Divider rows={rows} />}
              <Pane {...view} />
            </Box>
          ))}
        </SpinnerClock>
        <Cursor {...cursorOf(current)} />
      </Box>
    </LookContext>
  );
}

/** Whether a spinner turns. It turns while connecting, but not while waiting for the friend, which may take hours. */
function hasSpinner({ phase, lost, connecting }: ChatState): boolean {
  const isSearching = phase === 'connecting' || connecting.lostAt !== undefined;
  return phase !== 'ended' && (isSearching || (phase === 'chat' && lost !== undefined));
}

/** Compares what a pane is drawn from. The layout follows from the pane and its place, so it is not compared. */
function isSameView(one: PaneView, other: PaneView): boolean {
  return (
    one.pane === other.pane &&
    one.place.columns === other.place.columns &&
    one.place.rows === other.place.rows &&
    one.now === other.now &&
    one.place.isActive === other.place.isActive &&
    one.isLeaving === other.isLeaving &&
    one.leaveHint === other.leaveHint
  );
}

const Pane = memo(function Pane(view: PaneView): React.JSX.Element {
  const { columns, rows } = view.place;
  return (
    <Box flexDirection="column" width={columns} height={rows} overflow="hidden">
      {paneLines(view).map((line, row) => (
        // oxlint-disable-next-line react/no-array-index-key -- a row has no identity but its place
        <LineView key={row} line={line} />
      ))}
    </Box>
  );
}, isSameView);

const Divider = memo(function Divider({ rows }: { readonly rows: number }): React.JSX.Element {
  return (
    <Box flexDirection="column" width={1} height={rows}>
      {Array.from({ length: rows }, (_, row) => (
        // oxlint-disable-next-line react/no-array-index-key -- a row has no identity but its place
        <LineView key={row} line={[{ text: '│', style: 'dim' }]} />
      ))}
    </Box>
  );
});

function cursorOf(view: { readonly place: PanePlace; readonly layout: PaneLayout } | undefined): {
  readonly x?: number;
  readonly y?: number;
} {
  const cursor = view?.layout.composer.cursor;
  return view === undefined || cursor === undefined
    ? {}
    : { x: view.place.x + cursor.x, y: view.layout.composerY + cursor.y };
}

/** Ink has only one cursor, so this is mounted once, after everything else. */
function Cursor({ x, y }: { readonly x?: number; readonly y?: number }): null {
  const { setCursorPosition } = useCursor();
  setCursorPosition(x === undefined || y === undefined ? undefined : { x, y });
  return null;
}
