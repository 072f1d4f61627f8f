/** What is on the screen, what can happen to it, and what it asks of the shell. */
import { defaultKeyMap, type KeyMap } from '../settings/key-map.ts';
import type { PunchlineEvent } from '../../events.ts';
import { initialPaneState, type PaneState, type LaterViews } from '../pane/pane-state.ts';
import type { Completion } from '../commands/completion.ts';
import type { Transfer } from '../transfers/transfers.ts';
import type { FileCommand, TypedPath, ShellCommand } from '../commands/slash-commands.ts';
import type { Stroke } from '../terminal/stroke.ts';

export interface ScreenState {
  readonly columns: number;
  readonly rows: number;
  readonly panes: readonly PaneState[];
  /** Which pane has the keyboard. */
  readonly active: number;
  readonly keys: KeyMap;
  /** The first of two keys that only together do something; else empty. */
  readonly prefix: string;
  /** We asked to leave: the screen closes as soon as the chats have ended. */
  readonly isLeaving: boolean;
  /** The ids of the files under way that we were told about when we asked to leave. */
  readonly leftBehind: string;
  /** Whether the terminal says that somebody looks at it; one that says nothing is looked at. */
  readonly isFocused: boolean;
  /** Of the last tick, ms since the epoch; moves only while something on the screen counts. */
  readonly now: number;
}

export type ScreenInput =
  | { readonly kind: 'event'; readonly pane: number; readonly event: PunchlineEvent }
  | { readonly kind: 'stroke'; readonly stroke: Stroke }
  | { readonly kind: 'resize'; readonly columns: number; readonly rows: number }
  /** Behind the first frame. */
  | { readonly kind: 'loaded'; readonly later: LaterViews }
  /** Time has passed. */
  | { readonly kind: 'tick'; readonly at: number }
  /** Measured anew, ms. */
  | { readonly kind: 'round-trip'; readonly pane: number; readonly ms: number }
  /** A chat did not take a message. */
  | { readonly kind: 'refused'; readonly pane: number; readonly text: string; readonly reason: string }
  /** What came of something that the screen asked for. */
  | { readonly kind: 'notice'; readonly pane: number; readonly text: string }
  /** What was looked up for Tab: what `text`, up to the cursor, becomes, where it still stands there. */
  | {
      readonly kind: 'completed';
      readonly pane: number;
      readonly text: string;
      readonly completion: Completion;
    }
  /** The draft comes back from an editor. */
  | { readonly kind: 'edited'; readonly pane: number; readonly text: string };

/** `leave` and `interrupt` mean every chat on the screen. */
export type ScreenEffect =
  | { readonly kind: 'send'; readonly pane: number; readonly text: string }
  /** A message is being written. */
  | { readonly kind: 'typing'; readonly pane: number }
  | { readonly kind: 'command'; readonly pane: number; readonly command: ShellCommand }
  | {
      readonly kind: 'files';
      readonly pane: number;
      readonly command: FileCommand;
      /** The line that asked for it. */
      readonly text: string;
      readonly transfers: readonly Transfer[];
    }
  | { readonly kind: 'complete'; readonly pane: number; readonly path: TypedPath }
  | { readonly kind: 'edit'; readonly pane: number; readonly text: string }
  | { readonly kind: 'leave' | 'interrupt' | 'close' | 'redraw' | 'suspend' };

export interface ScreenStep {
  readonly state: ScreenState;
  readonly effect?: ScreenEffect;
}

export function initialScreenState(
  titles: readonly (string | undefined)[],
  size: { readonly columns: number; readonly rows: number },
  keys = defaultKeyMap,
  downloads?: string,
): ScreenState {
  const panes = titles.map((title) => initialPaneState(title, keys, downloads));
  return {
    columns: size.columns,
    rows: size.rows,
    panes,
    active: 0,
    keys,
    prefix: '',
    isLeaving: false,
    leftBehind: '',
    isFocused: true,
    now: 0,
  };
}

/** Whether nothing more can happen: then any key closes the screen. */
export function isOver(state: ScreenState): boolean {
  return state.panes.every((pane) => pane.chat.ended !== undefined);
}

export function withPane(
  state: ScreenState,
  index: number,
  change: (pane: PaneState) => PaneState,
): ScreenState {
  const pane = state.panes[index];
  return pane === undefined ? state : { ...state, panes: state.panes.with(index, change(pane)) };
}
