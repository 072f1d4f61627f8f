/**
 * Every function that handles a peer's text on its way to a screen, a log, a
 * notification, a title or a file name; and texts that are made to take long.
 */
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { PassThrough } from 'node:stream';
import { formatJsonLine } from '../../../source/text/json-line.ts';
import { quote, safeName, safeText } from '../../../source/text/safe-text.ts';
import { LocalPaths } from '../../../source/connect/files/wire/local-paths.ts';
import { safeFileName } from '../../../source/connect/files/wire/safe-file-name.ts';
import { createTextLines } from '../../../source/ui/lines/typed-lines.ts';
import type { FileEvent, Happening, PunchlineEvent } from '../../../source/events.ts';
import { bugLines, failureLines } from '../../../source/text/failure-lines.ts';
import { answerOf } from '../../../source/ui/commands/file-commands.ts';
import { bareRows, bareSequence } from '../../../source/ui/copying/bare-rows.ts';
import { viewText } from '../../../source/ui/copying/bare-text.ts';
import { copyCommand } from '../../../source/ui/copying/copy-command.ts';
import { asciiMarks } from '../../../source/ui/text/ascii-marks.ts';
import { connectingLines } from '../../../source/ui/connecting/connecting-lines.ts';
import { Attention } from '../../../source/ui/screen/attention.ts';
import { type ChatState, initialChatState, reduceChat } from '../../../source/ui/conversation/chat-state.ts';
import { openConversationLog } from '../../../source/ui/lines/conversation-log.ts';
import { closingText } from '../../../source/ui/pane/closing-text.ts';
import { endedText } from '../../../source/ui/ending/ended-text.ts';
import { filesLines } from '../../../source/ui/conversation/file-lines.ts';
import { fileLabel, fileNews, fileText, shortName } from '../../../source/ui/transfers/file-wording.ts';
import { friendText } from '../../../source/ui/friend/friend-text.ts';
import { findMessage } from '../../../source/ui/conversation/find-message.ts';
import { layOutPane, placePanes } from '../../../source/ui/pane/pane-layout.ts';
import { createJsonPrinter } from '../../../source/ui/lines/json.ts';
import * as lazyViews from '../../../source/ui/screen/lazy-views.ts';
import { hang, plain, styled } from '../../../source/ui/text/line.ts';
import { linksOf } from '../../../source/ui/conversation/links.ts';
import { messageLines } from '../../../source/ui/conversation/message-lines.ts';
import { paneLines } from '../../../source/ui/pane/pane-lines.ts';
import { initialPaneState, type PaneState } from '../../../source/ui/pane/pane-state.ts';
import { ladderSvg } from '../../../source/ladder/ladder-svg.ts';
import { pathLadder } from '../../../source/ui/path/path-ladder.ts';
import { pathLadderLines, pathLogLines, titleText } from '../../../source/ui/path/path-lines.ts';
import { createPlainPrinter } from '../../../source/ui/lines/plain.ts';
import { qrLines } from '../../../source/ui/pane/qr-lines.ts';
import { parseLine } from '../../../source/ui/commands/slash-commands.ts';
import {
  padText,
  textMeasure,
  truncateText,
  widthOf,
  wrapText,
} from '../../../source/ui/text/text-layout.ts';
import { scroll, transcriptLines } from '../../../source/ui/conversation/transcript-lines.ts';
import { transferLines } from '../../../source/ui/transfers/transfer-lines.ts';
import { photo } from '../sessions/file-story.ts';
import { connected, fromPeer } from '../chats/story.ts';

const address = 'http://a.b/';

/** Makes a text of about `length` UTF-16 units. */
type Shape = (length: number) => string;

function repeated(unit: string, before = '', behind = ''): Shape {
  return (length) => before + unit.repeat(Math.ceil(length / unit.length)) + behind;
}

/** `count` different characters from code point `first` on, again and again. */
function different(first: number, count: number, before = '', between = ''): Shape {
  return (length) =>
    before +
    Array.from(
      { length: Math.ceil(length / (1 + between.length)) },
      (_, index) => String.fromCodePoint(first + (index % count)) + between,
    ).join('');
}

const units: readonly string[] = [
  'word ',
  'x',
  ' ',
  '\n',
  '\r\n',
  '\t',
  `"'\\/`,
  '../..',
  '1-a-',
  '```\n',
  '```\nword http://a@b\n',
  '日',
  'e\u0301',
  '\u0301',
  '\u200D',
  '\u{1F468}\u200D',
  '👩‍👩‍👧‍👦',
  '🇩',
  '\u0E33',
  '\u1100',
  '\u0915\u094D',
  '\u0600',
  '\u0080',
  '\uD800',
  'http://',
  'http://a ',
  'http://a<',
  'http://a@b ',
  '(http://a.b/)\n',
  `http://${'a'.repeat(70)} `,
  '\u001B]8;;http://x\u001B\\a',
  'word\u0301 日 👩‍👧 http://a@b/(c). \n\u001B[2J "d" ',
];

/** The shapes, by what they are made of. */
export const shapes: ReadonlyMap<string, Shape> = new Map([
  ...units.map((unit) => [unit, repeated(unit)] as const),
  ['brackets behind an address', repeated(')', address)],
  ['pairs of brackets behind an address', repeated('()', address, ')')],
  ['dots behind an address', repeated('.', address, 'a')],
  ['brackets and dots behind an address', repeated(').', address)],
  ['folders of an address', repeated('../..', address)],
  ['letters of a host', different(0x4e00, 20_000, 'http://')],
  ['a user before a host', repeated('a', 'http://', '@b')],
  ['letters, none twice', different(0x4e00, 20_000)],
  ['marks, none twice', different(0x300, 0x6f, '', 'e')],
]);

const format = { columns: 80, nameColumns: 4, hasAcks: true, lazyViews };

function eventOf(happening: Happening): PunchlineEvent {
  return { v: 1, at: 0, ...happening };
}

function chatAfter(...happenings: readonly Happening[]): ChatState {
  return [connected, ...happenings].map(eventOf).reduce(reduceChat, initialChatState);
}

function paneAfter(...happenings: readonly Happening[]): PaneState {
  return { ...initialPaneState(undefined), lazyViews, chat: chatAfter(...happenings) };
}

/** Lays out all rows of the screen. */
function drawn(pane: PaneState, columns = 80): unknown {
  return placePanes(columns, 24, 1, 0).flatMap((place) => {
    const layout = layOutPane(pane, place);
    return paneLines({
      pane,
      place,
      layout,
      now: 0,
      hasPanes: false,
      isLeaving: false,
      leaveHint: 'Ctrl-C leaves',
      reducedMotion: false,
    });
  });
}

/** Events of a connection with the text as the reason. */
function ofConnection(text: string): readonly Happening[] {
  return [
    { event: 'relay', state: 'asked', reason: text },
    { event: 'path', path: 'relay', remote: connected.remote, reason: text },
    { event: 'error', code: 'ERR_PROTOCOL', message: text, hint: text },
    { event: 'lost', reason: text, queued: 0 },
  ];
}

/** Events of a file with the text as its name and as the reason. */
function ofFile(text: string): readonly [FileEvent, FileEvent, FileEvent, FileEvent] {
  const file: FileEvent = { ...photo, name: text };
  return [
    file,
    { ...file, state: 'accepted' },
    { ...file, state: 'progress', done: 1 },
    { ...file, state: 'failed', reason: text },
  ];
}

/** All events that contain a text of the peer. */
function sayings(text: string): readonly Happening[] {
  return [
    fromPeer(text),
    { event: 'heartbeat', direction: 'received', n: 1, text },
    { event: 'renamed', name: safeName(text) },
    ...ofConnection(text),
    ...ofFile(text),
  ];
}

/** New entries with the text, so that nothing is cached. */
function entriesOf(text: string): ChatState['transcript']['entries'] {
  return chatAfter(...Array.from({ length: 3 }, (_, n) => fromPeer(text, `${n}`))).transcript.entries;
}

function printed(
  create: (write: (text: string) => void) => (event: PunchlineEvent) => void,
  text: string,
): void {
  const print = create(() => {});
  [connected, ...sayings(text)].map(eventOf).forEach((event) => print(event));
}

/** The functions by name. All are synchronous. */
export const sinks: ReadonlyMap<string, (text: string) => unknown> = new Map(
  Object.entries<(text: string) => unknown>({
    'safe text': (text) => [safeText(text), safeText(text, { multiline: true })],
    'names of people and files': (text) => [
      safeName(text, text),
      quote(text),
      safeFileName(text),
      safeFileName(text, true),
      new LocalPaths(false).of(text),
      shortName(text, 30),
    ],
    'lines of text and of JSON': (text) => [
      createTextLines().push(Buffer.from(text)),
      formatJsonLine({ text }),
    ],
    'failures on stderr': (text) => [
      failureLines({ message: text, hint: text }),
      bugLines(text, 'punchline 0.0.0'),
    ],
    links: (text) => linksOf(safeText(text, { multiline: true })),
    'texts that are measured and cut': (text) => {
      const safe = safeText(text);
      return [widthOf(safe), truncateText(safe, 40), padText(safe, 40), asciiMarks(safe)];
    },
    'texts in rows': (text) => [
      wrapText(safeText(text, { multiline: true }), 20),
      hang([plain('  ')], safeText(text), 80, 'dim'),
    ],
    'a message in rows': (text) => {
      const entry = entriesOf(text).at(-1);
      return entry?.kind === 'message' ? messageLines([styled('peer', 'anna: ')], entry, 40, 'a') : undefined;
    },
    'a transcript': (text) => {
      const entries = entriesOf(text);
      const up = scroll(entries, format, 20, undefined, -30);
      return [transcriptLines(entries, format, 20, undefined), transcriptLines(entries, format, 20, up)];
    },
    'the clipboard': (text) => copyCommand(chatAfter(fromPeer(text), fromPeer(text)), 2, { TERM: 'xterm' }),
    'the bare view': (text) => bareSequence(bareRows(viewText(chatAfter(fromPeer(text))), 40)),
    'a search': (text) => findMessage(entriesOf(text), 'never', undefined),
    'the screen': (text) => drawn(paneAfter(...sayings(text))),
    'a small screen': (text) => drawn(paneAfter(...ofConnection(text), fromPeer(text)), 20),
    'the way to a connection': (text) => {
      const server = safeText(text);
      const happenings: readonly Happening[] = [
        { event: 'rendezvous', place: 'rendezvous', state: 'matched', server },
        { event: 'nats', own: 'random', peer: 'random', direct: 'no', why: 'none can be guessed' },
        { event: 'relay', state: 'refused', reason: text },
      ];
      const chat = happenings.map(eventOf).reduce(reduceChat, initialChatState);
      return [40, 80].map((columns) =>
        connectingLines(chat, { columns, rows: 24, now: 0, reducedMotion: false }),
      );
    },
    'the path of the connection': (text) => {
      const pane = paneAfter(...ofConnection(text));
      return [
        pathLogLines(pane, 80),
        pathLadderLines(pane, 80),
        ladderSvg(pathLadder(pane.chat), titleText(pane.chat), textMeasure),
        qrLines(pane.chat, 80, 24),
      ];
    },
    files: (text) => {
      const all = ofFile(text);
      const { files } = chatAfter(...all.slice(0, -1));
      const view = { columns: 80, rows: 4, now: 0, isLost: false, reducedMotion: false };
      return [
        filesLines(chatAfter(...all), 80),
        transferLines(files.transfers, view),
        answerOf('cancel', 'r9', files.transfers),
      ];
    },
    'words about files': (text) => {
      const event = ofFile(text)[3];
      const missingFiles = [{ path: text, reason: text }];
      const partly = { ...event, state: 'done', missing: 1, missingFiles } as const;
      return [
        fileText(event, 'anna'),
        friendText({ event: 'friend', state: 'failed', name: text, reason: text }, text),
        fileText(partly, 'anna'),
        fileText({ ...event, state: 'offered', unreadable: 1, unreadableFiles: missingFiles }, 'anna'),
        fileNews(event, 'anna', true),
        fileLabel(event),
      ];
    },
    'the title and the news': (text) => {
      const options = { notify: 'text', way: 'osc 9', hasTitle: true, startedAtMs: -100_000 } as const;
      const attention = new Attention(options);
      attention.fileNews = fileNews;
      const said = [connected, ...sayings(text)];
      return said.map((happening, index) => attention.onEvent(eventOf(happening), 0, 10_000 * index));
    },
    'the last words': (text) => {
      const ended: Happening = { event: 'ended', reason: 'failed', exit: 1 };
      const chat = chatAfter(...sayings(text), ended);
      return [endedText(chat), closingText(chat, new PassThrough(), 80)];
    },
    'lines for a person': (text) => printed(createPlainPrinter, text),
    'lines for a program': (text) => printed(createJsonPrinter, text),
    'a log on a disk': (text) => {
      const path = join(tmpdir(), `punchline-log-${process.pid}`);
      const log = openConversationLog(path, () => {});
      sayings(text).forEach((happening) => log.print(eventOf(happening)));
      log.close();
      rmSync(path);
    },
    'a text typed as a command': (text) => parseLine(`/${text}`),
  }),
);
