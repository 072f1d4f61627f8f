import { formatEndpoint } from '../../network/endpoint.ts';
import { safeText } from '../../text/safe-text.ts';
import type { ChatState } from '../conversation/chat-state.ts';
import { factLines, type Line, plain, spinner, styled } from '../text/line.ts';
import type { StyleName } from '../text/styles.ts';
import { truncateText, wrapText } from '../text/text-layout.ts';
import { inviteCommand, asSentence, connectingText, placeText, placeNouns } from '../text/wording.ts';
import { waitText } from './connecting-state.ts';
import { inVainText, keptText, VAIN_MS } from '../friend/waiting-text.ts';
import { nameText } from '../text/peer-name.ts';
import type { ConnectingView } from './connecting-view.ts';
import { type Block, fitBlocks } from './fit-blocks.ts';

/** The rows while we wait for the peer: the invite, how long it has been, and whether the rendezvous is there. */
export function waitingLines(chat: ChatState, view: ConnectingView): readonly Line[] {
  return fitBlocks(
    [
      { rank: 2, lines: newsLines(chat, view), isApart: true },
      ...inviteBlocks(chat, view),
      { rank: 4, lines: wrapped(nextText(chat), view.columns, 'dim'), isApart: true },
      { rank: 4, lines: wrapped(vainText(chat, view), view.columns, 'dim'), isApart: true },
      { rank: 3, lines: wrapped(sinceText(chat, view), view.columns, 'dim') },
      { rank: 5, lines: factsOf(chat, view.columns), isApart: true },
    ],
    view.rows,
  );
}

/** What is wrong with the wait, or that it has not begun: the room is opened a moment before it is entered. */
function newsLines(chat: ChatState, view: ConnectingView): readonly Line[] {
  const { lostAt, leftAt, waitingSince } = chat.connecting;
  if (lostAt !== undefined) {
    return lostLines(chat, lostAt, view);
  }
  if (waitingSince === undefined) {
    return connectingHead(chat, view);
  }
  return leftAt === undefined ? [] : wrapped(leftText(chat.invite !== undefined), view.columns, 'bad');
}

export function connectingHead(chat: ChatState, { columns }: ConnectingView): readonly Line[] {
  const what = ` ${safeText(asSentence(connectingText(chat)))}`;
  return [[spinner, plain(truncateText(what, columns - 1))]];
}

function wrapped(text: string, columns: number, style: StyleName): readonly Line[] {
  return text === '' ? [] : wrapText(text, columns).map((row): Line => [styled(style, row)]);
}

/** The command to pass on is on a line of its own, so that a triple click selects only that. */
function inviteBlocks(
  { invite, inviteNotes, friend }: ChatState,
  { columns }: ConnectingView,
): readonly Block[] {
  if (invite === undefined || friend !== undefined) {
    // There is no invite for a friend, if the code was agreed beforehand, or if there is no code (classic).
    const how =
      friend === undefined
        ? 'Waiting for your friend, who has to start Punchline just as you did.'
        : `Waiting for ${nameText(friend)}.`;
    return [{ rank: 0, lines: wrapped(how, columns, 'strong'), isApart: true }];
  }
  const indented = columns < 40 ? '' : '   ';
  const command = wrapText(safeText(inviteCommand(invite)), columns - indented.length);
  return [
    {
      rank: 1,
      lines: [
        columns < 46
          ? [styled('strong', 'Pass this on:')]
          : [styled('strong', 'Waiting for your friend.'), plain(' Pass this line on:')],
      ],
      isApart: true,
    },
    { rank: 0, lines: command.map((line): Line => [plain(indented), styled('me', line)]), isApart: true },
    ...inviteNotes.map((note): Block => ({ rank: 1, lines: wrapped(note, columns, 'bad'), isApart: true })),
  ];
}

/** What can be done meanwhile. */
function nextText({ invite, sent, friend }: ChatState): string {
  if (friend !== undefined) {
    return asSentence(`${keptText(friend, sent)}.`);
  }
  const typing =
    sent === 0
      ? 'You may write already: it goes out once there is a connection.'
      : 'What you have written goes out once there is a connection.';
  return invite === undefined ? typing : `/copy copies the line, /qr shows it as a picture. ${typing}`;
}

function vainText({ friend, connecting }: ChatState, { now }: ConnectingView): string {
  const { waitingSince = now } = connecting;
  return friend === undefined || now - waitingSince < VAIN_MS ? '' : `${inVainText(friend)}.`;
}

function sinceText({ connecting }: ChatState, view: ConnectingView): string {
  const { waitingSince, lostAt } = connecting;
  if (waitingSince === undefined) {
    return '';
  }
  // While the rendezvous is lost, the time that matters is the one since then.
  return `Waiting since ${clockText(waitingSince)}${lostAt === undefined ? forText(connecting, view) : ''}.`;
}

/** `20:53`, in the local time. */
function clockText(at: number): string {
  const time = new Date(at);
  return [time.getHours(), time.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':');
}

function forText(connecting: ChatState['connecting'], { now, reducedMotion }: ConnectingView): string {
  const wait = reducedMotion ? '' : waitText(connecting, now);
  return wait === '' ? '' : `, for ${wait}`;
}

/** The user may be reading the invite out at this moment, so it is told whether it stays good. */
function lostLines(chat: ChatState, lostAt: number, view: ConnectingView): readonly Line[] {
  const { invite, connecting } = chat;
  const good = invite === undefined ? '' : ' Your invite stays good.';
  const what = `${safeText(asSentence(placeText(chat)))} has been lost since ${clockText(lostAt)}${forText(connecting, view)}. Trying it again.${good}`;
  return wrapText(what, view.columns - 2).map((row, index): Line => [
    index === 0 ? spinner : plain(' '),
    plain(' '),
    styled('bad', row),
  ]);
}

function leftText(hasInvite: boolean): string {
  return `Somebody came, and left before there was a connection.${hasInvite ? ' Your invite stays good.' : ''}`;
}

/** The places, for a peer who asks for them. */
export function factsOf({ place, server, mapped }: ChatState, columns: number): readonly Line[] {
  return [
    ...(server === undefined ? [] : factLines(asSentence(placeNouns[place]), safeText(server), columns)),
    ...(mapped === undefined ? [] : factLines('This side', formatEndpoint(mapped), columns)),
  ];
}
