/** The names under which runs of the program announce themselves, and which of two waits for the other. Pure. */

/**
 * How long a run looks for others. A host on the same link answers within milliseconds. One that sleeps, or a lost
 * datagram, takes a second.
 */
export const SEARCH_MS = 3000;

/** The random bytes of an id. */
export const ID_BYTES = 8;

/**
 * Makes an id of random bytes, as 16 hexadecimal digits. It says nothing about the machine or the person, and each run
 * draws its own, so nobody is recognized by it. `joins`: whether this run also joins others. One that only waits has
 * a smaller id than all that join, so that of two that find each other one always joins.
 */
export function announcementId(random: Uint8Array, joins: boolean): string {
  const [first = 0, ...rest] = random;
  // The first digit is 0, or 1 to 15.
  const digit = joins ? 1 + (first % 15) : 0;
  return [(digit << 4) | (first >> 4), ...rest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Whether the run `own` joins the run `other`. The smaller one waits. Nobody joins itself. */
export function isToJoin(own: string, other: string): boolean {
  return other < own;
}
