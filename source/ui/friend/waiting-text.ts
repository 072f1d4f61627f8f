/** The sentences while a friend is waited for, without a full stop. They are not safe for a terminal yet. */
import { nameText } from '../text/peer-name.ts';

/** What becomes of what is written. `sent`: how many messages wait already. */
export function keptText(friend: string, sent = 0): string {
  const name = nameText(friend);
  return sent === 0
    ? `you may write already: it is delivered when ${name} comes, also after you have left`
    : `what you have written is delivered when ${name} comes, also after you have left`;
}

/** The time of waiting after which `inVainText` is told. Two who have agreed on a time have met by then. */
export const VAIN_MS = 60_000;

/** A friend who has removed us cannot be told from one who is late. */
export function inVainText(friend: string): string {
  const name = nameText(friend);
  return `If ${name} never comes, ${name} may have removed you`;
}
