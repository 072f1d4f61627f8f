import { formatEndpoint } from '../../network/endpoint.ts';
import { safeText } from '../../text/safe-text.ts';
import { emptyLine, factLines, type Line, plain, styled } from '../text/line.ts';
import type { ChatState } from '../conversation/chat-state.ts';
import { nameText } from '../text/peer-name.ts';
import type { StyleName } from '../text/styles.ts';
import { sparkline } from '../text/sparkline.ts';
import { padText, textMeasure, wrapText } from '../text/text-layout.ts';
import { countText, durationText, isEncrypted } from '../text/wording.ts';
import { ladderLines } from '../../ladder/ladder-lines.ts';
import { pathLadder } from './path-ladder.ts';
import { elapsedText, stepText, toneOf } from './step-text.ts';

/** Wide enough for `+99 h 59 `. */
const TIME_COLUMNS = 9;

/** Everything that `/path` shows. */
export interface PathView {
  readonly chat: ChatState;
  /** Round trips that were measured during the chat, in ms, oldest first. */
  readonly roundTrips: readonly number[];
}

/** `/path` as a log: the state of the connection, then every step that led to it and that followed. */
export function pathLogLines(pane: PathView, columns: number): readonly Line[] {
  return [...stateLines(pane, columns), emptyLine, ...logLines(pane.chat.timeline, columns)];
}

/** `/path` as a ladder; on a narrow screen as a log. */
export function pathLadderLines(pane: PathView, columns: number): readonly Line[] {
  const drawn = ladderLines(pathLadder(pane.chat), columns, textMeasure);
  return drawn === undefined
    ? pathLogLines(pane, columns)
    : [...stateLines(pane, columns), emptyLine, ...drawn];
}

/** `direct to anna over IPv4`. */
export function titleText({ connection }: Pick<ChatState, 'connection'>): string {
  if (connection === undefined) {
    return 'not connected yet';
  }
  const { path, remote, peerName } = connection;
  const family = remote.address.includes(':') ? 'IPv6' : 'IPv4';
  return `${path} to ${nameText(peerName)} over ${family}`;
}

function stateLines({ chat, roundTrips }: PathView, columns: number): readonly Line[] {
  const { connection } = chat;
  const title = styledLines('strong', titleText(chat), columns);
  if (connection === undefined) {
    return title;
  }
  const { path, remote, local, cipher, group } = connection;
  // The lists of lines are joined at the end. A reason can have many rows, and as arguments of push() they would
  // overflow the stack.
  const blocks = [title];
  if (chat.lost !== undefined) {
    const queued = countText(chat.sent - chat.delivered, 'message');
    const words = `lost (${safeText(chat.lost.reason)}); ${queued} to deliver`;
    blocks.push(styledLines('bad', words, columns));
  }
  if (path === 'relay') {
    const words = ' through the rendezvous: slower, but still encrypted end to end ';
    blocks.push(styledLines('alarm', words, columns));
    if (chat.relay.asked !== undefined) {
      blocks.push(factLines('Why', safeText(chat.relay.asked), columns));
    }
  }
  blocks.push(factLines('Peer', formatEndpoint(remote), columns));
  if (local !== undefined) {
    blocks.push(factLines('This side', formatEndpoint(local), columns));
  }
  if (chat.mapped !== undefined) {
    blocks.push(factLines('Seen as', formatEndpoint(chat.mapped), columns));
  }
  const secured = isEncrypted(connection) ? `${cipher}, ${group}` : 'NONE: this chat can be read';
  blocks.push(factLines('Cipher', secured, columns));
  const last = roundTrips.at(-1);
  if (last !== undefined) {
    const course = sparkline(roundTrips, Math.max(4, columns - 24));
    blocks.push(factLines('Round trip', `${durationText(last)} ${course}`, columns));
  }
  return blocks.flat();
}

function styledLines(style: StyleName, text: string, columns: number): Line[] {
  return wrapText(text, columns).map((row) => [styled(style, row)]);
}

/** Every step, with the time since the first. */
function logLines(steps: ChatState['timeline'], columns: number): readonly Line[] {
  const start = steps[0]?.at ?? 0;
  const hasTime = columns >= 3 * TIME_COLUMNS;
  return steps.flatMap((step) => {
    const text = stepText(step);
    if (text === undefined) {
      return [];
    }
    const tone = toneOf(step);
    const lead = hasTime ? padText(`+${elapsedText(Math.max(0, step.at - start))}`, TIME_COLUMNS) : '';
    return wrapText(safeText(text), columns - lead.length).map((row, index): Line => {
      const time = index === 0 ? lead : ' '.repeat(lead.length);
      return [styled('dim', time), tone === undefined ? plain(row) : styled(tone, row)];
    });
  });
}
