/** A picture of the two machines, their NATs, the rendezvous, and what goes to and fro between them. */
import { isOfRounds } from '../../nat/candidate-kind.ts';
import { formatEndpoint } from '../../network/endpoint.ts';
import { safeText } from '../../text/safe-text.ts';
import type { Endpoint } from '../../events.ts';
import type { ChatState } from '../conversation/chat-state.ts';
import { type Line, lineWidth, type Piece, plain, spread, styled } from '../text/line.ts';
import type { StyleName } from '../text/styles.ts';
import { truncateText } from '../text/text-layout.ts';
import { type ConnectingView, stepOf, turningMark } from './connecting-view.ts';
import { changesPorts, natKindWords } from './nat-words.ts';

/** On a narrower screen the two machines and their NATs have no room beside each other. */
export const MIN_COLUMNS_FOR_PICTURE = 46;
/** With this many columns the lines from the machines to their NATs are longer. */
const WIDE_COLUMNS = 66;

/** The rows of the picture, from the most important to the least. */
export interface Picture {
  readonly machines: Line;
  readonly endpoints: readonly Line[];
  readonly nats: readonly Line[];
  readonly rendezvous: readonly Line[];
}

export function pictureOf(chat: ChatState, view: ConnectingView): Picture {
  const { nats } = chat.connecting;
  const ends = endsOf(nats, view);
  const middle = view.columns - lineWidth(ends.left) - lineWidth(ends.right);
  return {
    machines: [...ends.left, ...middleOf(chat, middle, view), ...ends.right],
    endpoints: underNats(ends, [endpointText(chat.mapped), peerText(chat)], view, 'accent'),
    nats:
      nats === undefined
        ? []
        : underNats(ends, [natKindWords[nats.own], natKindWords[nats.peer]], view, 'dim'),
    rendezvous: rendezvousLines(chat, { left: lineWidth(ends.left), middle }, view),
  };
}

/** What stands at both ends of the row of the machines. */
interface Ends {
  readonly left: Line;
  readonly right: Line;
  /** The columns of a machine and the line to its NAT. */
  readonly inset: number;
}

function endsOf(nats: ChatState['connecting']['nats'], { columns }: ConnectingView): Ends {
  const line = '═'.repeat(columns < WIDE_COLUMNS ? 2 : 4);
  const you = styled('me', 'you');
  const peer = styled('peer', 'peer');
  return {
    left: nats?.own === 'none' ? [you, plain(' ')] : [you, plain(` ${line}▒ your NAT ▒`)],
    right: nats?.peer === 'none' ? [plain(' '), peer] : [plain(`▒ peer's NAT ▒${line} `), peer],
    inset: 4 + line.length,
  };
}

/** Texts below the two NATs: in one row, or in two if they are too long. */
function underNats(
  { left, right, inset }: Ends,
  [own, peer]: readonly [string, string],
  { columns }: ConnectingView,
  style: StyleName,
): readonly Line[] {
  const start = Math.min(inset, Math.max(0, lineWidth(left) - 4));
  const end = Math.min(inset + 1, Math.max(0, lineWidth(right) - 4));
  const first: Line =
    own === '' ? [] : [plain(' '.repeat(start)), styled(style, truncateText(own, columns - start))];
  if (peer === '') {
    return first.length === 0 ? [] : [first];
  }
  const last: Line = [styled(style, truncateText(peer, columns - end)), plain(' '.repeat(end))];
  const both = spread(first, last, columns);
  return both === first && first.length > 0 ? [first, spread([plain('')], last, columns)] : [both];
}

function endpointText(endpoint: Endpoint | undefined): string {
  return endpoint === undefined ? '' : formatEndpoint(endpoint);
}

/** The port is not told if the peer's NAT takes another one for us. */
function peerText({ candidates, connecting }: ChatState): string {
  const mapped = candidates.find(({ kind }) => kind === 'mapped') ?? candidates[0];
  const text = endpointText(mapped);
  return mapped !== undefined && changesPorts(connecting.nats?.peer)
    ? `${text.slice(0, -String(mapped.port).length)}?`
    : text;
}

/** What happens between the two NATs. */
function middleOf(chat: ChatState, columns: number, view: ConnectingView): Line {
  const { proof, nats } = chat.connecting;
  if (proof !== undefined && proof.path !== 'relay') {
    const word = columns < 15 ? '✓' : '✓ through';
    return around([styled('good', ` ${word} `)], columns, (length) => [
      '═'.repeat(length),
      '═'.repeat(length),
    ]);
  }
  const isOver = chat.ended !== undefined;
  const mark: Piece =
    isOver || nats?.direct === 'no' || proof?.path === 'relay' ? styled('bad', '×') : turningMark(view);
  const dialling = chat.attempts.find(({ outcome, kind }) => outcome === 'started' && isOfRounds(kind));
  const isSpray = dialling?.strategy === 'spray';
  return around([plain(' '), mark, plain(' ')], columns, (length) =>
    isOver || dialling === undefined
      ? [still(length), still(length)]
      : [
          arrows(length, stepOf(view), '▸', isSpray && dialling.kind === 'sprayed'),
          reversed(arrows(length, stepOf(view), '◂', isSpray && dialling.kind !== 'sprayed')),
        ],
  );
}

function around(centre: Line, columns: number, sides: (length: number) => readonly [string, string]): Line {
  const free = Math.max(0, columns - lineWidth(centre));
  const [left] = sides(Math.floor(free / 2));
  const [, right] = sides(free - Math.floor(free / 2));
  return [styled('dim', left), ...centre, styled('dim', right)];
}

function still(length: number): string {
  return '─ '.repeat(length).slice(0, length);
}

/** A dashed line with arrows that go to the right. In a burst there are many of them. */
function arrows(length: number, step: number, arrow: string, isBurst: boolean): string {
  const period = isBurst ? 2 : 6;
  return Array.from({ length }, (_, place) => {
    const phase = (((place - step) % period) + period) % period;
    return phase === 0 ? arrow : phase % 2 === 0 ? '─' : ' ';
  }).join('');
}

function reversed(text: string): string {
  return text.split('').toReversed().join('');
}

/** The rendezvous above the two NATs, and what it does at the moment. */
function rendezvousLines(
  { server, connecting: { relay, proof } }: ChatState,
  { left, middle }: { readonly left: number; readonly middle: number },
  view: ConnectingView,
): readonly Line[] {
  const centre = left + Math.floor(middle / 2);
  const name = truncateText(`rendezvous ${safeText(server ?? '')}`, view.columns);
  const isRelay = proof?.path === 'relay';
  const mark: Piece =
    isRelay || relay === undefined
      ? styled('good', '✓')
      : relay.state === 'refused'
        ? styled('bad', '×')
        : turningMark(view);
  const deed = isRelay
    ? 'relays'
    : relay === undefined
      ? 'introduced you'
      : relay.state === 'refused'
        ? 'does not relay'
        : 'asked to relay';
  const acts: Line = [mark, styled('dim', ' ╱ '), plain(deed), styled('dim', ' ╲ '), mark];
  return [at([styled('strong', name)], centre, view.columns), at(acts, centre, view.columns)];
}

/** The line with its middle at a column, if it fits there. */
function at(line: Line, centre: number, columns: number): Line {
  const width = lineWidth(line);
  const start = Math.max(0, Math.min(centre - Math.floor(width / 2), columns - width));
  return start === 0 ? line : [plain(' '.repeat(start)), ...line];
}
