import process from 'node:process';
import { createInterface } from 'node:readline';
import { safeText } from '../../text/safe-text.ts';
import { notUtf8 } from '../text/wording.ts';
import { listText } from './invite-field.ts';
import {
  changeField,
  type FormState,
  type FormValues,
  isComplete,
  submitField,
  trimmedValues,
} from './form-state.ts';

/**
 * Fills in the form by one question per line; the terminal itself edits the
 * line. Undefined if the input has ended.
 */
export async function fillFormByLines(
  title: string,
  initial: FormState,
  stdin: NodeJS.ReadableStream = process.stdin,
  stdout: NodeJS.WritableStream = process.stdout,
): Promise<FormValues | undefined> {
  const lines = createInterface({ input: stdin, terminal: false });
  const answers = lines[Symbol.asyncIterator]();
  stdout.write(`${title.endsWith('?') ? title : `${title}.`}\n`);
  let state = initial;
  let hasToldBroken = false;
  try {
    while (!isComplete(state)) {
      stdout.write(questionText(state));
      const { value, done } = await answers.next();
      if (done === true) {
        return undefined;
      }
      if (!hasToldBroken && value.includes('\uFFFD')) {
        hasToldBroken = true;
        stdout.write(`${notUtf8}\n`);
      }
      // An empty answer keeps the known value. A wrong answer is asked for again.
      const changed = value === '' ? state : changeField(state, value);
      const next = changed.error === undefined ? submitField(changed) : changed;
      if (next.error === undefined) {
        state = next;
      } else {
        stdout.write(`${safeText([next.error.message, next.error.hint].filter(Boolean).join('. '))}\n`);
      }
    }
    return trimmedValues(state);
  } finally {
    lines.close();
    // Closing the interface pauses stdin in the next tick. A reader that starts before that would be paused, too.
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Bounds the list of what may be typed. A screen reader reads it all out. */
const MAX_LIST_COLUMNS = 300;

function questionText({ fields, values, index }: FormState): string {
  const field = fields[index];
  const known = values[field?.name ?? ''] ?? '';
  if (field?.choices !== undefined) {
    const rows = field.choices.map(({ about, label }, at) => `  ${at + 1} ${safeText(label)}: ${about}\n`);
    const chosen = field.choices.findIndex(({ value }) => value === known) + 1;
    return `${field.label}:\n${rows.join('')}Number (empty: ${chosen}): `;
  }
  const names = field?.list?.of('') ?? [];
  const list = names.length === 0 ? '' : `${field?.list?.label}: ${listText(names, MAX_LIST_COLUMNS)}\n`;
  return `${list}${field?.label} (${known === '' ? field?.placeholder : `empty: ${safeText(known)}`}): `;
}
