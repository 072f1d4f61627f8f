/**
 * Everything a key can do on the screen, with the keys that do it unless the
 * config file says otherwise. The composer, the screen, its help, the config
 * file and the readme all follow this one table.
 *
 * Keys are written as Emacs does: `C-a`, `M-S-left`, `C-x C-e`.
 */
interface ActionRow {
  readonly keys: readonly string[];
  readonly about: string;
}

export const actions = {
  send: { keys: ['enter'], about: 'send the draft' },
  'new-line': { keys: ['M-enter', 'S-enter', 'C-enter'], about: 'begin a new line' },
  'char-left': { keys: ['C-b', 'left'], about: 'back by a character' },
  'char-right': { keys: ['C-f', 'right'], about: 'forward by a character' },
  'word-left': { keys: ['M-b', 'C-left', 'M-left'], about: 'back by a word' },
  'word-right': { keys: ['M-f', 'C-right', 'M-right'], about: 'forward by a word' },
  'line-start': { keys: ['C-a', 'home'], about: 'to the start of the line' },
  'line-end': { keys: ['C-e', 'end'], about: 'to the end of the line' },
  'draft-start': { keys: ['M-<'], about: 'to the start of the draft' },
  'draft-end': { keys: ['M->'], about: 'to the end of the draft' },
  up: { keys: ['up', 'C-p'], about: 'the line above, then what was sent before' },
  down: { keys: ['down', 'C-n'], about: 'the line below, then back to the draft' },
  search: { keys: ['C-r'], about: 'search in what was sent; again: further back' },
  'search-forward': { keys: ['C-s'], about: 'the same, forward' },
  cancel: { keys: ['C-g'], about: 'end a search where it began' },
  'delete-left': { keys: ['backspace', 'C-h'], about: 'delete the character before' },
  'delete-right': { keys: ['delete'], about: 'delete the character behind' },
  'delete-or-leave': { keys: ['C-d'], about: 'the same; where nothing is written: leave' },
  'kill-word-left': { keys: ['M-backspace', 'C-backspace'], about: 'cut the word before' },
  'kill-word-right': { keys: ['M-d', 'C-delete'], about: 'cut the word behind' },
  'kill-to-space': { keys: ['C-w'], about: 'cut back to a space' },
  'kill-to-start': { keys: ['C-u'], about: 'cut to the start of the line' },
  'kill-to-end': { keys: ['C-k'], about: 'cut to the end of the line' },
  yank: { keys: ['C-y'], about: 'put back what was cut' },
  'yank-earlier': { keys: ['M-y'], about: 'instead of it, what was cut before' },
  undo: { keys: ['C-_', 'C-x C-u'], about: 'undo' },
  'swap-chars': { keys: ['C-t'], about: 'swap two characters' },
  'swap-words': { keys: ['M-t'], about: 'swap two words' },
  'upper-case': { keys: ['M-u'], about: 'the word in capitals' },
  'lower-case': { keys: ['M-l'], about: 'the word in small letters' },
  capitalize: { keys: ['M-c'], about: 'the word with a capital' },
  complete: { keys: ['tab'], about: 'complete a command, a path; else the other side of two' },
  editor: { keys: ['C-x C-e'], about: 'write in $VISUAL or $EDITOR' },
  'page-up': { keys: ['pageup'], about: 'scroll back' },
  'page-down': { keys: ['pagedown'], about: 'scroll forward' },
  'find-older': { keys: ['f3'], about: 'the next older message with what was looked for' },
  'find-newer': { keys: ['S-f3'], about: 'the next newer one' },
  'to-end': { keys: ['escape'], about: 'to the newest message' },
  'next-pane': { keys: ['f6'], about: 'to the other side, where there are two' },
  help: { keys: ['f1'], about: 'show the keys and commands' },
  redraw: { keys: ['C-l'], about: 'draw the screen anew' },
  suspend: { keys: ['C-z'], about: 'stop the program; fg in the shell brings it back' },
  interrupt: { keys: ['C-c'], about: 'throw the draft away, or else leave at once' },
} as const satisfies Record<string, ActionRow>;

export type Action = keyof typeof actions;

export const actionNames = Object.keys(actions) as readonly Action[];
