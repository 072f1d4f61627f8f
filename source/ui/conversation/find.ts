/** Searching what was said: in the messages, whatever the case. */
import { safeText } from '../../text/safe-text.ts';
import type { Entry } from './entries.ts';
import type { EntryList } from './entry-list.ts';
import { patternOf } from '../text/query-pattern.ts';

export interface Found {
  readonly query: string;
  /** The number of the message, see entries.ts. */
  readonly key: number;
  /** Which of how many it is, from the newest on; 1 is the first. */
  readonly place: number;
  readonly count: number;
}

/**
 * The next match before (`older`) or behind message `from`; without `from`, the
 * newest. At either end it goes on at the other. Undefined: none at all.
 */
export function findMessage(
  entries: EntryList<Entry>,
  query: string,
  from: number | undefined,
  direction: 'older' | 'newer' = 'older',
): Found | undefined {
  const pattern = patternOf(query);
  const keys: number[] = [];
  for (const { kind, text, key } of entries) {
    if (kind === 'message' && safeText(text, { multiline: true }).search(pattern) !== -1) {
      keys.push(key);
    }
  }
  keys.reverse();
  const next =
    direction === 'older'
      ? keys.findIndex((key) => from === undefined || key < from)
      : keys.findLastIndex((key) => from !== undefined && key > from);
  const index = next === -1 ? (direction === 'older' ? 0 : keys.length - 1) : next;
  const key = keys[index];
  return key === undefined ? undefined : { query, key, place: index + 1, count: keys.length };
}
