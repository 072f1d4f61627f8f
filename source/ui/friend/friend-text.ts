/** The sentences about friends. As in wording.ts, they are not safe for a terminal yet. */
import type { EndedEvent, FriendEvent } from '../../events.ts';
import { nameText } from '../text/peer-name.ts';
import { countText } from '../text/wording.ts';

/** What the event tells. `peerName`: as the peer calls itself; undefined before there was a connection. */
export function friendText(event: FriendEvent, peerName: string | undefined): string {
  const { state, name, by, reason } = event;
  const peer = peerName ?? name ?? '';
  const who = nameText(peer);
  const called = nameText(name ?? peer);
  switch (state) {
    case 'meeting': {
      return `looking for ${called}, a friend: no code is needed`;
    }
    case 'asked': {
      return `you asked to keep ${who}; waiting for ${who} to agree`;
    }
    case 'offered': {
      return `${who} wants to keep you as a friend, so that you meet again without a code: /friend agrees`;
    }
    case 'kept': {
      return name === undefined
        ? `${who} is kept as a friend`
        : `${who} is kept as ${called}: next time, punchline chat ${called}`;
    }
    case 'failed': {
      return `${who} is not kept as a friend${reason === undefined ? '' : `: ${reason}`}`;
    }
    case 'removed': {
      const what = by === 'peer' ? `${called} has removed you as a friend` : `${called} is a friend no more`;
      return `${what}: next time, you need a code`;
    }
  }
}

/** Asked before a friend is removed. `friend`: as this user calls the friend. */
export function unfriendText(friend: string): string {
  const name = nameText(friend);
  return `/unfriend again removes ${name}: you two then meet only with a code, and what waits for ${name} is lost.`;
}

/** `2 messages wait for ada, and are delivered when you meet again`. */
export function waitsText(count: number, friend: string): string {
  const [wait, are] = count === 1 ? ['waits', 'is'] : ['wait', 'are'];
  return `${countText(count, 'message')} ${wait} for ${nameText(friend)}, and ${are} delivered when you meet again`;
}

/** What became of our messages that have not arrived, as a clause. Empty if there are none. */
export function undeliveredText({
  undelivered = 0,
  waitsFor,
}: Omit<EndedEvent, 'event' | 'reason' | 'exit'>): string {
  if (undelivered === 0) {
    return '';
  }
  return waitsFor === undefined
    ? `${countText(undelivered, 'message was', 'messages were')} not delivered`
    : waitsText(undelivered, waitsFor);
}

/** Above what was kept of an earlier conversation there is nothing; below it is this. */
export function historyText(count: number): string {
  return `${countText(count, 'earlier message')} above`;
}
