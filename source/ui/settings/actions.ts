/**
 * The actions of the screen, each with its default keys; the config file can set
 * others. The composer, the screen, its help and the config file follow this
 * table, and a test keeps the manual true to it. What an action does stands only
 * in the manual: here it would be loaded before the first frame.
 *
 * Keys are written as in Emacs: `C-a`, `M-S-left`, `C-x C-e`. The order is that
 * of the manual.
 */
export const actions = {
  send: ['enter'],
  'new-line': ['M-enter', 'S-enter', 'C-enter'],
  'char-left': ['C-b', 'left'],
  'char-right': ['C-f', 'right'],
  'word-left': ['M-b', 'C-left', 'M-left'],
  'word-right': ['M-f', 'C-right', 'M-right'],
  'line-start': ['C-a', 'home'],
  'line-end': ['C-e', 'end'],
  'draft-start': ['M-<'],
  'draft-end': ['M->'],
  up: ['up', 'C-p'],
  down: ['down', 'C-n'],
  search: ['C-r'],
  'search-forward': ['C-s'],
  cancel: ['C-g'],
  'delete-left': ['backspace', 'C-h'],
  'delete-right': ['delete'],
  'delete-or-leave': ['C-d'],
  'kill-word-left': ['M-backspace', 'C-backspace'],
  'kill-word-right': ['M-d', 'C-delete'],
  'kill-to-space': ['C-w'],
  'kill-to-start': ['C-u'],
  'kill-to-end': ['C-k'],
  yank: ['C-y'],
  'yank-earlier': ['M-y'],
  undo: ['C-_', 'C-x C-u'],
  'swap-chars': ['C-t'],
  'swap-words': ['M-t'],
  'upper-case': ['M-u'],
  'lower-case': ['M-l'],
  capitalize: ['M-c'],
  complete: ['tab'],
  editor: ['C-x C-e'],
  'page-up': ['pageup'],
  'page-down': ['pagedown'],
  'find-older': ['f3'],
  'find-newer': ['S-f3'],
  'to-end': ['escape'],
  'next-pane': ['f6'],
  'bare-view': ['f2'],
  help: ['f1'],
  redraw: ['C-l'],
  suspend: ['C-z'],
  interrupt: ['C-c'],
} as const satisfies Record<string, readonly string[]>;

export type Action = keyof typeof actions;

export const actionNames = Object.keys(actions) as readonly Action[];
