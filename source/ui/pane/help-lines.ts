import type { Action } from '../settings/actions.ts';
import { type KeyMap, keysOf, keyText } from '../settings/key-map.ts';
import { type Line, plain, styled } from '../text/line.ts';
import { commandHelp } from '../commands/command-help.ts';
import { padText, widthOf, wrapText } from '../text/text-layout.ts';

const rows: readonly (readonly [about: string, ...shown: readonly Action[]])[] = [
  ['send; a new line', 'send', 'new-line'],
  ['clear the draft, or leave; leave, if there is none', 'interrupt', 'delete-or-leave'],
  ['scroll; to the newest message', 'page-up', 'page-down', 'to-end'],
  ['older sent messages; search them', 'up', 'down', 'search'],
  ['after /find: the next older, newer match', 'find-older', 'find-newer'],
  ['complete a command or a path; change sides', 'complete', 'next-pane'],
  ['to the start, the end; by words', 'line-start', 'line-end', 'word-left', 'word-right'],
  ['cut to the start, the end, a word', 'kill-to-start', 'kill-to-end', 'kill-to-space'],
  ['put back the text that was cut; undo', 'yank', 'undo'],
  ['text without margins, for the mouse', 'bare-view'],
  ['write in $EDITOR; redraw the screen', 'editor', 'redraw'],
  ['stop the program; fg in the shell continues', 'suspend'],
  ['show this help', 'help'],
];

/** On a narrower screen, the meaning of a key is in the row below it. */
const MIN_COLUMNS_FOR_TABLE = 60;

/** The keys, as the user has set them, and the commands. */
export function helpLines(keys: KeyMap, columns: number): readonly Line[] {
  const ofKeys = rows.flatMap(([about, ...shown]): [string, string][] => {
    const names = shown.flatMap((action) => keysOf(keys, action).slice(0, 1));
    return names.length === 0 ? [] : [[shortText(names.map(keyText)), about]];
  });
  const cells = [...ofKeys, ...commandHelp()];
  if (columns < MIN_COLUMNS_FOR_TABLE) {
    return cells.flatMap(([head, about]): Line[] => [
      ...wrapText(head, columns - 1).map((row) => [styled('strong', ` ${row}`)]),
      ...wrapText(about, columns - 3).map((row) => [plain(`   ${row}`)]),
    ]);
  }
  const width = Math.max(...cells.map(([head]) => widthOf(head))) + 2;
  return cells.map(([head, about]) => [styled('strong', ` ${padText(head, width)}`), plain(about)]);
}

/** `Ctrl-U Ctrl-K` becomes `Ctrl-U K`: a repeated modifier is left out. */
function shortText(names: readonly string[]): string {
  let before = '';
  return names
    .map((name) => {
      const modifier = name.includes(' ') ? '' : (/^(?:Ctrl|Alt)-/.exec(name)?.[0] ?? '');
      const isSaid = modifier !== '' && modifier === before;
      before = modifier;
      return isSaid ? name.slice(modifier.length) : name;
    })
    .join(' ');
}
