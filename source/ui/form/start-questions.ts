/** Asks for what the command line leaves out, on the screen or as lines. */
import { usageError } from '../../errors.ts';
import { parsePlaces, rendezvousIn } from '../../protocol/place-address.ts';
import { type Choice, createForm, type Field, type FormState, type FormValues } from './form-state.ts';
import { friendOf, inviteField } from './invite-field.ts';
import type { Look } from '../screen/look.ts';

/** How the questions are asked. `lines`: one question per line, without moving the cursor. */
export type FormFace = 'lines' | { readonly look: Look };

/** Where two meet: a server by its name, or this machine. Neither if all stays as it was. */
export interface PlaceAnswer {
  /** As it was typed but for spaces around it. */
  readonly server?: string;
  readonly isHere?: true;
  /** Whether to keep it for the next time. */
  readonly isKept: boolean;
}

/** The answers, as they were typed but for spaces around them. */
export interface StartAnswer extends PlaceAnswer {
  /** Absent if the user wants to open a room, or to meet a friend. */
  readonly invite?: string;
  /** The friend to meet, as `Known` names them. */
  readonly friend?: string;
  readonly name?: string;
}

/** What need not be asked. */
export interface Known {
  readonly place?: Pick<Choice, 'label' | 'about'> | undefined;
  readonly name?: string | undefined;
  /** The names of the friends who can be met without a code. */
  readonly friends?: readonly string[];
  /** The file that can keep the choice; undefined if none can. */
  readonly keptIn?: string | undefined;
}

const publicMailboxChoice: Choice = {
  value: 'wormhole',
  label: 'public mailbox',
  about: 'run by volunteers of magic-wormhole; sees both addresses, not the chat',
};
const hereChoice: Choice = {
  value: 'here',
  label: 'this machine',
  about: 'no server; your friend must reach a port here',
};
const ownChoice: Choice = {
  value: 'own',
  label: 'own server',
  about: 'a rendezvous or mailbox server, by name',
};

/** What is in force without being kept, or holds for once. */
const unkept: ReadonlySet<string> = new Set(['known', 'local']);

/** An invite may name a place. A code without one is looked for where the options and the config file say. */
function isOpening(values: FormValues): boolean {
  return values['isJoining'] !== 'yes';
}

function placeFields(label: string, choices: readonly Choice[], { keptIn, place }: Known): readonly Field[] {
  const known: readonly Choice[] = place === undefined ? [] : [{ ...place, value: 'known' }];
  // What is known may be one of them.
  const others = choices.filter(({ label: name, value }) => place?.label !== name && place?.label !== value);
  const [first = ownChoice, ...further] = [...known, ...others];
  const fields: readonly Field[] = [
    { name: 'place', label, choices: [first, ...further], isAsked: isOpening },
    {
      name: 'server',
      label: 'Server',
      placeholder: 'HOST, HOST:PORT or https://HOST that both sides can reach',
      accept: (value) => {
        expectFilled(value);
        parsePlaces(value);
        return undefined;
      },
      isAsked: (values) => isOpening(values) && values['place'] === 'own',
    },
    {
      name: 'keep',
      label: 'Use it',
      choices: [
        { value: 'no', label: 'this time only', about: 'nothing is written' },
        { value: 'yes', label: 'always', about: `written into ${keptIn}` },
      ],
      isAsked: (values) => keptIn !== undefined && isOpening(values) && !unkept.has(values['place'] ?? ''),
    },
  ];
  return fields;
}

/** Throws ERR_USAGE. */
function expectFilled(server: string): void {
  if (server === '') {
    throw usageError('Enter a rendezvous', 'For example example.org, or example.org:8877.');
  }
}

const nameField: Field = {
  name: 'name',
  label: 'Your name',
  placeholder: 'how your friend sees you; may stay empty',
};

/** For the doctor, no other place will do. */
const rendezvousField: Field = {
  name: 'server',
  label: 'Rendezvous',
  placeholder: 'HOST or HOST:PORT that this machine can reach',
  accept: (value) => {
    expectFilled(value);
    rendezvousIn(parsePlaces(value), 'the doctor');
    return undefined;
  },
};

/**
 * Asks whether to open a room or join one, where to open it, and for the user's
 * name. Undefined if the user left.
 */
export async function askStart(known: Known, face: FormFace): Promise<StartAnswer | undefined> {
  const places = placeFields('Meet at', [publicMailboxChoice, hereChoice, ownChoice], known);
  const { friends = [] } = known;
  const form = createForm([inviteField(friends), ...places, nameField], { name: known.name });
  const title = friends.length === 0 ? 'Open a room, or join one' : 'Open a room, join one, or meet a friend';
  const values = await ask(title, form, face);
  if (values === undefined) {
    return undefined;
  }
  const { invite = '', name = '' } = values;
  const friend = friendOf(invite, friends);
  return {
    ...placeAnswer(values),
    ...(friend === undefined ? (invite === '' ? {} : { invite }) : { friend }),
    ...(name === '' ? {} : { name }),
  };
}

const localChoice: Choice = {
  value: 'local',
  label: 'local network',
  about: 'look once more; your friend runs punchline chat --here',
};

/** What the place is for: to open a room, or to join one that is elsewhere, or was not found on the local network. */
export type Where = 'open' | 'elsewhere' | 'local';

const questions: Readonly<Record<Where, readonly [title: string, choices: readonly Choice[]]>> = {
  open: ['Where do you want to meet?', [publicMailboxChoice, hereChoice, ownChoice]],
  elsewhere: ['Where does your friend wait?', [publicMailboxChoice, ownChoice]],
  local: ['Where does your friend wait?', [localChoice, publicMailboxChoice, ownChoice]],
};

/** Asks only for the place, if everything else is known. Undefined if the user left. */
export async function askPlace(
  { where, ...known }: Known & { readonly where: Where },
  face: FormFace,
): Promise<PlaceAnswer | undefined> {
  const [title, choices] = questions[where];
  const values = await ask(title, createForm(placeFields('Meet at', choices, known)), face);
  return values && placeAnswer(values);
}

function placeAnswer({ keep, place, server = '' }: FormValues): PlaceAnswer {
  const isKept = keep === 'yes';
  switch (place) {
    case 'wormhole': {
      return { server: 'wormhole', isKept };
    }
    case 'here': {
      return { isHere: true, isKept };
    }
    case 'own': {
      return { server, isKept };
    }
    default: {
      return { isKept: false };
    }
  }
}

/** Asks for a rendezvous, if everything else is known. Undefined if the user left. */
export async function askServer(face: FormFace): Promise<string | undefined> {
  const form = createForm([rendezvousField]);
  const values = await ask('Which rendezvous should examine this network?', form, face);
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
