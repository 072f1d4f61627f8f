import { type Line, plain, styled } from './line.ts';
import { padText } from './text-layout.ts';

const rows: readonly (readonly [keys: string, meaning: string])[] = [
  ['Enter', 'send; Alt-Enter begins a new line'],
  ['Up Down', 'what you sent before'],
  ['PgUp PgDn', 'scroll; Esc goes back to the end'],
  ['Ctrl-A E B F', 'begin, end, back, forward; Alt-B F by words'],
  ['Ctrl-U K W Y', 'cut before, behind, a word; put it back'],
  ['F6 or Tab', 'to the other side, where there are two'],
  ['/path', 'how the connection runs, and how it came to be'],
  ['/quit Ctrl-D', 'say goodbye and leave'],
  ['Ctrl-C', 'throw the draft away, or leave at once'],
  ['//text', 'send /text'],
];

/** The keys and commands. */
export function helpLines(): Line[] {
  return rows.map(([keys, meaning]): Line => [styled('strong', ` ${padText(keys, 13)}`), plain(meaning)]);
}
