import { Box, render, Text, useApp, useInput } from 'ink';
import TextInput from 'ink-text-input';
import process from 'node:process';
import { use, useSyncExternalStore } from 'react';
import {
  changeField,
  type Field,
  type FormState,
  type FormValues,
  goBack,
  isComplete,
  submitField,
  trimmedValues,
} from './form-state.ts';
import { type Look, LookContext } from './look.ts';
import { enterRawMode } from './raw-terminal.ts';
import { stylesOf } from './styles.ts';

export interface FormOptions {
  readonly look: Look;
  readonly stdin?: NodeJS.ReadStream;
  readonly stdout?: NodeJS.WriteStream;
}

/** Asks on a screen. Undefined: the user left. */
export async function fillForm(
  title: string,
  initial: FormState,
  { look, stdin = process.stdin, stdout = process.stdout }: FormOptions,
): Promise<FormValues | undefined> {
  const store = createFormStore(initial);
  enterRawMode(stdin);
  const form = render(
    <LookContext value={look}>
      <Form title={title} store={store} />
    </LookContext>,
    {
      stdin,
      stdout,
      exitOnCtrlC: false,
      interactive: true,
      isScreenReaderEnabled: false,
      patchConsole: false,
    },
  );
  const isFilled = await form.waitUntilExit();
  return isFilled === true ? trimmedValues(store.read()) : undefined;
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
  const { theme, ascii } = use(LookContext);
  const styles = stylesOf(theme);
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
      <Text {...styles.dim}>
        {state.error?.hint ?? ['Enter: next', 'Up: back', 'Esc: leave'].join(ascii ? ', ' : ' · ')}
      </Text>
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
  const { theme, ascii } = use(LookContext);
  const styles = stylesOf(theme);
  return (
    <Box>
      <Text {...(isActive ? styles.accent : styles.dim)}>{isActive ? (ascii ? '> ' : '› ') : '  '}</Text>
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
