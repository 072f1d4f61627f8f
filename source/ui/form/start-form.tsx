import { Box, type Key, render, Text, useApp, useInput, usePaste, useWindowSize } from 'ink';
import TextInput from 'ink-text-input';
import process from 'node:process';
import { use, useSyncExternalStore } from 'react';
import {
  changeField,
  completeField,
  type Choice,
  cutField,
  type Field,
  type FormState,
  type FormValues,
  goBack,
  isComplete,
  moveChoice,
  submitField,
  trimmedValues,
} from './form-state.ts';
import { listText } from './invite-field.ts';
import { type Look, LookContext } from '../screen/look.ts';
import { setRawMode } from '../terminal/raw-terminal.ts';
import { openSingleKeys } from '../terminal/single-keys.ts';
import { notUtf8 } from '../text/wording.ts';
import { stylesOf } from '../text/styles.ts';
import { safeText } from '../../text/safe-text.ts';

/** By default the form is on the terminal of this process. */
export interface FormOptions {
  readonly look: Look;
  readonly stdin?: NodeJS.ReadStream;
  readonly stdout?: NodeJS.WriteStream;
}

/** Ctrl-U and Ctrl-W, with the meaning that they have in a shell. */
const cuts: ReadonlyMap<string, 'all' | 'word'> = new Map([
  ['\u0015', 'all'],
  ['\u0017', 'word'],
]);

/** Ctrl with any letter but C, D, H, I and M, which ink-text-input would insert as that letter. */
// oxlint-disable-next-line no-control-regex -- keys are control characters
const ignored = /^[\u0000-\u0002\u0005-\u0007\u000B\u000C\u000E-\u001A\u001C-\u001F]$/;

/** On a smaller screen, one field is shown at a time, or one choice, without blank rows. */
const minSize = { columns: 50, rows: 9, choiceRows: 16 };

/** Shows the form on the screen. Undefined if the user left it. */
export async function fillForm(
  title: string,
  initial: FormState,
  { look, stdin = process.stdin, stdout = process.stdout }: FormOptions,
): Promise<FormValues | undefined> {
  const store = createFormStore(initial);
  setRawMode(stdin, true);
  const keys = openSingleKeys(
    stdin,
    (key) => {
      const cut = cuts.get(key);
      if (cut !== undefined) {
        store.change((before) => cutField(before, cut));
      }
      return cut !== undefined || ignored.test(key);
    },
    () => store.change((before) => ({ ...before, notice: notUtf8 })),
  );
  const form = render(
    <LookContext value={look}>
      <Form title={title} store={store} />
    </LookContext>,
    {
      stdin: keys.stream,
      stdout,
      exitOnCtrlC: false,
      interactive: true,
      isScreenReaderEnabled: false,
      patchConsole: false,
    },
  );
  const isFilled = await form.waitUntilExit().finally(keys.close);
  return isFilled === true ? trimmedValues(store.read()) : undefined;
}

interface FormStore {
  readonly read: () => FormState;
  readonly subscribe: (listener: () => void) => () => void;
  readonly change: (step: (state: FormState) => FormState) => FormState;
}

/** Holds the state outside of React, so that each key of one read sees the change of the one before it. */
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
  function step(change: (before: FormState) => FormState): void {
    if (isComplete(store.change(change))) {
      exit(true);
    }
  }
  const isChoosing = isChoice(state);
  useInput((input, key) => {
    if (key.escape || (key.ctrl && (input === 'c' || input === 'd'))) {
      exit(false);
    } else if (key.tab && key.shift) {
      step(goBack);
    } else if (key.tab) {
      step(completeField);
    } else if (isChoosing) {
      step((before) => strokeInChoice(before, input, key));
    } else if (key.upArrow) {
      step(goBack);
    } else if (key.downArrow) {
      step(submitField);
    }
  });
  // Asks the terminal to mark what is pasted. The marks do not come this far: single-keys.ts reads them.
  usePaste(() => undefined);
  const size = useWindowSize();
  const isSmall =
    size.columns < minSize.columns || size.rows < (isChoosing ? minSize.choiceRows : minSize.rows);
  return (
    <Box flexDirection="column" paddingX={isSmall ? 0 : 1}>
      {!(isChoosing && size.rows < minSize.rows) && <Text {...styles.strong}>{title}</Text>}
      <Box height={isSmall ? 0 : 1} />
      {state.fields.map((field, index) =>
        (isSmall && index !== state.index) || field.isAsked?.(state.values) === false ? null : (
          <FieldRow
            key={`${field.name} ${index === state.index ? state.revision : ''}`}
            isSmall={isSmall}
            field={field}
            value={state.values[field.name] ?? ''}
            isActive={index === state.index}
            isAnswered={index < state.index}
            onChange={(text) => step((before) => changeField(before, text))}
            onSubmit={() => step(submitField)}
          />
        ),
      )}
      <Box height={isSmall ? 0 : 1} />
      {state.error !== undefined && <Text {...styles.bad}>{state.error.message}</Text>}
      <Text {...styles.dim}>
        {state.error?.hint ?? state.notice ?? keysText(isChoosing, isSmall).join(ascii ? ', ' : ' · ')}
      </Text>
    </Box>
  );
}

function isChoice({ fields, index }: FormState): boolean {
  return fields[index]?.choices !== undefined;
}

function strokeInChoice(state: FormState, input: string, key: Key): FormState {
  if (key.upArrow || key.downArrow) {
    return moveChoice(state, key.upArrow ? -1 : 1);
  }
  return key.return ? submitField(state) : /^\d$/.test(input) ? changeField(state, input) : state;
}

function keysText(isChoosing: boolean, isSmall: boolean): readonly string[] {
  if (!isChoosing) {
    return ['Enter: next', 'Up: back', 'Esc: leave'];
  }
  return isSmall ? ['Up', 'Down', 'Enter'] : ['Up, Down: choose', 'Enter: next', 'Esc: leave'];
}

interface FieldRowProps {
  readonly field: Field;
  readonly value: string;
  readonly isActive: boolean;
  readonly isAnswered: boolean;
  readonly isSmall: boolean;
  readonly onChange: (text: string) => void;
  readonly onSubmit: () => void;
}

function FieldRow(props: FieldRowProps): React.JSX.Element {
  const { field, value, isActive, isAnswered, isSmall, onChange, onSubmit } = props;
  const { theme, ascii } = use(LookContext);
  const styles = stylesOf(theme);
  const size = useWindowSize();
  if (field.choices !== undefined && isActive && isSmall) {
    return (
      <Box flexDirection="column">
        {size.rows >= minSize.rows && <Text {...styles.strong}>{field.label}</Text>}
        <Choices choices={field.choices} value={value} isSmall />
      </Box>
    );
  }
  const row = (
    <Box flexDirection={isSmall ? 'column' : 'row'}>
      <Box width={isSmall ? undefined : 14} flexShrink={0}>
        <Text {...(isActive ? styles.accent : styles.dim)}>{isActive ? (ascii ? '> ' : '› ') : '  '}</Text>
        <Text {...(isActive ? styles.strong : styles.dim)}>{field.label}</Text>
      </Box>
      {field.choices === undefined ? (
        <TextInput
          value={value}
          placeholder={isActive ? (field.placeholder ?? '') : ''}
          focus={isActive}
          onChange={onChange}
          onSubmit={onSubmit}
        />
      ) : isActive ? (
        <Choices choices={field.choices} value={value} />
      ) : (
        <Text>{isAnswered ? safeText(labelOf(field.choices, value)) : ''}</Text>
      )}
    </Box>
  );
  const { list } = field;
  const margin = isSmall ? 2 : 14;
  const head = `${list?.label}: `;
  const names = isActive ? listText(list?.of(value) ?? [], size.columns - margin - head.length - 2) : '';
  return names === '' ? (
    row
  ) : (
    <Box flexDirection="column">
      {row}
      <Box marginLeft={margin}>
        <Text {...styles.dim}>{head + names}</Text>
      </Box>
    </Box>
  );
}

function labelOf(choices: readonly Choice[], wanted: string): string {
  return choices.find(({ value }) => value === wanted)?.label ?? '';
}

interface ChoicesProps {
  readonly choices: readonly Choice[];
  readonly value: string;
  /** Only the one that is chosen is shown. */
  readonly isSmall?: boolean;
}

/** The list, each with its number and what it means. */
function Choices({ choices, value, isSmall = false }: ChoicesProps): React.JSX.Element {
  const { theme, ascii } = use(LookContext);
  const styles = stylesOf(theme);
  const width = Math.max(...choices.map(({ label }) => label.length)) + 6;
  // The others are out of sight.
  function number(index: number): string {
    return isSmall ? `${index + 1}/${choices.length}` : String(index + 1);
  }
  return (
    <Box flexDirection="column" flexGrow={1}>
      {choices.map((choice, index) => {
        const isChosen = choice.value === value;
        return isSmall && !isChosen ? null : (
          <Box key={choice.value} flexDirection={isSmall ? 'column' : 'row'}>
            <Box width={isSmall ? undefined : width} flexShrink={0}>
              <Text {...(isChosen ? styles.accent : styles.dim)}>
                {isChosen ? (ascii ? '> ' : '› ') : '  '}
              </Text>
              <Text {...(isChosen ? styles.strong : {})}>{`${number(index)} ${safeText(choice.label)}`}</Text>
            </Box>
            <Text {...styles.dim}>{choice.about}</Text>
          </Box>
        );
      })}
    </Box>
  );
}
