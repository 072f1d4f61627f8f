/**
 * Prints, as a line of JSON for each shape of text, how many times more steps
 * every reader takes for a text that is twice as long. A program of its own:
 * V8 counts in all that is loaded, and a test runner loads a great deal.
 */
import type { FileEvent, PunchlineEvent } from '../../../source/events.ts';
import { quote } from '../../../source/core/quote.ts';
import { safeFileName } from '../../../source/connect/files/wire/safe-file-name.ts';
import { safeName, safeText } from '../../../source/text/safe-text.ts';
import { asciiMarks } from '../../../source/ui/ascii-marks.ts';
import { Attention } from '../../../source/ui/screen/attention.ts';
import { EntryList } from '../../../source/ui/conversation/entry-list.ts';
import type { Entry } from '../../../source/ui/conversation/entries.ts';
import { fileLines } from '../../../source/ui/conversation/file-lines.ts';
import { fileNews } from '../../../source/ui/transfers/file-wording.ts';
import { findMessage } from '../../../source/ui/conversation/find.ts';
import { createJsonPrinter } from '../../../source/ui/lines/json.ts';
import { linksOf } from '../../../source/ui/links.ts';
import { createLogPrinter } from '../../../source/ui/log.ts';
import { messageLines } from '../../../source/ui/conversation/message-lines.ts';
import { notificationSequence } from '../../../source/ui/notification.ts';
import { createPlainPrinter } from '../../../source/ui/lines/plain.ts';
import { shortName } from '../../../source/ui/short-name.ts';
import { truncateText, wrapText } from '../../../source/ui/text/text-layout.ts';
import { entryLines } from '../../../source/ui/conversation/transcript.ts';
import { growingShapes, growingText } from '../strangers/growing-texts.ts';
import { createStepCounter } from './steps.ts';
import { connected } from '../chats/story.ts';

const LENGTH = 3000;

const format = { columns: 80, peerName: 'anna', hasAcks: true };
const at = { v: 1, at: 0 } as const;

function message(text: string): Extract<Entry, { kind: 'message' }> {
  return { kind: 'message', key: 1, at: 0, from: 'peer', id: '1', text, delivered: false };
}

function file(text: string): FileEvent {
  const [by, reason] = ['peer', text] as const;
  const rest = {
    event: 'file',
    id: 'r1',
    bytes: 1,
    files: 1,
    isFolder: false,
    direction: 'received',
  } as const;
  return { ...rest, name: text, state: 'declined', by, reason, path: text };
}

/** All that happens in a chat with a text of the peer's or the rendezvous' in it. */
function happenings(text: string): readonly PunchlineEvent[] {
  return [
    { ...at, ...connected, peer: { name: text } },
    { ...at, event: 'message', from: 'peer', id: '1', text },
    { ...at, event: 'heartbeat', direction: 'received', n: 1, text },
    { ...at, event: 'renamed', name: text },
    { ...at, ...file(text) },
    { ...at, event: 'lost', reason: text, queued: 0 },
    { ...at, event: 'relay', state: 'refused', reason: text },
    { ...at, event: 'path', path: 'direct', remote: connected.remote, reason: text },
    { ...at, event: 'error', code: 'ERR_PROTOCOL', message: text, hint: text },
  ];
}

function tellAll(print: (event: PunchlineEvent) => void, text: string): void {
  for (const event of happenings(text)) {
    print(event);
  }
}

const lead = [{ text: '12:00 anna: ' }];

/** Everything that stands between a stranger's text and a screen, a log, a title or a notification. */
const readers: Readonly<Record<string, (text: string) => unknown>> = {
  'safeText, lines': (text) => safeText(text, { multiline: true }),
  safeName,
  quote,
  'safeFileName, hidden ones kept': (text) => safeFileName(text, true),
  safeFileName: (text) => safeFileName(text),
  shortName: (text) => shortName(text, 40),
  linksOf: (text) => linksOf(safeText(text, { multiline: true })),
  'messageLines, 80 columns': (text) => messageLines(lead, message(text), 80),
  'messageLines, 20 columns': (text) => messageLines(lead, message(text), 20),
  'messageLines, with what is looked for': (text) => messageLines(lead, message(text), 80, 'a'),
  'entryLines, a heartbeat': (text) =>
    entryLines({ kind: 'heartbeat', key: 1, at: 0, text, sent: 1, received: 1, ms: 1 }, format),
  'entryLines, a name': (text) => entryLines(message('hello'), { ...format, peerName: text }),
  fileLines: (text) => fileLines(file(text), [], { ...format, peerName: text }),
  fileNews: (text) => fileNews(file(text), text, true),
  findMessage: (text) => {
    const entries = new EntryList<Entry>().append(message(text));
    return findMessage(entries, 'aa', undefined);
  },
  wrapText: (text) => wrapText(safeText(text), 40),
  truncateText: (text) => truncateText(safeText(text), 40),
  asciiMarks: (text) => asciiMarks(safeText(text)),
  notificationSequence: (text) => notificationSequence('osc 777', text),
  'Attention, with texts in notifications': (text) => {
    const options = { notify: 'text', way: 'osc 9', hasTitle: true, startedAtMs: -1e9 } as const;
    const attention = new Attention(options);
    tellAll((event) => attention.onEvent(event, 0, 0), text);
  },
  'lines of text': (text) =>
    tellAll(
      createPlainPrinter(() => undefined),
      text,
    ),
  'lines of JSON': (text) =>
    tellAll(
      createJsonPrinter(() => undefined),
      text,
    ),
  'the log': (text) =>
    tellAll(
      createLogPrinter(() => undefined),
      text,
    ),
};

using counter = createStepCounter();

/** Quadratic on purpose: shows that a count tells it. */
function quadratic(text: string): number {
  return Array.from(text).reduce((sum, _character, index) => sum + text.slice(index).trim().length, 0);
}

const all = Object.entries({ ...readers, quadratic });
for (const shape of growingShapes) {
  const [one, two] = [growingText(shape, LENGTH), growingText(shape, 2 * LENGTH)];
  // What is made where it is first needed is made before anything is counted.
  counter.stepsOf(() => all.forEach(([, read]) => read(one)));
  const steps = all.map(([name, read]) => {
    const more = counter.stepsOf(() => read(two));
    const less = counter.stepsOf(() => read(one));
    return [name, more / less];
  });
  process.stdout.write(`${JSON.stringify({ shape, ratios: Object.fromEntries(steps) })}\n`);
}
