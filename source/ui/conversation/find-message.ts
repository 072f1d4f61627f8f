/** Searches the messages, regardless of case. */
import { safeText } from '../../text/safe-text.ts';
import type { Entry } from './entries/entries.ts';
import type { EntryList } from './entries/entry-list.ts';
import { patternOf } from '../text/query-pattern.ts';

/** A match of a search. */
export interface Found {
  readonly query: string;
  /** The number of the message that is shown, see entries.ts. */
  readonly key: number;
  /** The rank of this match among all matches, counted from the newest; 1 is the newest. */
  readonly place: number;
  readonly count: number;
}

/**
 * The next match before (`older`) or after (`newer`) message `from`; without
 * `from`, the newest match. The search wraps around at both ends. Undefined if
 * there is no match.
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
