/** One chat's part of the screen: the conversation, the draft, and what of it is in view. */
import { defaultKeyMap, type KeyMap } from '../settings/key-map.ts';
import type { PunchlineEvent } from '../../events.ts';
import { type ChatState, initialChatState, reduceChat } from '../conversation/chat-state.ts';
import type { Completion } from '../commands/completion.ts';
import { type ComposerState, emptyComposer, withText } from '../composer/composer-state.ts';
import { emptyTranscript } from '../conversation/entries.ts';
import type { findMessage, Found } from '../conversation/find.ts';
import type { EntryViews, Position } from '../conversation/transcript.ts';
import type { Line } from '../text/line.ts';
import type { TransferView } from '../transfers/transfer-lines.ts';
import type { Transfer } from '../transfers/transfers.ts';
import { restoreDraft } from '../composer/step-composer.ts';

export interface PaneState {
  readonly title: string | undefined;
  readonly keys: KeyMap;
  /** Undefined until it is loaded, a moment after the first frame. */
  readonly later: LaterViews | undefined;
  readonly chat: ChatState;
  readonly composer: ComposerState;
  /** Where the transcript is scrolled to; undefined while it follows. */
  readonly position: Position | undefined;
  /** The first entry that came while nobody could see it; its number, see entries.ts. */
  readonly unread: number | undefined;
  /** What was looked for last, and which message of it is shown. */
  readonly found: Found | undefined;
  /** A sentence above the composer, until the next key. */
  readonly notice: string | undefined;
  /** What stands in the transcript's place, until a key that does not scroll. */
  readonly overlay: Overlay | undefined;
  /** Round trips as measured while the chat ran, ms, oldest first. */
  readonly roundTrips: readonly number[];
  /** Where files are put unless another folder is named. */
  readonly downloads: string | undefined;
}

/** What the first frame does not show; it is loaded behind it (see readme.md). */
export interface LaterViews extends EntryViews {
  readonly findMessage: typeof findMessage;
  readonly overlayView: (pane: PaneState, columns: number, rows: number) => readonly Line[];
  readonly overlayTop: (pane: PaneState, columns: number, rows: number, top: number) => number;
  readonly transferLines: (transfers: readonly Transfer[], view: TransferView) => readonly Line[];
}

export interface Overlay {
  readonly kind: 'help' | 'path' | 'qr' | 'files';
  /** The number of the last entry that was there before it, see entries.ts. */
  readonly seen: number;
  /** Which of its lines is the uppermost on the screen. */
  readonly top: number;
}

/** As many as a sparkline shows. */
const MAX_ROUND_TRIPS = 24;

export function initialPaneState(
  title: string | undefined,
  keys = defaultKeyMap,
  downloads?: string,
): PaneState {
  return {
    title,
    keys,
    later: undefined,
    chat: initialChatState,
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

/** `isSeen`: somebody looks at this pane. What they scrolled away from, or an overlay covers, is not seen either way. */
export function paneAfterEvent(pane: PaneState, event: PunchlineEvent, isSeen: boolean): PaneState {
  const chat = reduceChat(pane.chat, event);
  // What was said while there was no connection may be no longer true.
  const next = { ...pane, chat, ...(event.event === 'connected' ? { notice: undefined } : {}) };
  if (event.event === 'message' && event.from === 'me') {
    return { ...next, unread: undefined };
  }
  const isOffer = event.event === 'file' && event.state === 'offered' && event.direction === 'received';
  if (event.event !== 'message' && !isOffer) {
    return next;
  }
  const isInView = isSeen && pane.position === undefined && pane.overlay === undefined;
  // A mark stays until we answer; what is unread after it belongs to it.
  return isInView || next.unread !== undefined
    ? next
    : { ...next, unread: chat.transcript.entries.at(-1)?.key };
}

/** A chat did not take this text: it goes back into the draft, unless something new stands there, and the reason is said. */
export function refuse(pane: PaneState, text: string, reason: string): PaneState {
  const composer = pane.composer.text === '' ? restoreDraft(pane.composer, text) : pane.composer;
  return { ...pane, composer, notice: reason };
}

/** What Tab makes of `text`, where that still stands before the cursor. */
export function withCompletion(pane: PaneState, text: string, completion: Completion): PaneState {
  const { composer } = pane;
  if (composer.text.slice(0, composer.cursor) !== text) {
    return pane;
  }
  const { text: head, choices } = completion;
  const completed = withText(composer, head + composer.text.slice(composer.cursor), head.length);
  return { ...pane, composer: completed, notice: choices.length === 0 ? undefined : choices.join('  ') };
}

/** What an editor has made of the draft. */
export function withEdited(pane: PaneState, text: string): PaneState {
  return { ...pane, composer: restoreDraft(pane.composer, text), notice: undefined };
}

/** Takes everything that was said from the screen. */
export function clearPane(pane: PaneState): PaneState {
  const chat = { ...pane.chat, transcript: emptyTranscript };
  return { ...pane, chat, position: undefined, unread: undefined, found: undefined };
}

export function withRoundTrip(pane: PaneState, ms: number): PaneState {
  return { ...pane, roundTrips: [...pane.roundTrips, ms].slice(-MAX_ROUND_TRIPS) };
}
