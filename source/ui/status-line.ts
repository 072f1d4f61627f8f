import { safeName } from '../core/safe-text.ts';
import type { ChatState } from './chat-state.ts';
import { joinFitting, type Line, lineWidth, type Piece, plain, spinner, spread, styled } from './line.ts';
import { truncateText } from './text-layout.ts';
import { countText, durationText, isEncrypted } from './wording.ts';

/** TLS names of what Node offers with a pre-shared key, for where the full name has no room. */
const shortCiphers: ReadonlyMap<string, string> = new Map([
  ['TLS_CHACHA20_POLY1305_SHA256', 'ChaCha20-Poly1305'],
  ['TLS_AES_128_GCM_SHA256', 'AES-128-GCM'],
]);

export interface StatusView {
  readonly place: { readonly columns: number };
  readonly rttMs: number | undefined;
  readonly isLeaving: boolean;
}

/** One row: how the chat runs, with whom, how fast, how safe; and the keys, where there is room. */
export function statusLine(chat: ChatState, { place, rttMs, isLeaving }: StatusView): Line {
  const { columns } = place;
  if (chat.ended !== undefined) {
    return [styled('dim', ' ended')];
  }
  if (isLeaving) {
    return [styled('dim', truncateText(' leaving; Ctrl-C leaves at once', columns))];
  }
  const left: Line = [plain(' '), ...stateLine(chat, rttMs, columns - 1)];
  return spread(left, [styled('dim', 'Ctrl-C leaves ')], columns);
}

function stateLine(chat: ChatState, rttMs: number | undefined, columns: number): Line {
  const { connection } = chat;
  if (connection === undefined) {
    const waiting = chat.sent === 0 ? '' : `, ${countText(chat.sent, 'message')} waiting`;
    return [plain(`○ not connected${waiting}`)];
  }
  const name = plain(safeName(connection.peerName));
  if (chat.lost !== undefined) {
    const attempt =
      chat.round === undefined ? [] : [styled('dim', `attempt ${chat.round.n}/${chat.round.of}`)];
    return [
      spinner,
      plain(' '),
      ...joinFitting([styled('bad', 'reconnecting'), name, ...attempt], columns - 2),
    ];
  }
  const roundTrip = rttMs === undefined ? [] : [plain(durationText(rttMs))];
  if (!isEncrypted(connection)) {
    const parts = [styled('alarm', ' NOT ENCRYPTED '), plain(connection.path), name, ...roundTrip];
    return joinFitting(parts, columns);
  }
  const known = [plain(connection.path), name, ...roundTrip];
  const head: Piece[] = [styled('good', '● ')];
  const long = joinFitting([...known, plain(connection.cipher)], Infinity);
  const short = shortCiphers.get(connection.cipher) ?? connection.cipher;
  return lineWidth(long) + 2 <= columns
    ? [...head, ...long]
    : [...head, ...joinFitting([...known, plain(short)], columns - 2)];
}
