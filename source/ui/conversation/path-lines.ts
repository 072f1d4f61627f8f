import { formatEndpoint } from '../../network/endpoint.ts';
import { safeText } from '../../text/safe-text.ts';
import { emptyLine, factLines, type Line, plain, styled } from '../text/line.ts';
import type { ChatState } from './chat-state.ts';
import { nameText } from '../text/peer-name.ts';
import type { StyleName } from '../text/styles.ts';
import { padText, wrapText } from '../text/text-layout.ts';
import { countText, durationText, isEncrypted } from '../text/wording.ts';

/** Room for `+99 h 59 `. */
const TIME_COLUMNS = 9;

/** What is told of a connection. */
export interface PathView {
  readonly chat: ChatState;
  /** As measured while the chat ran, ms, oldest first. */
  readonly roundTrips: readonly number[];
}

/** `/path`: how the connection runs, then every step that led to it and that it has gone since. */
export function pathLines(pane: PathView, columns: number): readonly Line[] {
  return [...stateLines(pane, columns), emptyLine, ...stepLines(pane.chat.timeline, columns)];
}

function stateLines({ chat, roundTrips }: PathView, columns: number): readonly Line[] {
  const { connection } = chat;
  if (connection === undefined) {
    return [[styled('strong', 'not connected yet')]];
  }
  const { path, remote, local, cipher, group, peerName } = connection;
  const family = remote.address.includes(':') ? 'IPv6' : 'IPv4';
  // Lists of lines, joined at the end: a reason can be long, and an argument for each of its rows would fill the stack.
  const blocks = [styledLines('strong', `${path} to ${nameText(peerName)} over ${family}`, columns)];
  if (chat.lost !== undefined) {
    const queued = countText(chat.sent - chat.delivered, 'message');
    const words = `lost (${safeText(chat.lost.reason)}); ${queued} to deliver`;
    blocks.push(styledLines('bad', words, columns));
  }
  if (path === 'relay') {
    const words = ' through the rendezvous: slower, and encrypted end to end all the same ';
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

function stepLines(steps: ChatState['timeline'], columns: number): readonly Line[] {
  const start = steps[0]?.at ?? 0;
  const hasTime = columns >= 3 * TIME_COLUMNS;
  return steps.flatMap(({ at, text, tone }) => {
    const lead = hasTime ? padText(`+${elapsedText(Math.max(0, at - start))}`, TIME_COLUMNS) : '';
    return wrapText(safeText(text), columns - lead.length).map((row, index): Line => {
      const time = index === 0 ? lead : ' '.repeat(lead.length);
      return [styled('dim', time), tone === undefined ? plain(row) : styled(tone, row)];
    });
  });
}

/** Steps lie milliseconds apart at first, and those of a way back, minutes later, seconds. */
function elapsedText(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) {
    return durationText(ms);
  }
  const minutes = Math.floor(seconds / 60);
  return minutes < 60
    ? `${minutes}:${twoDigits(seconds % 60)}`
    : `${Math.floor(minutes / 60)} h ${twoDigits(minutes % 60)}`;
}

function twoDigits(number: number): string {
  return String(number).padStart(2, '0');
}

const bars = '▁▂▃▄▅▆▇█';

/**
 * Values as bars of one column each, the last `columns` of them. From 0 to the
 * largest, so that a steady line looks steady: a scale from the smallest would
 * make mountains of 40 and 41 ms.
 */
export function sparkline(values: readonly number[], columns: number): string {
  const shown = columns < 1 ? [] : values.slice(-columns);
  const top = Math.max(...shown, Number.MIN_VALUE);
  return shown
    .map((value) => bars[Math.min(bars.length - 1, Math.floor((Math.max(0, value) / top) * bars.length))])
    .join('');
}
