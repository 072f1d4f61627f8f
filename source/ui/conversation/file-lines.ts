/** The rows of a file in the transcript, and the list of all files for `/files`. */
import { safeText } from '../../text/safe-text.ts';
import type { FileEvent } from '../../events.ts';
import type { ChatState } from './chat-state.ts';
import type { FileEntry } from './entries/entries.ts';
import {
  answersText,
  arrivalText,
  bytesText,
  fileName,
  missingCount,
  offeredText,
} from '../transfers/file-wording.ts';
import { percentOf, type Transfer } from '../transfers/transfers.ts';
import { emptyLine, hang, indentationBelow, type Line, lineWidth, plain, styled } from '../text/line.ts';
import { nameText } from '../text/peer-name.ts';
import type { StyleName } from '../text/styles.ts';
import { widthOf, wrapText } from '../text/text-layout.ts';
import { progressLine } from '../transfers/transfer-lines.ts';
import type { TranscriptFormat } from './transcript-lines.ts';

/** The file, and behind it, or below it if there is no room, how to answer its offer, or what became of it. */
export function fileLines(lead: Line, entry: FileEntry, format: TranscriptFormat): readonly Line[] {
  const { columns, downloads } = format;
  const { file } = entry;
  const transfer = entry.isToldBelow === true ? undefined : runningOf(entry, format);
  const mark = styled('accent', file.direction === 'sent' ? '↑ ' : '↓ ');
  const isOpen = file.state === 'offered' || file.state === 'accepted' || file.state === 'progress';
  const what = isOpen ? offeredText(file) : `${file.id} ${fileName(file)}`;
  const offer = hang([...lead, mark], safeText(what), columns, 'strong');
  if (entry.isToldBelow === true) {
    return offer;
  }
  const [style, text] = outcomeOf(file, nameText(entry.name), downloads);
  const words = safeText(text);
  const width = lineWidth([...lead, mark]);
  // On a narrow screen, a path needs the row.
  const indentation = indentationBelow(width, columns) < width ? '  '.length : width;
  const last = offer.at(-1) ?? [];
  const room = columns - lineWidth(last) - lineWidth([separator]);
  if (transfer !== undefined) {
    // How many rows there are must not depend on the progress.
    return room >= MIN_PROGRESS_COLUMNS
      ? [...offer.slice(0, -1), [...last, plain('  '), ...progressOf(transfer, room, format)]]
      : [...offer, [plain(' '.repeat(indentation)), ...progressOf(transfer, columns - indentation, format)]];
  }
  return widthOf(words) <= room
    ? [...offer.slice(0, -1), [...last, separator, styled(style, words)]]
    : [...offer, ...hang([plain(' '.repeat(indentation))], words, columns, style)];
}

/** The progress has a row of its own if there is less room behind the name of the file. */
const MIN_PROGRESS_COLUMNS = 30;

/** The transfer of a file that is under way; undefined if there is no progress to tell. */
function runningOf({ key, file }: FileEntry, { files }: TranscriptFormat): Transfer | undefined {
  // Another chat has other files with these ids.
  return files === undefined || key < files.first
    ? undefined
    : files.transfers.find((one) => one.file.id === file.id && one.file.state === 'progress');
}

function progressOf(
  transfer: Transfer,
  columns: number,
  { files, now = 0, reducedMotion = false }: TranscriptFormat,
): Line {
  const isNarrow = columns < MIN_PROGRESS_COLUMNS;
  // The size stands behind the name.
  return progressLine(transfer, columns, {
    now,
    reducedMotion,
    isLost: files?.isLost === true,
    isNarrow,
    amount: [],
  });
}

const separator = styled('dim', ' · ');

/** What became of the file, or the possible answers, with the style. */
function outcomeOf(file: FileEvent, peer: string, downloads: string | undefined): [StyleName, string] {
  const { state, direction, by, done, reason } = file;
  const who = by === 'peer' ? `${peer} ` : '';
  const because = reason === undefined ? '' : `: ${reason}`;
  switch (state) {
    case 'offered': {
      return direction === 'sent'
        ? ['dim', `waiting for ${peer}; /cancel takes it back`]
        : ['accent', answersText(downloads, file.hidden)];
    }
    case 'accepted':
    case 'progress': {
      const before = done === undefined || done === 0 ? '' : `; ${bytesText(done)} are there already`;
      return ['dim', `${direction === 'sent' ? `${peer} accepted` : 'accepted'}${before}`];
    }
    case 'done': {
      const what = direction === 'sent' ? `${peer} has it` : 'received';
      return [missingCount(file) === undefined ? 'good' : 'bad', `${what}${arrivalText(file)}`];
    }
    case 'failed': {
      return ['bad', `failed${because}`];
    }
    case 'declined':
    case 'cancelled': {
      return [by === 'peer' ? 'bad' : 'dim', `${who}${state}${because}`];
    }
    default: {
      return state satisfies never;
    }
  }
}

/** `/files`: all files of the conversation, with their states and paths. */
export function filesLines({ files, connection }: ChatState, columns: number): readonly Line[] {
  const peer = nameText(connection?.peerName ?? '');
  if (files.transfers.length === 0) {
    const words = `No files yet. /send PATH offers ${peer} one.`;
    return wrapText(words, columns).map((row) => [styled('dim', row)]);
  }
  return files.transfers.flatMap((transfer, index) => [
    ...(index === 0 ? [] : [emptyLine]),
    ...filesEntry(transfer, peer, columns),
  ]);
}

function filesEntry(transfer: Transfer, peer: string, columns: number): readonly Line[] {
  const { file } = transfer;
  const mark = [styled('accent', file.direction === 'sent' ? '↑ ' : '↓ ')];
  const [style, words] = stateOf(transfer, peer);
  return [
    ...hang(mark, safeText(`${file.id} ${fileName(file)}`), columns, 'strong'),
    ...hang([styled('dim', '  ')], safeText(words), columns, style),
  ];
}

function stateOf(transfer: Transfer, peer: string): [StyleName, string] {
  const { file } = transfer;
  switch (file.state) {
    case 'accepted': {
      return ['dim', `waiting for its turn; /cancel ${file.id}`];
    }
    case 'progress': {
      return ['accent', `${percentOf(transfer)} %, ${bytesText(file.done ?? 0)}; /cancel ${file.id}`];
    }
    case 'done': {
      const place = file.path ?? `${peer} has it`;
      const missing = missingCount(file);
      return missing === undefined ? ['good', place] : ['bad', `${place}; ${missing}`];
    }
    case 'failed': {
      return ['bad', file.reason === undefined ? 'failed' : `failed: ${file.reason}`];
    }
    default: {
      return outcomeOf(file, peer, undefined);
    }
  }
}
