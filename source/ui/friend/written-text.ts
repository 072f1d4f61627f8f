/** When a message was written that waited for its reader. It is loaded after the first frame. */

/** The writer chooses this number, and the largest time that a Date knows is 8.64e15 (ECMA-262, 21.4.1.1). */
const MAX_TIME = 8.64e15;

/** Whether a Date can be made of it. */
export function isTime(at: number): boolean {
  return Math.abs(at) <= MAX_TIME;
}

/** `written 14:03`, or `written Sat, Nov 28, 14:03` if it was another day than that of `now`. In ms since the epoch. */
export function writtenText(at: number, now: number): string {
  if (!isTime(at)) {
    return 'written at an unknown time';
  }
  const isToday = new Date(at).toDateString() === new Date(now).toDateString();
  return `written ${isToday ? clockText(at) : dayAndClock(at, now)}`;
}

/** `Sat, Nov 28, 14:03`. */
export function dayAndClock(at: number, now: number): string {
  return isTime(at) ? `${dayText(at, now)}, ${clockText(at)}` : 'earlier';
}

function clockText(at: number): string {
  const time = new Date(at);
  return [time.getHours(), time.getMinutes()].map((part) => String(part).padStart(2, '0')).join(':');
}

// Created on first use: it takes 5 ms.
const days = new Map<boolean, Intl.DateTimeFormat>();

/** In the user's language. The year is there if it is another one. */
function dayText(at: number, now: number): string {
  const isSameYear = new Date(at).getFullYear() === new Date(now).getFullYear();
  const known = days.get(isSameYear);
  const format =
    known ??
    new Intl.DateTimeFormat(undefined, {
      weekday: 'short',
      day: 'numeric',
      month: 'short',
      ...(isSameYear ? {} : { year: 'numeric' }),
    });
  days.set(isSameYear, format);
  // Some languages have invisible marks for the direction in their dates.
  return format.format(at).replaceAll(/\p{Cf}/gv, '');
}
