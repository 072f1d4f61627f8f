/** What the man page tells beside the tables and the manual. This file is pure. */

/** A variable or a path, and what it is for. */
export type Fact = readonly [name: string, meaning: string];

/** The variables of the environment that a user may set. */
export const variables: readonly Fact[] = [
  ['PUNCHLINE_SERVER', 'where to meet, if neither --server nor the invite says it'],
  ['PUNCHLINE_CODE', 'the code, if none is typed; others on this machine cannot read it'],
  ['PUNCHLINE_PASSWORD', 'the password of friends export and friends import, instead of a question'],
  ['ALL_PROXY, HTTPS_PROXY, NO_PROXY', 'the proxies that lead to a place, as curl reads them'],
  ['VISUAL, EDITOR', 'the editor for a long message'],
  ['PAGER', 'what shows the help and the manual (default: less)'],
  ['NO_COLOR', 'if set, no colours'],
  ['TERM', 'if it is dumb, lines of text instead of a screen'],
  ['ACCESSIBLE', 'if it is set and not 0, lines of text, each said once and in order'],
  ['XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_STATE_HOME, XDG_CACHE_HOME', 'the folders of the files below'],
  ['XDG_RUNTIME_DIR', 'the folder of the sockets of labs'],
];

export const paths: readonly Fact[] = [
  ['~/.config/punchline/config.json', 'the config file: see punchline help config'],
  ['~/.local/share/punchline/friends/', 'friends, and what waits for them. It holds secrets'],
  ['~/.local/state/punchline/workshop/', 'how far the exercises of the workshop are'],
  ['~/.cache/punchline/', 'compiled code, which may be removed at any time'],
];
