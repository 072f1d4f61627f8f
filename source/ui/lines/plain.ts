import { formatEndpoint } from '../../network/endpoint.ts';
import { nextText } from '../../text/failure-lines.ts';
import { safeText } from '../../text/safe-text.ts';
import { trimEndOf } from '../../text/trim-end.ts';
import type {
  AttemptEvent,
  ConnectedEvent,
  EndedEvent,
  FileEvent,
  FriendEvent,
  HistoryEvent,
  InviteEvent,
  MessageEvent,
  NatsEvent,
  PeerEvent,
  PlanEvent,
  PunchlineEvent,
  RendezvousEvent,
} from '../../events.ts';
import { type ChatState, initialChatState } from '../conversation/chat-state.ts';
import { fileText, fileLabel } from '../transfers/file-wording.ts';
import { friendText, historyText, waitsText } from '../friend/friend-text.ts';
import { inVainText, keptText, VAIN_MS } from '../friend/waiting-text.ts';
import { dayAndClock, writtenText } from '../friend/written-text.ts';
import { reduceForLines } from './chat-for-lines.ts';
import { fitFor, indentation, type TerminalSize } from './hanging-text.ts';
import { nameLabel, nameText } from '../text/peer-name.ts';
import {
  againText,
  countText,
  durationText,
  inviteCommand,
  type InviteCommand,
  isEncrypted,
  byHttpsText,
  motdText,
  refusedText,
  connectingText,
  inviteNotes,
  movedText,
  placeText,
  placeWords,
} from '../text/wording.ts';
import {
  attemptText,
  forwardedText,
  impossibleText,
  noRelayText,
  lostText,
  pathText,
  relayText,
  resumedText,
} from '../text/way-wording.ts';

export interface PlainOptions {
  /** Whether our own messages are printed. Not needed if a terminal has echoed them. */
  readonly ownMessages?: boolean;
  /** Begins every line: the demo prints two sides. */
  readonly prefix?: string;
  /** The command that the friend has to run. For all but `chat`, the steps of punching are left out: the user waits for bytes. */
  readonly command?: InviteCommand;
  /** The command with its arguments and options, in front of the invite, if it has any. */
  readonly inviteWords?: string;
  /** The stream that the lines go to. If it is a terminal, they are wrapped for it, see hanging-text.ts. */
  readonly terminal?: TerminalSize;
}

/**
 * Prints events for `--plain`, as lines of text without control sequences. A
 * status line begins with `* `, a message of the peer with `<NAME> `, one of
 * ours with `> `, and further lines of a message with spaces. So no name and no
 * text of the peer can look like a status line or like a message of ours.
 */
export function createPlainPrinter(
  write: (text: string) => void,
  options: PlainOptions = {},
): (event: PunchlineEvent) => void {
  const printer = new PlainPrinter(write, options);
  return (event) => printer.print(event);
}

/** Steps on the way to a connection. */
const steps: ReadonlySet<string> = new Set<PunchlineEvent['event']>([
  'peer',
  'plan',
  'attempt',
  'nats',
  'proof',
  'forwarded',
]);

const pathWords = {
  lan: (name: string) => `connected to ${name} on this network`,
  direct: (name: string) => `connected directly to ${name}`,
  relay: (name: string) => `connected to ${name} by the relay`,
};

/** What the peer has to do, where both have agreed on a code. */
function peerStartText(command: InviteCommand = 'chat'): string {
  return command === 'send' || command === 'receive'
    ? `the peer has to run "punchline ${command}" with the same code`
    : 'the peer has to start Punchline just as you did';
}

/** `connected directly to anna in 251 ms, encrypted`. */
function briefText({ path, peer, ms }: ConnectedEvent): string {
  return `${pathWords[path](nameText(peer.name))} in ${durationText(ms)}, encrypted`;
}

class PlainPrinter {
  readonly #write: (text: string) => void;
  readonly #options: PlainOptions;
  readonly #prefix: string;
  readonly #said = new Set<string>();
  readonly #quarterOf = createFileQuarters();
  #chat: ChatState = initialChatState;
  /** Whether the last message was one that the peer has sent again. */
  #wasAgain = false;
  /** How many messages of an earlier conversation were printed, until this one begins. */
  #history = 0;
  /** Tells that a friend may be waited for in vain. */
  #vain: NodeJS.Timeout | undefined;
  /**
   * What was printed last about waiting: that we wait for the peer, that the rendezvous is gone, that a peer came, or
   * that it has gone.
   */
  #waits: 'here' | 'away' | 'met' | 'again' | undefined;

  constructor(write: (text: string) => void, options: PlainOptions) {
    this.#write = write;
    this.#options = options;
    this.#prefix = options.prefix ?? '';
  }

  print(event: PunchlineEvent): void {
    if (event.event === 'message' || event.event === 'connected') {
      this.#endHistory();
    }
    if (event.event === 'connected' || event.event === 'ended') {
      clearTimeout(this.#vain);
    }
    this.#tell(event);
    this.#chat = reduceForLines(this.#chat, event);
  }

  /** Prints an event. `#chat` is still the state before it. */
  #tell(event: PunchlineEvent): void {
    if (this.#isBrief && steps.has(event.event)) {
      return undefined;
    }
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
      case 'nats': {
        return this.#isConnected ? undefined : this.#sayNats(event);
      }
      case 'forwarded': {
        return this.#isConnected ? undefined : this.#sayOnce(forwardedText(event));
      }
      case 'relay': {
        const isNews = !this.#isConnected || event.state === 'refused';
        // That no direct connection is possible may have been printed before.
        const reason = event.state === 'asked' && this.#said.has(event.reason) ? '' : event.reason;
        return isNews ? this.#sayOnce(relayText({ ...event, reason })) : undefined;
      }
      case 'path': {
        return this.#say(pathText(event));
      }
      case 'message': {
        return this.#sayMessage(event, event.at);
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
        const next = nextText(event);
        return next === '' ? undefined : this.#say(next);
      }
      case 'ended': {
        return this.#sayEnded(event);
      }
      case 'friend': {
        return this.#sayFriend(event);
      }
      case 'history': {
        return this.#sayHistory(event, event.at);
      }
      case 'delivered':
      case 'proof':
      case 'typing': {
        return undefined;
      }
      default: {
        return event satisfies never;
      }
    }
  }

  /** Whether there has been a connection. Later attempts go on in the background and are not printed. */
  get #isConnected(): boolean {
    return this.#chat.connection !== undefined;
  }

  get #isBrief(): boolean {
    return (this.#options.command ?? 'chat') !== 'chat';
  }

  get #peerName(): string {
    return this.#chat.connection?.peerName ?? 'peer';
  }

  #sayInvite(event: InviteEvent): void {
    const { invite } = this.#chat;
    if (invite !== undefined && invite !== event.invite) {
      this.#say(movedText);
    }
    const command = inviteCommand(event.invite, this.#options.command, this.#options.inviteWords);
    // It is not wrapped, so that it can be copied. Nothing in it comes from the peer.
    this.#sayOnce(`pass this on to your friend: ${command}`, (line) => line);
    for (const note of inviteNotes(event)) {
      this.#sayOnce(note);
    }
    this.#waits = 'here';
  }

  #sayMeeting(event: RendezvousEvent | PeerEvent | PlanEvent): void {
    if (event.event === 'rendezvous') {
      this.#sayRendezvous(event);
    } else if (event.event === 'plan') {
      this.#sayOnce(`plan: ${event.strategy}, at most ${countText(event.dials, 'dial')} at once`);
    } else {
      for (const candidate of event.candidates) {
        this.#sayOnce(`the peer is at ${formatEndpoint(candidate)} (${candidate.kind})`);
      }
    }
  }

  #sayRendezvous(event: RendezvousEvent): void {
    const { state, mapped, motd, unreachedPort } = event;
    if (state === 'connecting') {
      if (this.#waits === 'here') {
        this.#say(`${placeText(event)} is gone: trying to reach it again; the code stays good`);
        this.#waits = 'away';
      } else if (this.#waits === 'met') {
        this.#say('no connection to the peer came of it: waiting for it again; the code stays good');
        this.#waits = 'again';
      }
      this.#sayOnce(connectingText(event));
    }
    if (unreachedPort !== undefined) {
      this.#sayOnce(byHttpsText(unreachedPort));
    }
    if (motd !== undefined) {
      this.#sayOnce(motdText(event));
    }
    if (mapped !== undefined && !this.#isBrief) {
      this.#sayOnce(`the outside sees this side as ${formatEndpoint(mapped)}`);
    }
    if (state === 'waiting') {
      if (this.#waits === 'away') {
        this.#say(`${placeWords[event.place]} is back: waiting for the peer again`);
      } else if (this.#waits === 'again') {
        this.#say('waiting for the peer again');
      }
      this.#waits = 'here';
      this.#sayWaiting();
    }
    if (state === 'matched') {
      this.#waits = 'met';
    }
  }

  #sayWaiting(): void {
    const { friend, invite } = this.#chat;
    if (friend === undefined) {
      this.#sayOnce('waiting for the peer');
      return invite === undefined ? this.#sayOnce(peerStartText(this.#options.command)) : undefined;
    }
    this.#sayOnce(`waiting for ${nameText(friend)}`);
    if (!this.#isBrief) {
      this.#sayOnce(keptText(friend));
    }
    // Nothing else happens while a friend is waited for.
    this.#vain ??= setTimeout(() => this.#sayOnce(inVainText(friend)), VAIN_MS).unref();
  }

  /** Prints that there is no direct connection, and no relay either, each once: the peer's wish is known later. */
  #sayNats(event: NatsEvent): void {
    if (event.direct === 'no') {
      this.#sayOnce(impossibleText(event));
    }
    if (event.direct === 'no' && event.noRelay !== undefined) {
      this.#sayOnce(relayText({ state: 'refused', reason: noRelayText(event.noRelay) }));
    }
  }

  /** Prints the beginning of each round, and the end of each dial. Abandoned dials have lost to another one. */
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
    if (this.#isBrief) {
      return this.#say(briefText(event));
    }
    this.#say(
      `connected to ${nameText(peer.name)}: ${path}, ${formatEndpoint(remote)}, in ${durationText(ms)}`,
    );
    this.#say(
      isEncrypted(event)
        ? `encrypted: ${cipher}, ${group}`
        : 'NOT ENCRYPTED: anybody on the way can read and change what is said here',
    );
  }

  #sayFriend(event: FriendEvent): void {
    const { connection } = this.#chat;
    return this.#say(friendText(event, connection?.peerName));
  }

  /** Prints an earlier message with the day and the time. No line of this conversation looks like it. */
  #sayHistory({ from, text, writtenAt }: HistoryEvent, at: number): void {
    const { friend = '' } = this.#chat;
    this.#say(`${dayAndClock(writtenAt, at)}, ${from === 'me' ? 'you' : nameText(friend)}:`);
    this.#writeMessage(from === 'me' ? '>' : nameLabel(friend), text);
    this.#history += 1;
  }

  /** Prints the end of the earlier conversation, when this one begins. */
  #endHistory(): void {
    if (this.#history > 0) {
      this.#say(historyText(this.#history));
      this.#history = 0;
    }
  }

  #sayMessage({ from, text, again, writtenAt }: MessageEvent, at: number): void {
    if (again === true && !this.#wasAgain) {
      this.#say(againText);
    }
    this.#wasAgain = again === true;
    // What was written in an earlier run was not echoed by this terminal.
    if (from === 'me' && this.#options.ownMessages === false && writtenAt === undefined) {
      return;
    }
    if (writtenAt !== undefined) {
      const isWaiting = from === 'me' && !this.#isConnected;
      this.#say(`${writtenText(writtenAt, at)}${isWaiting ? ', not delivered yet' : ''}:`);
    }
    this.#writeMessage(from === 'me' ? '>' : nameLabel(this.#peerName), text);
  }

  #writeMessage(author: string, text: string): void {
    // The line end behind a pasted text is no line.
    const lines = trimEndOf(safeText(text, { multiline: true }), '\n').split('\n');
    const message = `${author} ${lines.join(`\n${this.#prefix}${indentation}`)}`;
    this.#write(`${this.#prefix}${this.#fit(message)}\n`);
  }

  #sayEnded(event: EndedEvent): void {
    const { reason, undelivered, waitsFor } = event;
    if (reason === 'peer-left') {
      this.#say(`${nameText(this.#peerName)} has left`);
    } else if (reason !== 'failed') {
      this.#say(reason === 'quit' ? 'left the chat' : 'interrupted');
    }
    if (undelivered !== undefined) {
      const lost = `${countText(undelivered, 'message')} not delivered`;
      this.#say(waitsFor === undefined ? lost : waitsText(undelivered, waitsFor));
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

/** Returns the progress of a file as a line at each quarter, once. Undefined in between. */
export function createFileQuarters(): (event: FileEvent) => string | undefined {
  const said = new Map<string, number>();
  return (event) => {
    const { id, state, bytes, done = 0 } = event;
    if (state !== 'progress') {
      said.delete(id);
      return undefined;
    }
    // When all of it is there, the end follows.
    const quarter = done >= bytes ? 0 : Math.floor((4 * done) / bytes);
    if (quarter <= (said.get(id) ?? 0)) {
      return undefined;
    }
    said.set(id, quarter);
    return `${fileLabel(event)}: ${25 * quarter} %`;
  };
}
