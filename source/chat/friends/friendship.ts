import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { usageError } from '../../errors.ts';
import type { Happening, MessageEvent } from '../../events.ts';
import type { FriendMemory } from '../../friends/memory/friend-memory.ts';
import type { WaitingMessage } from '../../friends/friend.ts';
import { toPunchlineError } from '../../network/to-punchline-error.ts';
import { safeName } from '../../text/safe-text.ts';
import { decodeGot, decodeKeptText, encodeKeptText } from '../../protocol/friend/kept-text.ts';

/** How many lines of an earlier conversation are shown. */
const SHOWN_ENTRIES = 50;
const ID_BYTES = 16;

/** What the chat does for it. */
export interface FriendshipHost {
  readonly emit: (happening: Happening) => void;
  /** Writes a message to the peer. */
  readonly write: (type: 'kept' | 'got', text: string) => void;
  /** Shows a message of an earlier run, and returns its id. */
  readonly said: (text: string, writtenAt: number) => string;
  /** Shows a message of the friend. */
  readonly heard: (text: string, marks: Pick<MessageEvent, 'writtenAt'>) => void;
  /** Something has been delivered. */
  readonly onDelivered: () => void;
}

/** The friend whom a chat meets, and what is kept of it on the disk. */
export interface FriendshipOptions {
  /** As this user calls the friend. */
  readonly name: string;
  readonly memory: FriendMemory;
  /** What the friend does not have yet, in order. */
  readonly waiting: readonly WaitingMessage[];
  /** Notes that the two have met just now. Never rejects. */
  readonly met: () => void;
  /** Removes all that is kept of the friend. */
  readonly remove: () => Promise<void>;
}

interface Pending extends WaitingMessage {
  /** In events. */
  readonly eventId: string;
  hasWaited: boolean;
  sentAt: number;
}

/**
 * The messages between two friends. Each is on the disk of its writer until the reader has it on its own, so that both
 * programs may die at any moment, and nothing is lost or comes twice (design 3.8).
 */
export class Friendship {
  readonly name: string;
  readonly #options: FriendshipOptions;
  readonly #pending = new Map<string, Pending>();
  /** What is on its way to the disk. */
  readonly #writes = new Set<Promise<void>>();
  #host: FriendshipHost | undefined;
  /** Whether there is a peer that takes such messages. */
  #takes = false;
  #isMet = false;
  #isRemoved = false;
  #isRemovedByPeer = false;

  constructor(options: FriendshipOptions) {
    this.name = options.name;
    this.#options = options;
  }

  /** Shows what is kept. */
  begin(host: FriendshipHost): void {
    this.#host = host;
    const { memory, name } = this.#options;
    const found = this.#options.waiting;
    host.emit({ event: 'friend', state: 'meeting', name });
    const waiting = new Set(found.map(({ text, writtenAt }) => `${writtenAt} ${text}`));
    for (const { from, text, writtenAt } of memory.lastEntries(SHOWN_ENTRIES)) {
      // A message that waits is shown as one.
      if (from === 'peer' || !waiting.has(`${writtenAt} ${text}`)) {
        host.emit({ event: 'history', from, text, writtenAt });
      }
    }
    for (const { id, text, writtenAt } of found) {
      const eventId = host.said(text, writtenAt);
      this.#pending.set(id, { id, text, writtenAt, eventId, hasWaited: true, sentAt: 0 });
    }
    for (const message of memory.damage) {
      host.emit({ event: 'error', code: 'ERR_FILE', message, hint: '' });
    }
  }

  /** A friend who gives no name is called as this user does it. */
  named(happening: Happening): Happening {
    return happening.event === 'connected' && happening.peer.name === safeName('')
      ? { ...happening, peer: { name: this.name } }
      : happening;
  }

  /** What the friend does not have yet, in order. */
  get waiting(): readonly WaitingMessage[] {
    return [...this.#pending.values()];
  }

  /** How many messages that is. */
  get undelivered(): number {
    return this.#pending.size;
  }

  /** Whether the peer has everything that it can take. */
  get isDelivered(): boolean {
    return !this.#takes || (this.#pending.size === 0 && this.#writes.size === 0);
  }

  /** Whether it has not been removed. */
  get isKept(): boolean {
    return !this.#isRemoved;
  }

  /** Whether a message of this moment belongs here. Else it is said as in any other chat. */
  get keeps(): boolean {
    return !this.#isRemoved && !this.#isRemovedByPeer && (this.#takes || !this.#isMet);
  }

  /** There is a new session. `takes`: whether the peer takes such messages. */
  connected(takes: boolean): void {
    this.#takes = takes && !this.#isRemoved;
    for (const one of this.#pending.values()) {
      one.hasWaited ||= !this.#isMet;
      this.#send(one);
    }
    this.#isMet = true;
    this.#options.met();
  }

  /** Keeps a message, and sends it if there is a peer. */
  say(eventId: string, text: string): void {
    const message = { id: randomBytes(ID_BYTES).toString('hex'), text, writtenAt: Date.now() };
    const pending: Pending = { ...message, eventId, hasWaited: false, sentAt: 0 };
    this.#pending.set(message.id, pending);
    const { memory } = this.#options;
    this.#track(memory.keep(message));
    this.#track(memory.addEntry({ from: 'me', text, writtenAt: message.writtenAt }));
    this.#send(pending);
  }

  /** The friend has said something. Throws ProtocolError. */
  heard(message: string): void {
    const { id, text, writtenAt, hasWaited } = decodeKeptText(message);
    const { memory } = this.#options;
    if (this.#isRemoved) {
      // It was on its way. Nothing is kept of it.
      this.#host?.heard(text, hasWaited ? { writtenAt } : {});
      this.#host?.write('got', id);
      return;
    }
    if (memory.hasReceived(id)) {
      // Our answer was lost.
      this.#host?.write('got', id);
      return;
    }
    this.#host?.heard(text, hasWaited ? { writtenAt } : {});
    const noted = memory.received(id).then(() => this.#host?.write('got', id));
    this.#track(noted);
    this.#track(memory.addEntry({ from: 'peer', text, writtenAt }));
  }

  /** The friend has a message, and keeps that in mind. Throws ProtocolError. */
  got(message: string): void {
    const id = decodeGot(message);
    const pending = this.#pending.get(id);
    if (pending === undefined) {
      return;
    }
    this.#pending.delete(id);
    this.#track(this.#options.memory.delivered(id));
    const ms = Math.max(0, Math.round(performance.now() - pending.sentAt));
    this.#host?.emit({ event: 'delivered', id: pending.eventId, ms });
    this.#host?.onDelivered();
  }

  /** Removes the friend, with all that is kept. What is said from now on is kept nowhere. */
  remove(): void {
    this.#isRemoved = true;
    this.#takes = false;
    this.#pending.clear();
    const removed = this.settled().then(async () => {
      await this.#options.remove();
      this.#host?.emit({ event: 'friend', state: 'removed', by: 'us', name: this.name });
    });
    this.#track(removed);
  }

  /** The friend has removed us. What is said from now on would wait in vain. */
  removedByPeer(): void {
    this.#isRemovedByPeer = true;
  }

  /** Throws ERR_USAGE if nothing is kept. */
  forget(): void {
    const { memory } = this.#options;
    if (!memory.hasHistory) {
      throw usageError(
        `nothing of the conversation with ${this.name} is kept`,
        'It is kept only with --history.',
      );
    }
    this.#track(memory.forget());
  }

  /** Resolves when nothing is on its way to the disk. Never rejects. */
  async settled(): Promise<void> {
    while (this.#writes.size > 0) {
      await Promise.all(this.#writes);
    }
  }

  #send(one: Pending): void {
    if (this.#takes) {
      one.sentAt = performance.now();
      this.#host?.write('kept', encodeKeptText(one));
    }
  }

  /** Tells of a disk that fails. The message goes to the peer all the same. */
  #track(write: Promise<unknown>): void {
    const tracked = write
      .then(
        () => undefined,
        (error: unknown) => {
          const { code, message, hint = '' } = toPunchlineError(error);
          this.#host?.emit({ event: 'error', code, message, hint });
        },
      )
      .then(() => {
        this.#writes.delete(tracked);
        this.#host?.onDelivered();
      });
    this.#writes.add(tracked);
  }
}
