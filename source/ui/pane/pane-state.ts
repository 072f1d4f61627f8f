/** The state of one chat's part of the screen: the conversation, the draft, and what is in view. */
import type { Action } from '../settings/actions.ts';
import { defaultKeyMap, type KeyMap } from '../settings/key-map.ts';
import type { PunchlineEvent } from '../../events.ts';
import { type ChatState, initialChatState, reduceChat } from '../conversation/chat-state.ts';
import type { ConnectingView } from '../connecting/connecting-view.ts';
import type { Completion } from '../commands/completion.ts';
import { type ComposerState, emptyComposer, withText } from '../composer/composer-state.ts';
import { emptyTranscript } from '../conversation/entries/entries.ts';
import type { findMessage, Found } from '../conversation/find-message.ts';
import type { EntryViews, Position } from '../conversation/transcript-lines.ts';
import type { Stroke } from '../terminal/stroke.ts';
import type { Line } from '../text/line.ts';
import type { TransferView } from '../transfers/transfer-lines.ts';
import type { Transfer } from '../transfers/transfers.ts';
import { restoreDraft, selectDraft } from '../composer/step-composer.ts';
import type { NextChat, Start } from '../ending/start.ts';
import { isCommand } from '../commands/slash-commands.ts';

/** Immutable, like all state of the screen. */
export interface PaneState {
  readonly title: string | undefined;
  readonly keys: KeyMap;
  /** Undefined until they are loaded, a moment after the first frame. */
  readonly lazyViews: LazyViews | undefined;
  readonly chat: ChatState;
  /** How the chat was started. Undefined if no other can follow it. */
  readonly start: Start | undefined;
  /** The number (see entries.ts) of the first entry of the chat. Entries before it are of chats that have ended. */
  readonly first: number;
  /** The chats before this one that had opened, the latest ones. The closing text tells of them, too. */
  readonly past: readonly ChatState[];
  readonly composer: ComposerState;
  /** How far the transcript is scrolled back. Undefined while it follows the newest entry. */
  readonly position: Position | undefined;
  /** The number (see entries.ts) of the first entry that came while nobody could see it. */
  readonly unread: number | undefined;
  /** The last query of `/find`, and the match that is shown. */
  readonly found: Found | undefined;
  /** A sentence above the composer. The next key removes it. */
  readonly notice: string | undefined;
  /** Covers the transcript until it is closed. */
  readonly overlay: Overlay | undefined;
  /** Round trips that were measured during the chat, in ms, oldest first. */
  readonly roundTrips: readonly number[];
  /** Where received files are put by default, as it is shown to the user. */
  readonly downloads: string | undefined;
}

/** Views that the first frame does not show. They are loaded after it (see readme.md). */
export interface LazyViews extends EntryViews {
  readonly connectingLines: (chat: ChatState, view: ConnectingView) => readonly Line[];
  readonly endingLines: (chat: ChatState, columns: number) => readonly Line[];
  readonly enterHint: (pane: PaneState) => string;
  readonly stepEnded: (pane: PaneState, text: string, hasAsked: boolean) => EndedStep | undefined;
  readonly withNextChat: (pane: PaneState, start: Start, at: number) => PaneState;
  readonly findMessage: typeof findMessage;
  readonly overlayView: (pane: PaneState, columns: number, rows: number) => readonly Line[];
  readonly overlayTop: (pane: PaneState, columns: number, rows: number, top: number) => number;
  readonly stepOverlay: (
    pane: PaneState,
    stroke: Stroke,
    action: Action | undefined,
  ) => PaneState | number | undefined;
  readonly transferLines: (transfers: readonly Transfer[], view: TransferView) => readonly Line[];
}

/** The pane after a line was entered, and the chat that is to begin. */
export interface EndedStep {
  readonly pane: PaneState;
  readonly next?: NextChat;
  /** Whether the same key starts the next chat, and keeps the draft. */
  readonly asks?: true;
}

/** A view that covers the transcript. */
export interface Overlay {
  readonly kind: 'help' | 'path' | 'path-log' | 'qr' | 'files';
  /** The number (see entries.ts) of the last entry that had come before the overlay was opened. */
  readonly seen: number;
  /** The index of its first line on the screen. */
  readonly top: number;
}

/** A sparkline shows at most so many. */
const MAX_ROUND_TRIPS = 24;

/** `title`: shown instead of the program's name if there are two panes. */
export function initialPaneState(
  title: string | undefined,
  keys = defaultKeyMap,
  downloads?: string,
): PaneState {
  return {
    title,
    keys,
    lazyViews: undefined,
    chat: initialChatState,
    start: undefined,
    first: 0,
    past: [],
    composer: emptyComposer,
    position: undefined,
    unread: undefined,
    found: undefined,
    notice: undefined,
    overlay: undefined,
    roundTrips: [],
    downloads,
  };
}

/**
 * The pane after `event`. `isSeen`: whether somebody looks at the terminal.
 * Even then an entry is unread if the user has scrolled away, or an overlay
 * covers it.
 */
export function paneAfterEvent(pane: PaneState, event: PunchlineEvent, isSeen: boolean): PaneState {
  const chat = reduceChat(pane.chat, event);
  // A notice from before the connection may not be true any more.
  const next = { ...pane, chat, ...(event.event === 'connected' ? { notice: undefined } : {}) };
  if (event.event === 'message' && event.from === 'me') {
    return { ...next, unread: undefined };
  }
  const isOffer = event.event === 'file' && event.state === 'offered' && event.direction === 'received';
  if (event.event !== 'message' && !isOffer) {
    return next;
  }
  const isInView = isSeen && pane.position === undefined && pane.overlay === undefined;
  // The mark of the first unread entry stays until the user answers.
  return isInView || next.unread !== undefined
    ? next
    : { ...next, unread: chat.transcript.entries.at(-1)?.key };
}

/**
 * The chat has refused this text. It becomes the draft again, unless the user
 * has typed a new one, and the notice tells the reason. A command is selected,
 * because the user may want another one instead; a message was more work.
 */
export function withRefused(pane: PaneState, text: string, reason: string): PaneState {
  const restore = isCommand(text) ? selectDraft : restoreDraft;
  const composer = pane.composer.text === '' ? restore(pane.composer, text) : pane.composer;
  return { ...pane, composer, notice: reason };
}

/** Completes `text`, if it is still the text before the cursor. */
export function withCompletion(pane: PaneState, text: string, completion: Completion): PaneState {
  const { composer } = pane;
  if (composer.text.slice(0, composer.cursor) !== text) {
    return pane;
  }
  const { text: head, choices } = completion;
  const completed = withText(composer, head + composer.text.slice(composer.cursor), head.length);
  return {
    ...pane,
    composer: { ...completed, isSelected: false },
    notice: choices.length === 0 ? undefined : choices.join('  '),
  };
}

/** Takes the draft over from an external editor. */
export function withEdited(pane: PaneState, text: string): PaneState {
  return { ...pane, composer: restoreDraft(pane.composer, text), notice: undefined };
}

/** Removes all entries from the transcript. */
export function clearPane(pane: PaneState): PaneState {
  const chat = { ...pane.chat, transcript: emptyTranscript, history: undefined };
  return { ...pane, chat, first: 0, position: undefined, unread: undefined, found: undefined };
}

/** Adds a measured round trip, in ms. */
export function withRoundTrip(pane: PaneState, ms: number): PaneState {
  return { ...pane, roundTrips: [...pane.roundTrips, ms].slice(-MAX_ROUND_TRIPS) };
}
