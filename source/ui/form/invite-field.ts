/** The field for an invite, where the name of a friend may be typed as well. */
import { PunchlineError, usageError } from '../../errors.ts';
import { completeWord } from '../../protocol/code.ts';
import { parseInvite } from '../../protocol/invite.ts';
import { quote, safeName } from '../../text/safe-text.ts';
import { suggest } from '../../text/suggest.ts';
import { sharedBeginning } from '../commands/completion.ts';
import { widthOf } from '../text/text-layout.ts';
import type { Field } from './form-state.ts';

/** The field. `friends`: the names of those who can be met without a code. */
export function inviteField(friends: readonly string[]): Field {
  const field: Field = {
    name: 'invite',
    label: 'Invite',
    placeholder:
      friends.length === 0
        ? 'what your friend gave you; empty opens a room'
        : 'an invite, or the name of a friend; empty opens a room',
    accept: (value) => {
      if (value !== '' && friendOf(value, friends) === undefined) {
        expectInvite(value, friends);
      }
      return { isJoining: value === '' ? '' : 'yes' };
    },
    complete: (value) => completedName(value, friends) ?? completedCode(value),
  };
  return friends.length === 0
    ? field
    : { ...field, list: { label: 'Friends', of: (value) => beginningWith(value, friends) } };
}

/** The friend whom a typed name means, as this user calls the friend. Capitals do not matter. */
export function friendOf(typed: string, friends: readonly string[]): string | undefined {
  const lower = typed.toLowerCase();
  return friends.find((name) => name === typed) ?? friends.find((name) => name.toLowerCase() === lower);
}

function beginningWith(typed: string, friends: readonly string[]): readonly string[] {
  const lower = typed.trimStart().toLowerCase();
  return friends.filter((name) => name.toLowerCase().startsWith(lower));
}

/** Throws ERR_USAGE if the value is no invite. One that begins with a letter may be meant as a name. */
function expectInvite(value: string, friends: readonly string[]): void {
  try {
    parseInvite(value);
  } catch (error) {
    if (!(error instanceof PunchlineError) || friends.length === 0 || !/^\p{L}/u.test(value)) {
      throw error;
    }
    const meant = suggest(value.toLowerCase(), friends);
    throw usageError(
      `${quote(value)} is no invite, and no friend has this name`,
      meant === undefined ? 'An invite looks like 7-velvet-orbit@example.org.' : `Did you mean ${meant}?`,
    );
  }
}

/** As far as all names go together that begin with what was typed. */
function completedName(value: string, friends: readonly string[]): string | undefined {
  const names = value.trim() === '' ? [] : beginningWith(value, friends);
  const shared = sharedBeginning(names);
  return shared.length < value.length ? (names.length === 0 ? undefined : value) : shared;
}

function completedCode(value: string): string | undefined {
  const [, head = '', between = '', word = ''] = /^(\d+([- ])(?:[a-z]+[- ])?)([a-z]+)$/i.exec(value) ?? [];
  const whole = word === '' ? undefined : completeWord(word);
  // What stands before the second word is added as well.
  return whole && `${head}${whole}${/[- ].*[- ]/.test(head) ? '' : between}`;
}

/** As many names as there is room for, and the number of the others. Empty if there are none. */
export function listText(names: readonly string[], columns: number): string {
  const safe = names.map((name) => safeName(name));
  const all = safe.join(', ');
  if (widthOf(all) <= columns) {
    return all;
  }
  let shown = `${names.length} in all`;
  for (let count = 1; count < names.length; count++) {
    const text = `${safe.slice(0, count).join(', ')} and ${names.length - count} more`;
    if (widthOf(text) > columns) {
      break;
    }
    shown = text;
  }
  return shown;
}
