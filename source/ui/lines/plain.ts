import { formatEndpoint } from '../../network/endpoint.ts';
import { safeText } from '../../text/safe-text.ts';
import type { AttemptEvent, PunchlineEvent, RendezvousEvent, FileEvent } from '../../events.ts';
import { fileText, refusedText, fileLabel } from '../transfers/file-wording.ts';
import { fitFor, indentation, type TerminalSize } from './hanging-text.ts';
import { nameLabel, nameText } from '../text/peer-name.ts';
import {
  attemptText,
  countText,
  durationText,
  inviteCommand,
  isEncrypted,
  lostText,
  pathText,
  relayText,
  resumedText,
} from '../text/wording.ts';

export interface PlainOptions {
  /** Whether what we sent is shown too. Off where a terminal has echoed it already. */
  readonly ownMessages?: boolean;
  /** Stands before every line: the demo prints two sides. */
  readonly prefix?: string;
  /** What the friend is to run. */
  readonly command?: 'chat' | 'pipe';
  /** Where it is written, if that may be one: its rows are filled with care, see hanging-text.ts. */
  readonly terminal?: TerminalSize;
}

/**
 * `--plain`: lines of text without any control sequence. A status line starts
 * with `* `, a message of the peer with `<NAME> `, one of ours with `> `, and
 * further lines of a message with spaces: no name and no text of the peer can
 * pass for a status line, or for words of ours.
 */
export function createPlainPrinter(
  write: (text: string) => void,
  { ownMessages = true, prefix = '', command = 'chat', terminal }: PlainOptions = {},
): (event: PunchlineEvent) => void {
  const said = new Set<string>();
  const quarterOf = createFileQuarters();
  let peerName = 'peer';
  let round = 0;
  let hasInvite = false;
  /** From the first connection on: what punching goes on in the background is not worth a line. */
  let connected = false;

  /** Where one is who waits: at the rendezvous, or on the way back to one that has gone. */
  let waits: 'here' | 'away' | undefined;

  function fit(lines: string): string {
    return fitFor(terminal, lines);
  }
  function say(sentence: string, fitting = fit): void {
    write(`${prefix}${fitting(`* ${safeText(sentence)}`)}\n`);
  }
  function sayOnce(sentence: string, fitting = fit): void {
    if (!said.has(sentence)) {
      said.add(sentence);
      say(sentence, fitting);
    }
  }
  function sayMessage(author: string, text: string): void {
    const lines = safeText(text, { multiline: true }).split('\n');
    write(`${prefix}${fit(`${author} ${lines.join(`\n${prefix}${indentation}`)}`)}\n`);
  }
  function sayRendezvous({ state, server, mapped }: RendezvousEvent): void {
    if (state === 'connecting') {
      if (waits === 'here') {
        say(`the rendezvous ${server} has gone: coming back to it; the code stays good`);
        waits = 'away';
      }
      sayOnce(`connecting to the rendezvous ${server}`);
    }
    if (mapped !== undefined) {
      sayOnce(`the outside sees this side as ${formatEndpoint(mapped)}`);
    }
    if (state === 'waiting') {
      if (waits === 'away') {
        say('back: waiting for the peer again');
      }
      waits = 'here';
      sayOnce('waiting for the peer');
      if (!hasInvite) {
        sayOnce('the peer has to start Punchline just as you did');
      }
    }
    if (state === 'matched') {
      waits = undefined;
    }
  }

  /** One line says that a round begins, then one how each of its dials ended; what was abandoned lost to another. */
  function sayAttempt(attempt: AttemptEvent): void {
    const isNews = attempt.outcome === 'started' ? attempt.n > round : attempt.outcome !== 'abandoned';
    if (!connected && isNews) {
      say(attemptText(attempt));
    }
    round = Math.max(round, attempt.n);
  }

  return (event) => {
    switch (event.event) {
      case 'invite': {
        hasInvite = true;
        // Whole, to be copied: no word of it is the peer's.
        sayOnce(`pass this on to your friend: ${inviteCommand(event.invite, command)}`, (line) => line);
        break;
      }
      case 'rendezvous': {
        if (!connected) {
          sayRendezvous(event);
        }
        break;
      }
      case 'peer': {
        for (const candidate of connected ? [] : event.candidates) {
          sayOnce(`the peer is at ${formatEndpoint(candidate)} (${candidate.kind})`);
        }
        break;
      }
      case 'plan': {
        if (!connected) {
          sayOnce(`plan: ${event.strategy}, at most ${event.dials} at once`);
        }
        break;
      }
      case 'attempt': {
        sayAttempt(event);
        break;
      }
      case 'connected': {
        connected = true;
        peerName = event.peer.name;
        say(
          `connected to ${nameText(peerName)}: ${event.path}, ${formatEndpoint(event.remote)}, in ${durationText(event.ms)}`,
        );
        say(
          isEncrypted(event)
            ? `encrypted: ${event.cipher}, ${event.group}`
            : 'NOT ENCRYPTED: anybody on the way can read and change what is said here',
        );
        break;
      }
      case 'relay': {
        if (!connected || event.state === 'refused') {
          sayOnce(relayText(event));
        }
        break;
      }
      case 'path': {
        say(pathText(event));
        break;
      }
      case 'message': {
        if (event.from === 'peer') {
          sayMessage(nameLabel(peerName), event.text);
        } else if (ownMessages) {
          sayMessage('>', event.text);
        }
        break;
      }
      case 'heartbeat': {
        const roundTrip = event.ms === undefined ? '' : `, ${durationText(event.ms)}`;
        say(`heartbeat ${event.n} ${event.direction}${roundTrip}: ${event.text}`);
        break;
      }
      case 'renamed': {
        say(`${nameText(peerName)} is now ${nameText(event.name)}`);
        peerName = event.name;
        break;
      }
      case 'file': {
        const sentence = quarterOf(event) ?? fileText(event);
        if (sentence !== undefined) {
          say(sentence);
        }
        break;
      }
      case 'refused': {
        say(refusedText(event));
        break;
      }
      case 'lost': {
        say(lostText(event));
        break;
      }
      case 'resumed': {
        say(resumedText(event));
        break;
      }
      case 'error': {
        say(`error: ${event.message} (${event.code})`);
        if (event.hint !== '') {
          say(event.hint);
        }
        break;
      }
      case 'ended': {
        if (event.reason === 'peer-left') {
          say(`${nameText(peerName)} has left`);
        } else if (event.reason !== 'failed') {
          say(event.reason === 'quit' ? 'left the chat' : 'interrupted');
        }
        if (event.undelivered !== undefined) {
          say(`${countText(event.undelivered, 'message')} not delivered`);
        }
        break;
      }
      case 'delivered':
      case 'typing': {
        break;
      }
      default: {
        event satisfies never;
      }
    }
  };
}

/** For lines of text: how far a file is, at each quarter of it, once. Undefined for everything between. */
export function createFileQuarters(): (event: FileEvent) => string | undefined {
  const said = new Map<string, number>();
  return (event) => {
    const { id, state, bytes, done = 0 } = event;
    if (state !== 'progress') {
      said.delete(id);
      return undefined;
    }
    const quarter = bytes === 0 ? 0 : Math.min(3, Math.floor((4 * done) / bytes));
    if (quarter <= (said.get(id) ?? 0)) {
      return undefined;
    }
    said.set(id, quarter);
    return `${fileLabel(event)}: ${25 * quarter} %`;
  };
}
