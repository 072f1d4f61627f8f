import { actionNames, type Action } from '../ui/settings/actions.ts';
import { keyText, parseKey, type KeyWishes } from '../ui/settings/key-map.ts';
import { quote } from '../text/safe-text.ts';
import { suggest } from '../text/suggest.ts';

/**
 * `keys` of the config file: for each action a key, or a list of them, which may
 * be empty. Throws what `bad` makes of the reason and the hint.
 */
export function parseKeyWishes(
  given: Readonly<Record<string, string | readonly string[]>>,
  bad: (why: string, hint?: string) => Error,
): KeyWishes {
  const wishes: Partial<Record<Action, readonly string[]>> = {};
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
    wishes[action] = [texts].flat().map((text) => {
      const key = parseKey(text);
      if (key === undefined) {
        throw bad(
          `keys.${name}: ${quote(text)} is no key`,
          'A key is written like "Ctrl-A", "Alt-Left", "F1" or "Ctrl-X Ctrl-E"; one that writes a character cannot be taken.',
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
  return wishes;
}
