/**
 * The notes on the line to the peer: one for a connection, and one for each
 * loss, which becomes the note on the return. Steps and endpoints are in `/path`.
 */
import type { ConnectedEvent, NatKind, NatsEvent, Path, PathEvent, ResumedEvent } from '../../../events.ts';
import { appendEntry, changeNote, type NoteEntry, type Transcript } from './entries.ts';
import { nameText } from '../../text/peer-name.ts';
import { countText, durationText, isEncrypted, restartedText } from '../../text/wording.ts';

/** What came before the connection. */
export interface LineHistory {
  readonly server: string | undefined;
  readonly nats: Pick<NatsEvent, 'own' | 'peer'> | undefined;
  readonly relay: { readonly asked?: string };
}

type LineNote = Pick<NoteEntry, 'text' | 'tone'>;

/** Adds the note on the first connection. */
export function withConnectedNote(
  transcript: Transcript,
  event: ConnectedEvent,
  at: number,
  history: LineHistory,
): Transcript {
  return appendEntry(transcript, { kind: 'note', mark: '●', at, ...connectedNote(event, history) });
}

function connectedNote(event: ConnectedEvent, history: LineHistory): LineNote {
  const { path, peer, ms } = event;
  const { asked } = history.relay;
  if (path === 'relay') {
    // The reason is one of ours: see relay-fallback.ts.
    const [, why] = /^no direct connection(?: is possible)?(.*)$/s.exec(asked ?? '') ?? [];
    const text =
      why === undefined
        ? `line to ${nameText(peer.name)} ${relayedText(history)}${asked === undefined ? '' : `, ${asked}`}`
        : `No direct line${why}. Line to ${nameText(peer.name)} ${relayedText(history)}; still trying to go direct`;
    return { text: `${text} · /path`, tone: 'accent' };
  }
  const name = nameText(peer.name);
  const line = path === 'lan' ? `line to ${name} on this network` : `direct line to ${name}`;
  const text = `${line} after ${durationText(ms)}`;
  if (!isEncrypted(event)) {
    const warning = 'NOT ENCRYPTED: anybody on the way can read and change what is said here';
    return { text: `${text}, ${warning}`, tone: 'bad' };
  }
  return { text: `${text}${guessText(event, name, history)} · /path`, tone: 'good' };
}

/** NATs that take a port for each destination, which has to be guessed. */
const guessed: ReadonlySet<NatKind> = new Set(['address-dependent', 'counting', 'random']);

/** Says whose port was guessed, if that found the way. */
function guessText({ strategy }: ConnectedEvent, name: string, { nats }: LineHistory): string {
  if (strategy !== 'predicted' && strategy !== 'spray') {
    return '';
  }
  const isOurs = nats !== undefined && guessed.has(nats.own);
  const isTheirs = nats === undefined || guessed.has(nats.peer);
  if (isOurs && isTheirs) {
    return '; both ports were guessed';
  }
  return isOurs ? '; your port was guessed' : `; ${name}'s port was guessed`;
}

function relayedText({ server }: Pick<LineHistory, 'server'>): string {
  return `relayed by ${server ?? 'the rendezvous'}, which cannot read it`;
}

/** Adds a note on a move to another path. */
export function withPathNote(
  transcript: Transcript,
  { path }: PathEvent,
  at: number,
  name: string,
  history: Pick<LineHistory, 'server'>,
): Transcript {
  const text = `line to ${nameText(name)} is now ${pathWords(path, history)} · /path`;
  const tone = path === 'relay' ? 'accent' : 'good';
  return appendEntry(transcript, { kind: 'note', mark: '●', at, text, tone });
}

function pathWords(path: Path, history: Pick<LineHistory, 'server'>): string {
  return { direct: 'direct', lan: 'on this network', relay: relayedText(history) }[path];
}

/**
 * The transcript after a loss, and the number of the note on it. If the last
 * entry is the note on an earlier loss, it becomes that on both: a line that is
 * lost again and again must not push the conversation off the screen.
 */
export function withLostNote(
  transcript: Transcript,
  reason: string,
  at: number,
): { readonly transcript: Transcript; readonly note: number } {
  const lost = { at, text: lostText(reason), tone: 'bad' } as const;
  const last = transcript.entries.at(-1);
  const next =
    last?.kind === 'note' && last.losses !== undefined
      ? changeNote(transcript, last.key, lost)
      : appendEntry(transcript, { kind: 'note', mark: '◌', losses: { count: 0, ms: 0 }, ...lost });
  return { transcript: next, note: next.entries.at(-1)?.key ?? 0 };
}

/** Adds to the note on a loss that nothing is relayed. */
export function withNotRelayed(
  transcript: Transcript,
  note: number,
  reason: string,
  why: string,
): Transcript {
  return changeNote(transcript, note, { text: lostText(reason, why) });
}

function lostText(reason: string, notRelayed?: string): string {
  const why = notRelayed === undefined ? '' : `; not relayed: ${notRelayed}`;
  return `line lost: ${reason}${why}; what you write waits`;
}

/** Turns the note on a loss into that on the return. If it is gone, a new note tells both. */
export function withResumedNote(
  transcript: Transcript,
  note: number,
  event: ResumedEvent,
  at: number,
  before: { readonly path: Path; readonly server: string | undefined },
): Transcript {
  const first = transcript.entries.at(0)?.key ?? 0;
  const entry = transcript.entries.at(note < first ? Infinity : note - first);
  const known = entry?.kind === 'note' ? entry.losses : undefined;
  const losses = { count: (known?.count ?? 0) + 1, ms: (known?.ms ?? 0) + event.ms };
  const { path } = event;
  const how = path === before.path ? '' : `, now ${pathWords(path, before)}`;
  const duration = durationText(losses.ms);
  const times = losses.count === 1 ? `for ${duration}` : `${losses.count} times, for ${duration} in all`;
  const text = `line lost ${times}, back again${how}; ${resentText(event)}`;
  const tone = path === 'relay' ? 'accent' : 'good';
  return known === undefined
    ? appendEntry(transcript, { kind: 'note', mark: '◌', at, losses, text, tone })
    : changeNote(transcript, note, { losses, text, tone });
}

/** What became of that which the loss has caught. */
function resentText({ restarted, resent }: ResumedEvent): string {
  if (restarted !== true) {
    return 'nothing is missing';
  }
  return resent === 0 ? restartedText : `${restartedText}; ${countText(resent, 'message')} sent again`;
}
