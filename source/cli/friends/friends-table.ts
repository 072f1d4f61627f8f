/** What `punchline friends` shows of them. */
import { placesText } from '../../friends/friend-record.ts';
import type { Friend } from '../../friends/friend.ts';
import { safeText } from '../../text/safe-text.ts';
import { padText, widthOf } from '../../ui/text/text-layout.ts';

/** Between two columns. */
const GAP = 2;

/** A friend, and how many messages wait for it. */
export interface ListedFriend {
  readonly friend: Friend;
  readonly waiting: number;
}

/** Lines with a heading, each friend in one. */
export function friendsTable(listed: readonly ListedFriend[]): string {
  const rows = [
    ['NAME', 'MEETS AT', 'SINCE', 'LAST MET', 'WAITING'],
    ...listed.map(({ friend: { keptAt, metAt, name, places }, waiting }) => [
      name,
      places === undefined ? 'a place that you name' : safeText(placesText(places)),
      dayOf(keptAt),
      `${dayOf(metAt)} ${minuteOf(metAt)}`,
      waiting === 0 ? '' : messages(waiting),
    ]),
  ];
  // No place and no number is cut.
  const widths = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => widthOf(row[column] ?? ''))));
  return rows
    .map((row) => row.map((cell, column) => padText(cell, (widths[column] ?? 0) + GAP)).join(''))
    .map((line) => `${line.trimEnd()}\n`)
    .join('');
}

/** For a script. Nothing of it is secret. */
export function friendFields({ friend, waiting }: ListedFriend): object {
  const { id, keptAt, metAt, name, places } = friend;
  return { v: 1, id, name, places: places === undefined ? null : placesText(places), keptAt, metAt, waiting };
}

/** `1 message`, `2 messages`. */
export function messages(count: number): string {
  return count === 1 ? '1 message' : `${count} messages`;
}

/** In the time zone of this machine. */
function dayOf(ms: number): string {
  const date = new Date(ms);
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map(twoDigits).join('-');
}

function minuteOf(ms: number): string {
  const date = new Date(ms);
  return [date.getHours(), date.getMinutes()].map(twoDigits).join(':');
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
