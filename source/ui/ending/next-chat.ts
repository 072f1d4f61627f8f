/** What can follow a chat that has ended while its screen stays open. */
import { type ChatState, initialChatState } from '../conversation/chat-state.ts';
import { parseLine } from '../commands/slash-commands.ts';
import { appendEntry, emptyTranscript } from '../conversation/entries/entries.ts';
import { MAX_DRAFT_LENGTH, restoreDraft } from '../composer/step-composer.ts';
import type { NextChat, Start } from './start.ts';
import { type EndedStep, type PaneState, withRefused } from '../pane/pane-state.ts';
import { countText, isEncrypted } from '../text/wording.ts';

/** What Enter does after a chat. `invite`: the same invite can lead nowhere, and another one is asked for. */
export function nextOf(start: Start, { ended, error, connection, invite }: ChatState): NextChat['kind'] {
  if (start !== 'invite') {
    return start === 'room' && invite !== undefined ? 'room' : 'same';
  }
  if (ended?.exit === WRONG_CODE_EXIT) {
    return 'invite';
  }
  // A code is spent once the two have met.
  const isSpent =
    connection !== undefined || ended?.reason === 'peer-left' || error?.code === 'ERR_PEER_LEFT';
  return isSpent || ended?.exit === PUNCH_FAILED_EXIT ? 'room' : 'same';
}

const WRONG_CODE_EXIT = 5;
const PUNCH_FAILED_EXIT = 6;

const nextTexts: Readonly<Record<NextChat['kind'], string>> = {
  room: 'Enter opens a new room',
  same: 'Enter tries again',
  invite: 'Enter: type the invite again',
};

/** What Enter does, in the place of a draft. */
export function enterHint({ chat, start }: PaneState): string {
  return start === undefined ? 'Ctrl-D closes' : nextTexts[nextOf(start, chat)];
}

/** What is of no use after the end of the chat. */
const needsChat: ReadonlySet<string> = new Set([
  'message',
  'send',
  'accept',
  'decline',
  'cancel',
  'name',
  'heartbeat',
  'friend',
  'unfriend',
  'forget',
]);

/**
 * What a line does that is entered after the end of the chat. `hasAsked`:
 * whether the key before it has asked to start the next chat. Undefined if the
 * line does the same as during the chat.
 */
export function stepEnded(pane: PaneState, text: string, hasAsked: boolean): EndedStep | undefined {
  const { start, chat } = pane;
  const line = parseLine(text);
  if (text === '' || hasAsked || line.kind === 'again') {
    const invite = line.kind === 'again' ? line.invite : undefined;
    return startNext(pane, invite);
  }
  if (!needsChat.has(line.kind)) {
    return undefined;
  }
  // A message can be kept for the next chat.
  const asks = start !== undefined && line.kind === 'message' && nextOf(start, chat) !== 'invite';
  const hint = asks ? ` ${enterHint(pane)}, and keeps the draft.` : '';
  const refused = withRefused(pane, text, `The chat has ended.${hint}`);
  return asks ? { pane: refused, asks } : { pane: refused };
}

function startNext(pane: PaneState, invite: string | undefined): EndedStep {
  const { start, chat, composer } = pane;
  if (start === undefined) {
    return { pane: { ...pane, notice: 'The chat has ended. Ctrl-D closes the screen.' } };
  }
  if (invite !== undefined) {
    return { pane, next: { kind: 'invite', invite } };
  }
  const kind = nextOf(start, chat);
  return kind === 'invite'
    ? {
        pane: {
          ...pane,
          composer: restoreDraft(composer, '/again '),
          notice: 'Type the invite again: NUMBER-word-word.',
        },
      }
    : { pane, next: { kind } };
}

/** Bounds memory. More than a screen of summaries would not be read. */
const MAX_PAST = 20;

/**
 * The pane with a new chat in the place of one that has ended. What was said
 * stays. What did not arrive becomes the draft, unless there is one: the new
 * peer may be somebody else, so that the user decides.
 */
export function withNextChat(pane: PaneState, start: Start, at: number): PaneState {
  const { chat, composer } = pane;
  const unsent = unsentTexts(pane);
  const returned = composer.text === '' ? fittingDraft(unsent) : undefined;
  const hasPast = [...chat.transcript.entries].some(({ kind }) => kind === 'message' || kind === 'file');
  const transcript = hasPast
    ? { ...appendEntry(chat.transcript, { kind: 'note', at, text: 'a new chat' }), group: undefined }
    : emptyTranscript;
  return {
    ...pane,
    // What was kept of the conversation before it is above, or was this one.
    chat: {
      ...initialChatState,
      transcript,
      nameColumns: chat.nameColumns,
      history: hasPast ? undefined : 0,
    },
    start,
    first: transcript.entries.at(-1)?.key ?? 0,
    past:
      chat.connection === undefined
        ? pane.past
        : [...pane.past, { ...chat, transcript: emptyTranscript }].slice(-MAX_PAST),
    composer: returned === undefined ? composer : restoreDraft(composer, returned),
    notice: unsent.length === 0 ? undefined : returnedText(unsent.length, returned !== undefined),
    position: undefined,
    found: undefined,
    overlay: undefined,
    roundTrips: [],
  };
}

/** Our messages of this chat that have not arrived, as far as we know. */
function unsentTexts({ chat, first }: PaneState): readonly string[] {
  // What waits for a friend is sent by the next chat with that friend.
  if (chat.ended?.waitsFor !== undefined) {
    return [];
  }
  // The classic protocol acknowledges nothing.
  if (chat.connection !== undefined && !isEncrypted(chat.connection)) {
    return [];
  }
  return [...chat.transcript.entries].flatMap((entry) =>
    entry.kind === 'message' && entry.key >= first && entry.from === 'me' && !entry.delivered
      ? [entry.text]
      : [],
  );
}

/** The texts as one draft. Undefined if there are none, or if they are too long for it. */
function fittingDraft(texts: readonly string[]): string | undefined {
  const draft = texts.join('\n');
  return draft === '' || Buffer.byteLength(draft) > MAX_DRAFT_LENGTH ? undefined : draft;
}

function returnedText(count: number, isDraft: boolean): string {
  const what = `${countText(count, 'message was', 'messages were')} not delivered`;
  const [it, is] = count === 1 ? ['it', 'is'] : ['them', 'are'];
  return `${what}: ${isDraft ? `here ${count === 1 ? 'it' : 'they'} ${is} again, as a draft` : `Up brings ${it} back`}.`;
}
