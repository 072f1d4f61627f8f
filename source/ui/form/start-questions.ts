/** Asks for what the command line leaves out, on the screen or as lines. */
import { PunchlineError } from '../../errors.ts';
import { completeWord } from '../../protocol/code.ts';
import { parseInvite } from '../../protocol/invite.ts';
import { formatPlace, parsePlaces, placesOf } from '../../protocol/place-address.ts';
import { createForm, type Field, type FormState, type FormValues } from './form-state.ts';
import type { Look } from '../screen/look.ts';

/** How the questions are asked. `lines`: one question per line, without moving the cursor. */
export type FormFace = 'lines' | { readonly look: Look };

/** The answers, as they were typed but for spaces around them. */
export interface StartAnswer {
  readonly server: string;
  /** Absent if the user wants to open a room. */
  readonly invite?: string;
  readonly name?: string;
}

const inviteField: Field = {
  name: 'invite',
  label: 'Invite',
  placeholder: 'what your friend gave you; empty opens a room',
  accept: (value) => {
    const server = value === '' ? undefined : parseInvite(value).server;
    return server === undefined ? undefined : { server: placesOf(server).map(formatPlace).join(',') };
  },
  complete: (value) => {
    const [, head = '', between = '', word = ''] = /^(\d+([- ])(?:[a-z]+[- ])?)([a-z]+)$/i.exec(value) ?? [];
    const whole = word === '' ? undefined : completeWord(word);
    // What stands before the second word is added as well.
    return whole && `${head}${whole}${/[- ].*[- ]/.test(head) ? '' : between}`;
  },
};

const serverField: Field = {
  name: 'server',
  label: 'Rendezvous',
  placeholder: 'HOST or HOST:PORT that both sides can reach',
  accept: (value) => {
    if (value === '') {
      throw new PunchlineError('ERR_USAGE', 'Enter a rendezvous', {
        hint: 'For example example.org, or example.org:8877.',
      });
    }
    parsePlaces(value);
    return undefined;
  },
};

const nameField: Field = {
  name: 'name',
  label: 'Your name',
  placeholder: 'how your friend sees you; may stay empty',
  accept: () => undefined,
};

/**
 * Asks whether to open a room or join one, for the rendezvous, and for the
 * user's name. Undefined if the user left.
 */
export async function askStart(
  known: { readonly server?: string | undefined; readonly name?: string | undefined },
  face: FormFace,
): Promise<StartAnswer | undefined> {
  const values = await ask(
    'Open a room, or join one',
    createForm([inviteField, serverField, nameField], known),
    face,
  );
  if (values === undefined) {
    return undefined;
  }
  const { server = '', invite = '', name = '' } = values;
  return { server, ...(invite === '' ? {} : { invite }), ...(name === '' ? {} : { name }) };
}

/** Asks only for the rendezvous, if everything else is known. Undefined if the user left. */
export async function askServer(face: FormFace): Promise<string | undefined> {
  const values = await ask('Which rendezvous should introduce you?', createForm([serverField]), face);
  return values?.['server'];
}

async function ask(title: string, initial: FormState, face: FormFace): Promise<FormValues | undefined> {
  if (face === 'lines') {
    const { fillFormByLines } = await import('./form-lines.ts');
    return fillFormByLines(title, initial);
  }
  const { fillForm } = await import('./start-form.tsx');
  return fillForm(title, initial, face);
}
