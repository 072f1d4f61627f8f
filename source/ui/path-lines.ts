import { formatEndpoint } from '../core/endpoint.ts';
import { safeName, safeText } from '../core/safe-text.ts';
import { emptyLine, fact, type Line, plain, styled } from './line.ts';
import type { PaneState } from './pane-state.ts';
import { sparkline } from './sparkline.ts';
import { padText, wrapText } from './text-layout.ts';
import { countText, durationText, isEncrypted } from './wording.ts';

/** Room for `+99 min  `. */
const timeColumns = 9;

/** `/path`: how the connection runs, then every step that led to it and that it has gone since. */
export function pathLines(pane: Pick<PaneState, 'chat' | 'roundTrips'>, columns: number): readonly Line[] {
  return [...stateLines(pane, columns), emptyLine, ...stepLines(pane.chat.timeline, columns)];
}

function stateLines(
  { chat, roundTrips }: Pick<PaneState, 'chat' | 'roundTrips'>,
  columns: number,
): readonly Line[] {
  const { connection } = chat;
  if (connection === undefined) {
    return [[styled('strong', 'not connected yet')]];
  }
  const { path, remote, local, cipher, group, peerName } = connection;
  const family = remote.address.includes(':') ? 'IPv6' : 'IPv4';
  const lines: Line[] = [[styled('strong', `${path} to ${safeName(peerName)} over ${family}`)]];
  if (chat.lost !== undefined) {
    const queued = countText(chat.lost.queued, 'message');
    lines.push([styled('bad', `lost (${safeText(chat.lost.reason)}); ${queued} to deliver`)]);
  }
  if (path === 'relay') {
    lines.push([styled('alarm', ' through the rendezvous: slower, and encrypted end to end all the same ')]);
  }
  lines.push(fact('Peer', formatEndpoint(remote), columns));
  if (local !== undefined) {
    lines.push(fact('This side', formatEndpoint(local), columns));
  }
  if (chat.mapped !== undefined) {
    lines.push(fact('Seen as', formatEndpoint(chat.mapped), columns));
  }
  lines.push(
    fact('Cipher', isEncrypted(connection) ? `${cipher}, ${group}` : 'NONE: this chat can be read', columns),
  );
  const last = roundTrips.at(-1);
  if (last !== undefined) {
    lines.push(fact('Round trip', `${durationText(last)} ${sparkline(roundTrips, columns - 24)}`, columns));
  }
  return lines;
}

function stepLines(steps: PaneState['chat']['timeline'], columns: number): readonly Line[] {
  const start = steps[0]?.at ?? 0;
  const hasTime = columns >= 3 * timeColumns;
  return steps.flatMap(({ at, text, tone }) => {
    const lead = hasTime ? padText(`+${durationText(Math.max(0, at - start))}`, timeColumns) : '';
    return wrapText(safeText(text), columns - lead.length).map((row, index): Line => {
      const time = index === 0 ? lead : ' '.repeat(lead.length);
      return [styled('dim', time), tone === undefined ? plain(row) : styled(tone, row)];
    });
  });
}
