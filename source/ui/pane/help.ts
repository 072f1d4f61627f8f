import type { Action } from '../settings/actions.ts';
import { type KeyMap, keysOf, keyText } from '../settings/key-map.ts';
import { type Line, plain, styled } from '../text/line.ts';
import { commands } from '../commands/slash-commands.ts';
import { padText, widthOf, wrapText } from '../text/text-layout.ts';

const rows: readonly (readonly [about: string, ...shown: readonly Action[]])[] = [
  ['send; a new line', 'send', 'new-line'],
  ['throw the draft away, or else leave at once', 'interrupt'],
  ['leave, where nothing is written', 'delete-or-leave'],
  ['scroll; to the newest', 'page-up', 'page-down', 'to-end'],
  ['what was sent; search in it', 'up', 'down', 'search'],
  ['after /find: the next older, newer message', 'find-older', 'find-newer'],
  ['complete a command, a path; to the other side, if there are two', 'complete', 'next-pane'],
  ['to the start, the end; by words', 'line-start', 'line-end', 'word-left', 'word-right'],
  ['cut to the start, the end, a word', 'kill-to-start', 'kill-to-end', 'kill-to-space'],
  ['put back what was cut; undo', 'yank', 'undo'],
  ['write in $EDITOR; draw the screen anew', 'editor', 'redraw'],
  ['stop, until fg in the shell', 'suspend'],
  ['show this', 'help'],
];

/** Narrower than this, what a key does stands below it. */
const MIN_COLUMNS_FOR_TABLE = 60;

/** The keys, as they are set, and the commands. */
export function helpLines(keys: KeyMap, columns: number): readonly Line[] {
  const ofKeys = rows.flatMap(([about, ...shown]): [string, string][] => {
    const names = shown.flatMap((action) => keysOf(keys, action).slice(0, 1));
    return names.length === 0 ? [] : [[shortText(names.map(keyText)), about]];
  });
  const ofCommands = Object.values(commands).map(({ usage, about }): [string, string] => [usage, about]);
  const cells = [...ofKeys, ...ofCommands, ['//text', 'send /text'] as const];
  if (columns < MIN_COLUMNS_FOR_TABLE) {
    return cells.flatMap(([head, about]): Line[] => [
      ...wrapText(head, columns - 1).map((row) => [styled('strong', ` ${row}`)]),
      ...wrapText(about, columns - 3).map((row) => [plain(`   ${row}`)]),
    ]);
  }
  const width = Math.max(...cells.map(([head]) => widthOf(head))) + 2;
  return cells.map(([head, about]) => [styled('strong', ` ${padText(head, width)}`), plain(about)]);
}

/** `Ctrl-U Ctrl-K` as `Ctrl-U K`: the modifier is said once. */
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
