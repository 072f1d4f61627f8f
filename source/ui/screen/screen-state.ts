/** The state of the screen, its inputs, and its effects. */
import { defaultKeyMap, type KeyMap } from '../settings/key-map.ts';
import { isPunching } from '../conversation/chat-state.ts';
import type { PunchlineEvent } from '../../events.ts';
import type { ChatState } from '../conversation/chat-state.ts';
import { initialPaneState, type PaneState, type LazyViews } from '../pane/pane-state.ts';
import type { Completion } from '../commands/completion.ts';
import type { Transfer } from '../transfers/transfers.ts';
import type { FileCommand, TypedPath, ChatCommand } from '../commands/slash-commands.ts';
import type { Theme } from '../settings/screen-settings.ts';
import type { NextChat, Start } from '../ending/start.ts';
import type { Stroke } from '../terminal/stroke.ts';

/** Immutable: each input makes a new state, which React compares by identity. */
export interface ScreenState {
  readonly columns: number;
  readonly rows: number;
  readonly panes: readonly PaneState[];
  /** The index of the pane that has the keyboard. */
  readonly active: number;
  readonly keys: KeyMap;
  /** The theme of `/theme`, instead of that of the settings. */
  readonly theme: Theme | undefined;
  /** The first of two keys that have an action together. Empty if none was pressed. */
  readonly prefix: string;
  /** Whether the user has asked to leave: the screen closes as soon as the chats have ended. */
  readonly isLeaving: boolean;
  /** The ids of the files under way that the user was warned of when leaving. Leaving again cancels them. */
  readonly warnedOf: string;
  /** What the last key has asked, which the same key confirms: to leave, to start another chat, or to remove the friend. */
  readonly asked: 'leave' | 'next' | 'unfriend' | undefined;
  /** Whether the terminal has the focus. True for a terminal that does not report it. */
  readonly isFocused: boolean;
  /** The time of the last tick, in ms since the epoch. It changes only while the screen shows a duration. */
  readonly now: number;
}

/** Everything that can change the screen. */
export type ScreenInput =
  | { readonly kind: 'event'; readonly pane: number; readonly event: PunchlineEvent }
  | { readonly kind: 'stroke'; readonly stroke: Stroke }
  | { readonly kind: 'resize'; readonly columns: number; readonly rows: number }
  /** The views that are loaded after the first frame. */
  | { readonly kind: 'loaded'; readonly lazyViews: LazyViews }
  /** Comes every second, and more often while something moves on the screen. */
  | { readonly kind: 'tick'; readonly at: number }
  /** A new measurement, in ms. */
  | { readonly kind: 'round-trip'; readonly pane: number; readonly ms: number }
  /** Another chat has begun in the place of one that had ended. */
  | { readonly kind: 'begun'; readonly pane: number; readonly start: Start; readonly at: number }
  /** The time to confirm that the user leaves is over. */
  | { readonly kind: 'calm' }
  /** A chat has refused a message. */
  | { readonly kind: 'refused'; readonly pane: number; readonly text: string; readonly reason: string }
  /** The result of an effect, as a sentence. */
  | { readonly kind: 'notice'; readonly pane: number; readonly text: string }
  /** The completion of `text`, the draft up to the cursor. It is dropped if the draft has changed. */
  | {
      readonly kind: 'completed';
      readonly pane: number;
      readonly text: string;
      readonly completion: Completion;
    }
  /** The draft, edited in an external editor. */
  | { readonly kind: 'edited'; readonly pane: number; readonly text: string };

/** Something that the screen asks of the outside. `leave` and `interrupt` are for all chats of the screen. */
export type ScreenEffect =
  | { readonly kind: 'send'; readonly pane: number; readonly text: string }
  /** The user is typing a message. */
  | { readonly kind: 'typing'; readonly pane: number }
  | { readonly kind: 'command'; readonly pane: number; readonly command: ChatCommand }
  | {
      readonly kind: 'files';
      readonly pane: number;
      readonly command: FileCommand;
      /** The whole line of the command, which is restored if the command is wrong. */
      readonly text: string;
      readonly transfers: readonly Transfer[];
      /** The folder for received files, as it is shown to the user. */
      readonly downloads: string | undefined;
    }
  | {
      readonly kind: 'save-path';
      readonly pane: number;
      readonly file: string;
      /** The whole line of the command, which is restored if the file cannot be written. */
      readonly text: string;
      readonly chat: ChatState;
    }
  | {
      readonly kind: 'copy';
      readonly pane: number;
      readonly count: number | undefined;
      /** The whole line of the command, which is restored if there is nothing to copy. */
      readonly text: string;
      readonly chat: ChatState;
    }
  /** Show the text of the conversation alone, up to the entry `until` if the screen is scrolled back to it. */
  | {
      readonly kind: 'bare-view';
      readonly chat: ChatState;
      readonly until: number | undefined;
      readonly keys: KeyMap;
    }
  | { readonly kind: 'complete'; readonly pane: number; readonly path: TypedPath }
  | { readonly kind: 'edit'; readonly pane: number; readonly text: string }
  /** Starts another chat. `text`: the entered line, which comes back if nothing can be started. */
  | { readonly kind: 'begin'; readonly pane: number; readonly next: NextChat; readonly text: string }
  /** Asks for the input `calm` in a moment. */
  | { readonly kind: 'calm' }
  | { readonly kind: 'leave' | 'interrupt' | 'close' | 'redraw' | 'suspend' };

/** The state after an input, and the effect that it asks for. */
export interface ScreenStep {
  readonly state: ScreenState;
  readonly effect?: ScreenEffect;
}

/** What a pane begins with. `start`: how its chat was started. Undefined if no other chat can follow. */
export interface PaneStart {
  readonly title: string | undefined;
  readonly start?: Start | undefined;
}

/** The state before the first event. `given`: one for each pane. `downloads`: where received files are put by default, as it is shown. */
export function initialScreenState(
  given: readonly PaneStart[],
  size: { readonly columns: number; readonly rows: number },
  keys = defaultKeyMap,
  downloads?: string,
): ScreenState {
  const panes = given.map(({ title, start }) => ({ ...initialPaneState(title, keys, downloads), start }));
  return {
    columns: size.columns,
    rows: size.rows,
    panes,
    active: 0,
    keys,
    theme: undefined,
    prefix: '',
    isLeaving: false,
    warnedOf: '',
    asked: undefined,
    isFocused: true,
    now: 0,
  };
}

/** Whether all chats have ended. The screen stays until the user closes it, or starts another chat. */
export function isOver(state: ScreenState): boolean {
  return state.panes.every((pane) => pane.chat.ended !== undefined);
}

/** Whether something moves on the screen. Nothing does while nobody looks. */
export function isMoving(state: ScreenState): boolean {
  return state.isFocused && state.panes.some(({ chat }) => isPunching(chat));
}

/** Changes the pane number `index`. */
export function withPane(
  state: ScreenState,
  index: number,
  change: (pane: PaneState) => PaneState,
): ScreenState {
  const pane = state.panes[index];
  return pane === undefined ? state : { ...state, panes: state.panes.with(index, change(pane)) };
}
