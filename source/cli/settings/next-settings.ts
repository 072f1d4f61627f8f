import { formatCode, type Code } from '../../protocol/code.ts';
import { parseInvite } from '../../protocol/invite.ts';
import { FIRST_OWN_NUMBER } from '../../protocol/rendezvous-messages.ts';
import type { NextChat, Start } from '../../ui/ending/start.ts';
import { ANY_PORT, type ChatSettings } from './chat-settings.ts';
import { noPlace } from './named-server.ts';

/** The next peer is another one. */
const noFriend = { friendName: undefined, friend: undefined } as const;

/**
 * The settings of a chat that follows `last` on the same screen. `first` are those of the command line: who hosted then,
 * hosts again. Throws ERR_USAGE if an invite cannot be read, or if it leaves open where to meet.
 */
export function nextSettings(next: NextChat, last: ChatSettings, first: ChatSettings): ChatSettings {
  switch (next.kind) {
    case 'same':
      return last;
    case 'room':
      return roomSettings(last, first);
    case 'invite': {
      const { code, server } = parseInvite(next.invite);
      return server === undefined
        ? settingsForCode(code, { ...last, ...noFriend }, first)
        : { ...last, ...noFriend, code, server, here: undefined, local: false };
    }
  }
}

/** What was to be sent was offered to the first peer. The next one may be somebody else. */
function roomSettings(last: ChatSettings, first: ChatSettings): ChatSettings {
  const opened = { ...last, ...noFriend, code: undefined, send: [], local: false };
  if (first.here !== undefined) {
    return { ...opened, here: first.here, server: undefined };
  }
  // Nobody has named a place: the peer was found on the local network. This machine can be found there, too.
  return last.server === undefined && last.here === undefined && !last.classic
    ? { ...opened, here: ANY_PORT, portMapping: false }
    : opened;
}

/** Both sides have agreed on the code, or one of them hosts under it. The other waits there, or is looked for. */
function settingsForCode(code: Code, last: ChatSettings, first: ChatSettings): ChatSettings {
  const isAgreed = code.number >= FIRST_OWN_NUMBER;
  const local = last.lan;
  const isHosted =
    first.here !== undefined && (isAgreed || (first.code && formatCode(first.code)) === formatCode(code));
  if (isHosted) {
    const { here, portMapping } = first;
    return { ...last, code, server: undefined, here, local, portMapping };
  }
  const { server } = last;
  if (server !== undefined) {
    return { ...last, code, here: undefined, local };
  }
  if (!local) {
    throw noPlace(true);
  }
  // As on the command line: each of the two waits for the other, and nobody from outside is meant to come.
  return isAgreed
    ? { ...last, code, here: ANY_PORT, local, portMapping: false }
    : { ...last, code, here: undefined, local };
}

/** How a side with these settings comes to its chat. A code at which we host was agreed, whatever its number. */
export function startOf({ classic, code, friendName, here }: ChatSettings): Start {
  if (
    classic ||
    friendName !== undefined ||
    (code !== undefined && (code.number >= FIRST_OWN_NUMBER || here !== undefined))
  ) {
    return 'agreed';
  }
  return code === undefined ? 'room' : 'invite';
}
