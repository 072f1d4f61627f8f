/** The rows of a pane until its chat opens, at most `rows`. */
import { isOfRounds } from '../../nat/candidate-kind.ts';
import { formatEndpoint } from '../../network/endpoint.ts';
import type { ChatState } from '../conversation/chat-state.ts';
import { factLines, type Line, plain, spread, styled } from '../text/line.ts';
import type { StyleName } from '../text/styles.ts';
import { truncateText, wrapText } from '../text/text-layout.ts';
import { countText } from '../text/wording.ts';
import { nameText } from '../text/peer-name.ts';
import { noRelayText } from '../text/way-wording.ts';
import { type ConnectingView, lastedMs, runningText, turningMark } from './connecting-view.ts';
import { type Block, fitBlocks } from './fit-blocks.ts';
import { reasonText } from './nat-words.ts';
import { MIN_COLUMNS_FOR_PICTURE, pictureOf } from './picture-lines.ts';
import { connectingHead, factsOf, waitingLines } from './waiting-lines.ts';
import { wayLines, wayWords } from './way-lines.ts';

export function connectingLines(chat: ChatState, pane: ConnectingView): readonly Line[] {
  // One column stays free at each side.
  const view = { ...pane, columns: pane.columns - 2 };
  return linesOf(chat, view).map((line) => (line.length === 0 ? line : [plain(' ')].concat(line)));
}

function linesOf(chat: ChatState, view: ConnectingView): readonly Line[] {
  const { phase, connecting } = chat;
  if (connecting.matchedAt !== undefined || phase === 'punching') {
    return fitBlocks(punchingBlocks(chat, view), view.rows);
  }
  if (connecting.waitingSince !== undefined || chat.invite !== undefined) {
    return waitingLines(chat, view);
  }
  if (phase === 'ended') {
    return fitBlocks([{ rank: 0, lines: factsOf(chat, view.columns), isApart: true }], view.rows);
  }
  return fitBlocks([{ rank: 0, lines: connectingHead(chat, view), isApart: true }], view.rows);
}

function punchingBlocks(chat: ChatState, view: ConnectingView): readonly Block[] {
  const ways = wayLines(chat, view);
  const verdict = verdictOf(chat, view.columns);
  const { sent } = chat;
  const queued =
    sent === 0
      ? 'You may write already: it goes out once the line stands.'
      : `${countText(sent, 'message')} ${sent === 1 ? 'goes' : 'go'} out once the line stands.`;
  return [
    { rank: 0, lines: [headOf(chat, view)] },
    ...(view.columns < MIN_COLUMNS_FOR_PICTURE ? listBlocks(chat, view) : pictureBlocks(chat, view)),
    { rank: 2, lines: proofLines(chat, view), isApart: true },
    { rank: verdict.isBad ? 2 : 7, lines: verdict.lines, isApart: true },
    { rank: 3, lines: ways, enough: 3, isApart: true },
    { rank: 8, lines: dimmed(queued, view.columns), isApart: true },
  ];
}

function dimmed(text: string, columns: number): readonly Line[] {
  return wrapText(text, columns).map((row): Line => [styled('dim', row)]);
}

/** What is under way, and how far it is. */
function headOf(chat: ChatState, view: ConnectingView): Line {
  const { round, connecting, ended, friend } = chat;
  const whom = friend === undefined ? 'your friend' : nameText(friend);
  const what = ended === undefined ? `Connecting to ${whom}` : `No connection to ${whom}`;
  const ms = connecting.matchedAt === undefined ? undefined : lastedMs(view, connecting.matchedAt);
  const attempt = round === undefined ? [] : [`attempt ${round.n} of ${round.of}`];
  const time = ms === undefined || ended !== undefined ? [] : [runningText(ms)];
  const right = [...attempt, ...time].join(' · ');
  const left = styled('strong', what);
  const whole = spread([left], [styled('dim', right)], view.columns);
  // A narrow screen has no room for both, and knows what is under way.
  return whole.length > 1 || right === '' ? whole : [styled('strong', truncateText(right, view.columns))];
}

function pictureBlocks(chat: ChatState, view: ConnectingView): readonly Block[] {
  const { machines, endpoints, nats, rendezvous } = pictureOf(chat, view);
  return [
    { rank: 6, lines: rendezvous, isApart: true },
    { rank: 1, lines: [machines] },
    { rank: 4, lines: endpoints },
    { rank: 5, lines: nats },
  ];
}

/** Where there is no room for a picture. */
function listBlocks(chat: ChatState, view: ConnectingView): readonly Block[] {
  const { candidates, connecting, attempts } = chat;
  const peers = candidates.flatMap((candidate, index) =>
    factLines(index === 0 ? 'Peer' : '', `${formatEndpoint(candidate)} (${candidate.kind})`, view.columns),
  );
  const latest = attempts.find(({ kind }) => isOfRounds(kind));
  const plan =
    connecting.plan === undefined || latest === undefined
      ? []
      : factLines(
          'Plan',
          `${wayWords(latest).name}, ${countText(connecting.plan.dials, 'dial')}`,
          view.columns,
        );
  return [
    { rank: 6, lines: factsOf(chat, view.columns), isApart: true },
    { rank: 5, lines: peers },
    { rank: 4, lines: plan },
  ];
}

interface Verdict {
  readonly isBad: boolean;
  readonly lines: readonly Line[];
}

/** Whether two such NATs let a direct connection through, and why. */
function verdictOf({ connecting: { nats, relayAt, relay } }: ChatState, columns: number): Verdict {
  function told(text: string, style: StyleName): readonly Line[] {
    return wrapText(text, columns).map((row): Line => [styled(style, row)]);
  }
  if (nats === undefined || nats.direct === 'unknown') {
    return { isBad: false, lines: [] };
  }
  const reason = reasonText(nats);
  if (nats.direct === 'no') {
    const next =
      nats.noRelay !== undefined
        ? ` There is no relay: ${noRelayText(nats.noRelay)}.`
        : relay?.state === 'refused' || relayAt === undefined
          ? ''
          : ' The rendezvous is asked to relay, which cannot read what you write.';
    return {
      isBad: true,
      lines: told(`No direct line through these two NATs: ${reason}.${next}`, 'bad'),
    };
  }
  const two = nats.own === 'none' && nats.peer === 'none' ? 'Two sides without a NAT' : 'Two such NATs';
  const often = nats.direct === 'yes' ? '' : ' usually';
  return { isBad: false, lines: told(`${two}${often} connect: ${reason}.`, 'dim') };
}

/** A connection stands, and has to show that it comes from the peer. */
function proofLines({ connecting: { proof }, ended }: ChatState, view: ConnectingView): readonly Line[] {
  if (proof === undefined || ended !== undefined) {
    return [];
  }
  const what = 'Checking the code, setting up encryption';
  const ms = lastedMs(view, proof.at);
  const time = ms === undefined || ms < 1000 ? '' : ` · ${runningText(ms)}`;
  return [
    [
      turningMark(view),
      styled('strong', ` ${truncateText(what, view.columns - 2 - time.length)}`),
      styled('dim', time),
    ],
  ];
}
