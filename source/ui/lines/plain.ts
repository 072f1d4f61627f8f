import { formatEndpoint } from '../../network/endpoint.ts';
import { safeText } from '../../text/safe-text.ts';
import type {
  AttemptEvent,
  ConnectedEvent,
  EndedEvent,
  FileEvent,
  InviteEvent,
  MessageEvent,
  PeerEvent,
  PlanEvent,
  PunchlineEvent,
  RendezvousEvent,
} from '../../events.ts';
import { type ChatState, initialChatState } from '../conversation/chat-state.ts';
import { fileText, refusedText, fileLabel } from '../transfers/file-wording.ts';
import { reduceForLines } from './chat-for-lines.ts';
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
  options: PlainOptions = {},
): (event: PunchlineEvent) => void {
  const printer = new PlainPrinter(write, options);
  return (event) => printer.print(event);
}

class PlainPrinter {
  readonly #write: (text: string) => void;
  readonly #options: PlainOptions;
  readonly #prefix: string;
  readonly #said = new Set<string>();
  readonly #quarterOf = createFileQuarters();
  #chat: ChatState = initialChatState;
  /** Where we wait, as was said last: at the rendezvous, or for it to come back. */
  #waits: 'here' | 'away' | undefined;

  constructor(write: (text: string) => void, options: PlainOptions) {
    this.#write = write;
    this.#options = options;
    this.#prefix = options.prefix ?? '';
  }

  print(event: PunchlineEvent): void {
    this.#tell(event);
    this.#chat = reduceForLines(this.#chat, event);
  }

  /** While it is told, `#chat` is as it was before. */
  #tell(event: PunchlineEvent): void {
    switch (event.event) {
      case 'invite': {
        return this.#sayInvite(event);
      }
      case 'rendezvous':
      case 'peer':
      case 'plan': {
        return this.#isConnected ? undefined : this.#sayMeeting(event);
      }
      case 'attempt': {
        return this.#sayAttempt(event);
      }
      case 'connected': {
        return this.#sayConnected(event);
      }
      case 'relay': {
        const isNews = !this.#isConnected || event.state === 'refused';
        return isNews ? this.#sayOnce(relayText(event)) : undefined;
      }
      case 'path': {
        return this.#say(pathText(event));
      }
      case 'message': {
        return this.#sayMessage(event);
      }
      case 'heartbeat': {
        const roundTrip = event.ms === undefined ? '' : `, ${durationText(event.ms)}`;
        return this.#say(`heartbeat ${event.n} ${event.direction}${roundTrip}: ${event.text}`);
      }
      case 'renamed': {
        return this.#say(`${nameText(this.#peerName)} is now ${nameText(event.name)}`);
      }
      case 'file': {
        const sentence = this.#quarterOf(event) ?? fileText(event);
        return sentence === undefined ? undefined : this.#say(sentence);
      }
      case 'refused': {
        return this.#say(refusedText(event));
      }
      case 'lost': {
        return this.#say(lostText(event));
      }
      case 'resumed': {
        return this.#say(resumedText(event));
      }
      case 'error': {
        this.#say(`error: ${event.message} (${event.code})`);
        return event.hint === '' ? undefined : this.#say(event.hint);
      }
      case 'ended': {
        return this.#sayEnded(event);
      }
      case 'delivered':
      case 'typing': {
        return undefined;
      }
      default: {
        return event satisfies never;
      }
    }
  }

  /** From the first connection on: what punching goes on in the background is not worth a line. */
  get #isConnected(): boolean {
    return this.#chat.connection !== undefined;
  }

  get #peerName(): string {
    return this.#chat.connection?.peerName ?? 'peer';
  }

  #sayInvite({ invite }: InviteEvent): void {
    const command = inviteCommand(invite, this.#options.command ?? 'chat');
    // Whole, to be copied: no word of it is the peer's.
    this.#sayOnce(`pass this on to your friend: ${command}`, (line) => line);
  }

  #sayMeeting(event: RendezvousEvent | PeerEvent | PlanEvent): void {
    if (event.event === 'rendezvous') {
      this.#sayRendezvous(event);
    } else if (event.event === 'plan') {
      this.#sayOnce(`plan: ${event.strategy}, at most ${event.dials} at once`);
    } else {
      for (const candidate of event.candidates) {
        this.#sayOnce(`the peer is at ${formatEndpoint(candidate)} (${candidate.kind})`);
      }
    }
  }

  #sayRendezvous({ state, server, mapped }: RendezvousEvent): void {
    if (state === 'connecting') {
      if (this.#waits === 'here') {
        this.#say(`the rendezvous ${server} has gone: coming back to it; the code stays good`);
        this.#waits = 'away';
      }
      this.#sayOnce(`connecting to the rendezvous ${server}`);
    }
    if (mapped !== undefined) {
      this.#sayOnce(`the outside sees this side as ${formatEndpoint(mapped)}`);
    }
    if (state === 'waiting') {
      if (this.#waits === 'away') {
        this.#say('back: waiting for the peer again');
      }
      this.#waits = 'here';
      this.#sayOnce('waiting for the peer');
      if (this.#chat.invite === undefined) {
        this.#sayOnce('the peer has to start Punchline just as you did');
      }
    }
    if (state === 'matched') {
      this.#waits = undefined;
    }
  }

  /** One line says that a round begins, then one how each of its dials ended; what was abandoned lost to another. */
  #sayAttempt(attempt: AttemptEvent): void {
    const isNews =
      attempt.outcome === 'started'
        ? this.#chat.attempts.every(({ n }) => n < attempt.n)
        : attempt.outcome !== 'abandoned';
    if (!this.#isConnected && isNews) {
      this.#say(attemptText(attempt));
    }
  }

  #sayConnected(event: ConnectedEvent): void {
    const { path, remote, ms, cipher, group, peer } = event;
    this.#say(
      `connected to ${nameText(peer.name)}: ${path}, ${formatEndpoint(remote)}, in ${durationText(ms)}`,
    );
    this.#say(
      isEncrypted(event)
        ? `encrypted: ${cipher}, ${group}`
        : 'NOT ENCRYPTED: anybody on the way can read and change what is said here',
    );
  }

  #sayMessage({ from, text }: MessageEvent): void {
    if (from === 'me' && this.#options.ownMessages === false) {
      return;
    }
    const author = from === 'me' ? '>' : nameLabel(this.#peerName);
    const lines = safeText(text, { multiline: true }).split('\n');
    const message = `${author} ${lines.join(`\n${this.#prefix}${indentation}`)}`;
    this.#write(`${this.#prefix}${this.#fit(message)}\n`);
  }

  #sayEnded({ reason, undelivered }: EndedEvent): void {
    if (reason === 'peer-left') {
      this.#say(`${nameText(this.#peerName)} has left`);
    } else if (reason !== 'failed') {
      this.#say(reason === 'quit' ? 'left the chat' : 'interrupted');
    }
    if (undelivered !== undefined) {
      this.#say(`${countText(undelivered, 'message')} not delivered`);
    }
  }

  #sayOnce(sentence: string, fit?: (line: string) => string): void {
    if (!this.#said.has(sentence)) {
      this.#said.add(sentence);
      this.#say(sentence, fit);
    }
  }

  #say(sentence: string, fit = (line: string) => this.#fit(line)): void {
    this.#write(`${this.#prefix}${fit(`* ${safeText(sentence)}`)}\n`);
  }

  #fit(lines: string): string {
    return fitFor(this.#options.terminal, lines);
  }
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
