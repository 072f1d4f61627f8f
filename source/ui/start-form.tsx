import { Box, render, Text, useApp, useInput } from 'ink';
import TextInput from 'ink-text-input';
import process from 'node:process';
import { useSyncExternalStore } from 'react';
import { formatServer, parseServer } from '../core/endpoint.ts';
import { parseInvite } from '../core/invite.ts';
import {
  changeField,
  createForm,
  type Field,
  type FormState,
  goBack,
  isComplete,
  submitField,
} from './form-state.ts';
import { enterRawMode } from './raw-terminal.ts';
import { styles } from './styles.ts';

export interface FormStreams {
  readonly stdin?: NodeJS.ReadStream;
  readonly stdout?: NodeJS.WriteStream;
}

export interface StartAnswer {
  readonly server: string;
  /** Absent: open a room. */
  readonly invite?: string;
  readonly name?: string;
}

const inviteField: Field = {
  name: 'invite',
  label: 'Invite',
  placeholder: 'what your friend gave you; empty opens a room',
  accept: (value) => {
    const server = value === '' ? undefined : parseInvite(value).server;
    return server === undefined ? undefined : { server: formatServer(server) };
  },
};

const serverField: Field = {
  name: 'server',
  label: 'Rendezvous',
  placeholder: 'HOST or HOST:PORT that both sides can reach',
  accept: (value) => {
    parseServer(value);
    return undefined;
  },
};

const nameField: Field = {
  name: 'name',
  label: 'Your name',
  placeholder: 'how your friend sees you; may stay empty',
  accept: () => undefined,
};

/** Asks whether to open a room or join one, through which rendezvous, under which name. Undefined: the user left. */
export async function askStart(
  known: { readonly server?: string | undefined; readonly name?: string | undefined },
  streams: FormStreams = {},
): Promise<StartAnswer | undefined> {
  const values = await ask(
    'Open a room, or join one',
    createForm([inviteField, serverField, nameField], known),
    streams,
  );
  if (values === undefined) {
    return undefined;
  }
  const { server = '', invite = '', name = '' } = values;
  return { server, ...(invite === '' ? {} : { invite }), ...(name === '' ? {} : { name }) };
}

/** Asks for the rendezvous alone, where all else is known. Undefined: the user left. */
export async function askServer(streams: FormStreams = {}): Promise<string | undefined> {
  const values = await ask('Which rendezvous shall introduce you?', createForm([serverField]), streams);
  return values?.['server'];
}

async function ask(
  title: string,
  initial: FormState,
  { stdin = process.stdin, stdout = process.stdout }: FormStreams,
): Promise<Readonly<Record<string, string>> | undefined> {
  const store = createFormStore(initial);
  enterRawMode(stdin);
  const form = render(<Form title={title} store={store} />, {
    stdin,
    stdout,
    exitOnCtrlC: false,
    interactive: true,
    patchConsole: false,
  });
  const isFilled = await form.waitUntilExit();
  return isFilled === true ? trimmed(store.read().values) : undefined;
}

function trimmed(values: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value.trim()]));
}

interface FormStore {
  readonly read: () => FormState;
  readonly subscribe: (listener: () => void) => () => void;
  readonly change: (step: (state: FormState) => FormState) => FormState;
}

/** Outside of React, so that a key sees what the one before it in the same read has done. */
function createFormStore(initial: FormState): FormStore {
  let state = initial;
  const listeners = new Set<() => void>();
  return {
    read: () => state,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
    change: (step) => {
      state = step(state);
      for (const listener of listeners) {
        listener();
      }
      return state;
    },
  };
}

function Form({ title, store }: { readonly title: string; readonly store: FormStore }): React.JSX.Element {
  const state = useSyncExternalStore(store.subscribe, store.read);
  const { exit } = useApp();
  const step = (change: (before: FormState) => FormState): void => {
    if (isComplete(store.change(change))) {
      exit(true);
    }
  };
  useInput((input, key) => {
    if (key.escape || (key.ctrl && (input === 'c' || input === 'd'))) {
      exit(false);
    } else if (key.upArrow || (key.tab && key.shift)) {
      step(goBack);
    } else if (key.downArrow || key.tab) {
      step(submitField);
    }
  });
  return (
    <Box flexDirection="column" paddingX={1}>
      <Text {...styles.strong}>{title}</Text>
      <Box height={1} />
      {state.fields.map((field, index) => (
        <FieldRow
          key={field.name}
          field={field}
          value={state.values[field.name] ?? ''}
          isActive={index === state.index}
          onChange={(text) => step((before) => changeField(before, text))}
          onSubmit={() => step(submitField)}
        />
      ))}
      <Box height={1} />
      {state.error !== undefined && <Text {...styles.bad}>{state.error.message}</Text>}
      <Text {...styles.dim}>{state.error?.hint ?? 'Enter: next · Up: back · Esc: leave'}</Text>
    </Box>
  );
}

interface FieldRowProps {
  readonly field: Field;
  readonly value: string;
  readonly isActive: boolean;
  readonly onChange: (text: string) => void;
  readonly onSubmit: () => void;
}

function FieldRow({ field, value, isActive, onChange, onSubmit }: FieldRowProps): React.JSX.Element {
  return (
    <Box>
      <Text {...(isActive ? styles.accent : styles.dim)}>{isActive ? '› ' : '  '}</Text>
      <Box width={12} flexShrink={0}>
        <Text {...(isActive ? styles.strong : styles.dim)}>{field.label}</Text>
      </Box>
      <TextInput
        value={value}
        placeholder={isActive ? field.placeholder : ''}
        focus={isActive}
        onChange={onChange}
        onSubmit={onSubmit}
      />
    </Box>
  );
}
