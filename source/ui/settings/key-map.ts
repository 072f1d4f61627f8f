import { actionNames, actions, type Action } from './actions.ts';
import { quote } from '../../text/safe-text.ts';
import { suggest } from '../../text/suggest.ts';

/** The action of each key. Two keys that are pressed one after the other are written with a space between them. */
export type KeyMap = ReadonlyMap<string, Action>;

/** Keys that the config file sets, instead of the default keys of the same actions. */
export type KeySettings = Readonly<Partial<Record<Action, readonly string[]>>>;

/** Applies the settings to the default keys. A key that is chosen for one action is taken away from any other. */
export function createKeyMap(settings: KeySettings = {}): KeyMap {
  const byDefault = actionNames.flatMap((action) =>
    settings[action] === undefined ? actions[action].map((key) => [key, action] as const) : [],
  );
  const chosen = actionNames.flatMap((action) =>
    (settings[action] ?? []).map((key) => [key, action] as const),
  );
  const keys = new Map<string, Action>(byDefault);
  for (const [key, action] of chosen) {
    for (const known of keys.keys()) {
      if (known.startsWith(`${key} `) || key.startsWith(`${known} `)) {
        keys.delete(known);
      }
    }
    keys.set(key, action);
  }
  return keys;
}

export const defaultKeyMap = createKeyMap();

/**
 * The action of a key, or of two keys with a space between them. If a key has
 * no action with Shift, it has the one without.
 */
export function actionOf(keys: KeyMap, key: string): Action | undefined {
  return keys.get(key) ?? keys.get(key.replace(/S-(?=[^ ]+$)/, ''));
}

/** Whether `key` is the first of two keys that have an action together. */
export function isPrefix(keys: KeyMap, key: string): boolean {
  return [...keys.keys()].some((known) => known.startsWith(`${key} `));
}

/** The keys of one action. */
export function keysOf(keys: KeyMap, action: Action): string[] {
  return [...keys].filter(([, known]) => known === action).map(([key]) => key);
}

const names = [
  ['enter', 'Enter'],
  ['tab', 'Tab'],
  ['escape', 'Esc'],
  ['space', 'Space'],
  ['backspace', 'Backspace'],
  ['delete', 'Delete'],
  ['insert', 'Insert'],
  ['home', 'Home'],
  ['end', 'End'],
  ['pageup', 'PgUp'],
  ['pagedown', 'PgDn'],
  ['up', 'Up'],
  ['down', 'Down'],
  ['left', 'Left'],
  ['right', 'Right'],
  ...Array.from({ length: 12 }, (_, index) => [`f${index + 1}`, `F${index + 1}`] as const),
] as const;

const nameOfKey: ReadonlyMap<string, string> = new Map(names);
const keyOfName: ReadonlyMap<string, string> = new Map(names.map(([key, name]) => [name.toLowerCase(), key]));

/** `C-x C-e` as it is shown to people: `Ctrl-X Ctrl-E`. */
export function keyText(key: string): string {
  return key.split(' ').map(oneKeyText).join(' ');
}

function oneKeyText(key: string): string {
  const [, control = '', alt = '', shift = '', name = ''] = /^(C-)?(M-)?(S-)?(.+)$/.exec(key) ?? [];
  const modifiers = `${control && 'Ctrl-'}${alt && 'Alt-'}${shift && 'Shift-'}`;
  return modifiers + (nameOfKey.get(name) ?? name.toUpperCase());
}

/**
 * `Ctrl-X Ctrl-E` as strokes are named: `C-x C-e`. Undefined for a text that is
 * not a key, and for a key that writes a character.
 */
export function parseKey(text: string): string | undefined {
  const keys = text.trim().split(/\s+/);
  const parsed = keys.map(parseOneKey);
  return keys.length > 2 || parsed.includes(undefined) ? undefined : parsed.join(' ');
}

function parseOneKey(text: string): string | undefined {
  const [, modifiers = '', name = ''] = /^((?:(?:ctrl|alt|shift)-)*)(.+)$/iu.exec(text) ?? [];
  function has(modifier: string): boolean {
    return modifiers.toLowerCase().includes(modifier);
  }
  const named = keyOfName.get(name.toLowerCase());
  const isCharacter = /^[!-~]$/.test(name);
  if (named === undefined && (!isCharacter || !(has('ctrl') || has('alt')))) {
    return undefined;
  }
  // Space without Ctrl or Alt writes a character.
  if (named === 'space' && !has('ctrl') && !has('alt')) {
    return undefined;
  }
  const shift = has('shift') && named !== undefined ? 'S-' : '';
  return `${has('ctrl') ? 'C-' : ''}${has('alt') ? 'M-' : ''}${shift}${named ?? name.toLowerCase()}`;
}

/**
 * Reads `keys` of the config file: for each action one key, or a list of keys,
 * which may be empty. Throws the error that `bad` makes of a reason and a hint.
 */
export function parseKeySettings(
  given: Readonly<Record<string, string | readonly string[]>>,
  bad: (why: string, hint?: string) => Error,
): KeySettings {
  const settings: Partial<Record<Action, readonly string[]>> = {};
  const owners = new Map<string, Action>();
  for (const [name, texts] of Object.entries(given)) {
    const action = actionNames.find((known) => known === name);
    if (action === undefined) {
      const meant = suggest(name, actionNames);
      throw bad(
        `keys: ${quote(name)} is no action`,
        meant === undefined ? `The actions are ${actionNames.join(', ')}.` : `Did you mean "${meant}"?`,
      );
    }
    settings[action] = [texts].flat().map((text) => {
      const key = parseKey(text);
      if (key === undefined) {
        throw bad(
          `keys.${name}: ${quote(text)} is no key`,
          'A key is written like "Ctrl-A", "Alt-Left", "F1" or "Ctrl-X Ctrl-E". A key that writes a character cannot be used.',
        );
      }
      const owner = owners.get(key);
      if (owner !== undefined && owner !== action) {
        throw bad(`keys: ${keyText(key)} is given to ${owner} and to ${name}`);
      }
      owners.set(key, action);
      return key;
    });
  }
  return settings;
}
