/**
 * The actions of the screen, with their default keys; the config file can set
 * others. The composer, the screen, its help, the config file and the manual
 * follow this table.
 *
 * Keys are written as in Emacs: `C-a`, `M-S-left`, `C-x C-e`.
 */
interface ActionRow {
  readonly keys: readonly string[];
  readonly about: string;
}

/** In the order in which the manual lists them. */
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
  up: { keys: ['up', 'C-p'], about: 'the line above, then older sent messages' },
  down: { keys: ['down', 'C-n'], about: 'the line below, then back to the draft' },
  search: { keys: ['C-r'], about: 'search in sent messages; again: further back' },
  'search-forward': { keys: ['C-s'], about: 'the same, forward' },
  cancel: { keys: ['C-g'], about: 'end a search, and restore the draft' },
  'delete-left': { keys: ['backspace', 'C-h'], about: 'delete the character before the cursor' },
  'delete-right': { keys: ['delete'], about: 'delete the character after the cursor' },
  'delete-or-leave': { keys: ['C-d'], about: 'the same; leave if the draft is empty' },
  'kill-word-left': { keys: ['M-backspace', 'C-backspace'], about: 'cut the word before the cursor' },
  'kill-word-right': { keys: ['M-d', 'C-delete'], about: 'cut the word after the cursor' },
  'kill-to-space': { keys: ['C-w'], about: 'cut back to the last space' },
  'kill-to-start': { keys: ['C-u'], about: 'cut to the start of the line' },
  'kill-to-end': { keys: ['C-k'], about: 'cut to the end of the line' },
  yank: { keys: ['C-y'], about: 'put back the text that was cut' },
  'yank-earlier': { keys: ['M-y'], about: 'replace it by the text that was cut before' },
  undo: { keys: ['C-_', 'C-x C-u'], about: 'undo' },
  'swap-chars': { keys: ['C-t'], about: 'swap two characters' },
  'swap-words': { keys: ['M-t'], about: 'swap two words' },
  'upper-case': { keys: ['M-u'], about: 'put the word in capitals' },
  'lower-case': { keys: ['M-l'], about: 'put the word in small letters' },
  capitalize: { keys: ['M-c'], about: 'capitalize the word' },
  complete: { keys: ['tab'], about: 'complete a command or a path, else go to the other side' },
  editor: { keys: ['C-x C-e'], about: 'write in $VISUAL or $EDITOR' },
  'page-up': { keys: ['pageup'], about: 'scroll back' },
  'page-down': { keys: ['pagedown'], about: 'scroll forward' },
  'find-older': { keys: ['f3'], about: 'find the next older match' },
  'find-newer': { keys: ['S-f3'], about: 'find the next newer match' },
  'to-end': { keys: ['escape'], about: 'to the newest message' },
  'next-pane': { keys: ['f6'], about: 'to the other side, if there are two' },
  help: { keys: ['f1'], about: 'show the keys and commands' },
  redraw: { keys: ['C-l'], about: 'redraw the screen' },
  suspend: { keys: ['C-z'], about: 'stop the program; fg in the shell brings it back' },
  interrupt: { keys: ['C-c'], about: 'clear the draft, or leave' },
} as const satisfies Record<string, ActionRow>;

export type Action = keyof typeof actions;

export const actionNames = Object.keys(actions) as readonly Action[];
