import { safeName } from '../../text/safe-text.ts';
import type { ChatState } from '../conversation/chat-state.ts';
import {
  joinFitting,
  type Line,
  lineWidth,
  type Piece,
  plain,
  spinner,
  spread,
  styled,
} from '../text/line.ts';
import { endedText } from '../ending/ended-text.ts';
import { truncateText, widthOf } from '../text/text-layout.ts';
import { countText, durationText, isEncrypted } from '../text/wording.ts';

/** Everything besides the chat that the status line shows. */
export interface StatusView {
  readonly place: { readonly columns: number };
  /** Round trips in ms, oldest first. */
  readonly roundTrips: readonly number[];
  /** ms since the epoch. */
  readonly now: number;
  readonly isLeaving: boolean;
  /** What the key that leaves does at the moment. */
  readonly leaveHint: string;
}

/** The last row of a pane: path, peer, round trip and encryption; and a key, if there is room. */
export function statusLine(chat: ChatState, view: StatusView): Line {
  const { columns } = view.place;
  if (chat.ended !== undefined) {
    // The screen closes at once. Without the alternate screen, its last frame stays.
    const isClosing = chat.ended.reason === 'quit' || chat.ended.reason === 'interrupted';
    return isClosing
      ? [styled('dim', ' ended')]
      : spread(
          [plain(truncateText(` ○ ${endedText(chat)}`, columns))],
          [styled('dim', `${view.leaveHint} `)],
          columns,
        );
  }
  if (view.isLeaving) {
    return [styled('dim', truncateText(` leaving; ${view.leaveHint}`, columns))];
  }
  const left: Line = [plain(' '), ...stateLine(chat, view, columns - 1)];
  return spread(left, [styled('dim', `${view.leaveHint} `)], columns);
}

function stateLine(chat: ChatState, { roundTrips, now }: StatusView, columns: number): Line {
  const { connection } = chat;
  if (connection === undefined) {
    const waiting = chat.sent === 0 ? '' : `, ${waitingText(chat)}`;
    return [plain(`○ not connected${waiting}`)];
  }
  const who = safeName(connection.peerName);
  const name = plain(chat.typingAt === undefined ? who : writingText(who, columns));
  if (chat.lost !== undefined) {
    const attempt =
      chat.round === undefined ? [] : [styled('dim', `attempt ${chat.round.n}/${chat.round.of}`)];
    const lostMs = now - chat.lost.at;
    const [lasted, shortLasted] =
      lostMs < 1000 ? [] : [`lost for ${durationText(lostMs)}`, `lost ${durationText(lostMs)}`];
    const count = chat.sent - chat.delivered;
    const [queued, shortQueued] = count === 0 ? [] : [waitingText(chat), `${count} waiting`];
    const state = styled('bad', 'reconnecting');
    const whole = [state, name, ...pieces(lasted, queued)];
    // On a narrow screen, the time and the number of waiting messages matter more than the name, which the user
    // knows.
    const parts =
      lineWidth(joinFitting(whole, Infinity)) + 2 <= columns
        ? [...whole, ...attempt]
        : [state, ...pieces(shortLasted, shortQueued), name];
    return [spinner, plain(' '), ...joinFitting(parts, columns - 2)];
  }
  const rttMs = roundTrips.at(-1);
  const roundTrip = rttMs === undefined ? [] : [plain(durationText(rttMs))];
  if (!isEncrypted(connection)) {
    const parts = [styled('alarm', ' NOT ENCRYPTED '), plain(connection.path), name, ...roundTrip];
    return joinFitting(parts, columns);
  }
  // A relay cannot read the messages, but the user asked for a direct path, so it is marked.
  const path = connection.path === 'relay' ? styled('alarm', 'relay') : plain(connection.path);
  const head = [styled(connection.path === 'relay' ? 'accent' : 'good', '● ')];
  const known = [path, name, ...roundTrip];
  const long = joinFitting([...known, plain('encrypted /verify')], Infinity);
  return lineWidth(long) + 2 <= columns
    ? [...head, ...long]
    : [...head, ...joinFitting([...known, plain('encrypted')], columns - 2)];
}

function pieces(...texts: readonly (string | undefined)[]): Piece[] {
  return texts.flatMap((text) => (text === undefined ? [] : [plain(text)]));
}

/**
 * The peer's name if it fits beside the longest path, `direct`. Otherwise only
 * `writing`: it can only be the peer.
 */
function writingText(who: string, columns: number): string {
  const text = `${who} is writing`;
  return widthOf(`● direct · ${text}`) <= columns ? text : 'writing';
}

function waitingText({ sent, delivered }: ChatState): string {
  return `${countText(sent - delivered, 'message')} waiting`;
}
