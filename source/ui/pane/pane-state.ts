/** One chat's part of the screen: the conversation, the draft, and what of it is in view. */
import { defaultKeyMap, type KeyMap, keysOf, keyText } from '../settings/key-map.ts';
import type { PunchlineEvent } from '../../events.ts';
import { type ChatState, initialChatState, reduceChat } from '../conversation/chat-state.ts';
import type { Completion } from '../commands/completion.ts';
import { type ComposerState, emptyComposer, withText } from '../composer/composer-state.ts';
import { emptyTranscript } from '../conversation/entries.ts';
import { layOutPane, type PanePlace } from './layout.ts';
import { findMessage, type Found } from '../conversation/find.ts';
import type { Later } from '../later.ts';
import { restoreDraft } from '../composer/step-composer.ts';
import { type Position, rowsBehindMatch, scroll } from '../conversation/transcript.ts';

export interface PaneState {
  readonly title: string | undefined;
  readonly keys: KeyMap;
  /** Undefined until it is loaded, a moment after the first frame. */
  readonly later: Later | undefined;
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

export interface Overlay {
  readonly kind: 'help' | 'path' | 'qr' | 'files';
  /** The number of the last entry that was there before it, see entries.ts. */
  readonly seen: number;
  /** Which of its lines is the uppermost on the screen. */
  readonly top: number;
}

/** As many as a sparkline shows. */
const maxRoundTrips = 24;

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
  return { ...pane, roundTrips: [...pane.roundTrips, ms].slice(-maxRoundTrips) };
}

/** Further down by `delta` rows (up, where negative): the overlay, where there is one, else the transcript. */
export function scrollPane(pane: PaneState, place: PanePlace, delta: number): PaneState {
  const { bodyRows, format } = layOutPane(pane, place);
  const { later, overlay } = pane;
  if (overlay !== undefined) {
    // What is in view may have moved since the last key, with the size of the screen.
    const seen = later?.overlayTop(pane, place.columns, bodyRows, overlay.top) ?? 0;
    const top = later?.overlayTop(pane, place.columns, bodyRows, seen + delta) ?? 0;
    return { ...pane, overlay: { ...overlay, top } };
  }
  const { entries } = pane.chat.transcript;
  return { ...pane, position: scroll(entries, format, bodyRows, pane.position, delta) };
}

/** Shows the next message with `query`, with some of what follows it, and says which of how many it is. */
export function findInPane(
  pane: PaneState,
  place: PanePlace,
  query: string,
  direction: 'older' | 'newer' = 'older',
): PaneState {
  const { entries } = pane.chat.transcript;
  const from = pane.found?.query === query ? pane.found.key : undefined;
  const found = findMessage(entries, query, from, direction);
  if (found === undefined) {
    return { ...pane, found, notice: `Nobody has said "${query}" here.` };
  }
  const older = keysOf(pane.keys, 'find-older').slice(0, 1).map(keyText);
  const newer = keysOf(pane.keys, 'find-newer').slice(0, 1).map(keyText);
  const keys = [...older.map((key) => `${key} older`), ...newer.map((key) => `${key} newer`)];
  const notice = [`Match ${found.place} of ${found.count}`, ...keys].join(' · ');
  const next = { ...pane, found, overlay: undefined, notice };
  // The notice takes rows from the transcript, so what is found is placed after it.
  const { bodyRows, format } = layOutPane(next, place);
  const hidden = rowsBehindMatch(entries, format, found.key);
  const below = Math.floor(bodyRows / 3);
  return { ...next, position: scroll(entries, format, bodyRows, { key: found.key, hidden }, below) };
}

/** By a page less one row, so that the eye finds its place. */
export function scrollPage(pane: PaneState, place: PanePlace, direction: -1 | 1): PaneState {
  const { bodyRows } = layOutPane(pane, place);
  return scrollPane(pane, place, direction * Math.max(1, bodyRows - 2));
}
