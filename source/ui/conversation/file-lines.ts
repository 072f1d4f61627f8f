/** The rows of a file in the transcript, and the list of all files for `/files`. */
import { safeText } from '../../text/safe-text.ts';
import type { FileEvent } from '../../events.ts';
import type { ChatState } from './chat-state.ts';
import { answersText, bytesText, fileName, fileText, missingCount } from '../transfers/file-wording.ts';
import { percentOf, type Transfer } from '../transfers/transfers.ts';
import { emptyLine, hang, type Line, lineWidth, plain, styled } from '../text/line.ts';
import { nameText } from '../text/peer-name.ts';
import type { StyleName } from '../text/styles.ts';
import { wrapText } from '../text/text-layout.ts';
import type { TranscriptFormat } from './transcript-lines.ts';

/** The offer, and below it how to answer it, or its outcome. */
export function fileLines(file: FileEvent, time: Line, format: TranscriptFormat): readonly Line[] {
  const { columns, peerName, downloads } = format;
  const peer = nameText(peerName);
  const lead = [...time, styled('accent', file.direction === 'sent' ? '↑ ' : '↓ ')];
  const offer = fileText({ ...file, state: 'offered' }, peer) ?? '';
  const [style, words] = outcomeOf(file, peer, downloads);
  const indentation = plain(' '.repeat(lineWidth(lead)));
  return [
    ...hang(lead, safeText(offer), columns, 'strong'),
    ...hang([indentation], safeText(words), columns, style),
  ];
}

/** The outcome or the possible answers, with the style of that row. */
function outcomeOf(file: FileEvent, peer: string, downloads: string | undefined): [StyleName, string] {
  const { state, direction, by, done } = file;
  const who = by === 'peer' ? `${peer} ` : '';
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
      const missing = missingCount(file);
      return missing === undefined ? ['good', 'done'] : ['bad', `done, but ${missing}`];
    }
    case 'failed': {
      return ['bad', 'failed'];
    }
    case 'declined':
    case 'cancelled': {
      return ['dim', `${who}${state}`];
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
