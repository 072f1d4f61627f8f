import { performance } from 'node:perf_hooks';
import type { AcceptOptions, MessageEvent, Path } from '../events.ts';
import {
  createChatDecoder,
  encodeChatMessage,
  MAX_TEXT_BYTES,
  noneOfAll,
  type ChatMessage,
} from '../protocol/chat-messages.ts';
import { safeName } from '../text/safe-text.ts';
import type { ConnectOptions } from '../connect/connect-options.ts';
import { connect, type Connection } from '../connect/connection.ts';
import { drained } from '../network/waiting.ts';
import { toPunchlineError } from '../network/to-punchline-error.ts';
import type { FileOffer } from '../connect/files/files.ts';
import type { DueFiles } from './due-files.ts';
import { expectFriend, expectKeepable, type FriendKeeper } from './friends/friend-keeper.ts';
import type { Friendship } from './friends/friendship.ts';
import type { PeerAsFriend } from './friends/peer-as-friend.ts';
import { ChatBase, expectFits, heartbeatText } from './chat-base.ts';

/** The shortest time between two words to the peer that a message is being written here. */
const TYPING_EVERY_MS = 3000;
/** How long leave() waits until everything has arrived. While the connection is lost, it does not wait. */
const LEAVE_TIMEOUT_MS = 5000;

export interface ChatOptions extends Omit<ConnectOptions, 'mode'> {
  /** How often a heartbeat is sent. Default: never. */
  readonly heartbeatMs?: number | undefined;
  /** Whether the peer is told that a message is being written here. Default: yes. */
  readonly typing?: boolean | undefined;
  /** The folder for files that are accepted without asking. Default: none, so each offer waits for an answer. */
  readonly acceptFiles?: string | undefined;
  /** Whether somebody can answer an offer. If not, offers are declined. Default: yes. */
  readonly hasAnswers?: boolean | undefined;
  /** Loads what keeps friends, once there is a peer. Default: nothing does. */
  readonly loadKeeper?: (() => Promise<FriendKeeper>) | undefined;
  /** The friend that `friend` names, and what is kept of it. */
  readonly friendship?: Friendship | undefined;
  /** Finds out whether the exit code has to tell that a file was not handed over. Default: it does not tell. */
  readonly dueFiles?: DueFiles | undefined;
}

const leavingReason = 'the other side is leaving';

/** The last states of a transfer. */
const lastStates: ReadonlySet<string> = new Set(['declined', 'done', 'failed', 'cancelled']);

interface Undelivered extends ChatMessage {
  readonly id: string;
  /** The offset in the stream at which the message ends. */
  readonly end: number;
  readonly sentAt: number;
}

/** Counts the messages that a person has written. */
function textsIn(some: readonly Undelivered[]): number {
  return some.filter(({ type }) => type === 'text').length;
}

/** A chat over a connection. A message is delivered when its last byte has arrived at the peer. */
export class PunchedChat extends ChatBase {
  #connection: Connection;
  #undelivered: Undelivered[] = [];
  #written = 0;
  #numbers = noneOfAll();
  /** How many messages of the peer have come. */
  #heard = 0;
  /** The peer may have sent the next text before. */
  #isAgain = false;
  /** When the connection was lost, by performance.now(). */
  #lostAt = 0;
  /** How many texts are sent again to a peer that was started anew. Undefined once that is told. */
  #resent: number | undefined;
  readonly #tellsTyping: boolean;
  readonly #due: DueFiles | undefined;
  readonly #loadKeeper: ChatOptions['loadKeeper'];
  #keeper: FriendKeeper | undefined;
  readonly #friendship: Friendship | undefined;
  /** Loaded when one of the two wants to keep the other. */
  #asFriend: Promise<PeerAsFriend> | undefined;
  #peerName = '';
  readonly #offers = new Map<string, FileOffer>();
  readonly #onOffer: (offer: FileOffer) => void;
  /** When each side last said that it is writing, by performance.now(). */
  readonly #typingAt = { own: -Infinity, peer: -Infinity };
  /** Our name. A name of the peer that looks like it is marked. */
  #name: string | undefined;
  #isRenamed = false;
  #isLost = false;
  #limit: NodeJS.Timeout | undefined;

  constructor({
    heartbeatMs,
    typing = true,
    acceptFiles,
    hasAnswers = true,
    dueFiles,
    loadKeeper,
    friendship,
    ...options
  }: ChatOptions) {
    super(heartbeatMs);
    this.#due = dueFiles;
    this.#loadKeeper = loadKeeper;
    this.#friendship = friendship;
    friendship?.begin({
      emit: (happening) => this.emit(happening),
      write: (type, text) => this.#write(type, text, ''),
      said: (text, writtenAt) => this.said(text, writtenAt),
      heard: (text, marks) => this.#heardText(text, marks),
      onDelivered: () => this.settle(),
    });
    this.#onOffer = (offer) => {
      if (acceptFiles !== undefined) {
        offer.accept(acceptFiles);
      } else if (options.task === 'send') {
        offer.decline('this side only sends');
      } else if (!hasAnswers) {
        offer.decline('nobody is there to accept it; with --accept-files it would be accepted');
      } else if (this.stage === 'talking') {
        this.#offers.set(offer.id, offer);
      } else {
        offer.decline(leavingReason);
      }
    };
    this.#tellsTyping = typing;
    this.#name = options.name;
    this.#connection = connect({ ...options, mode: 'chat', awaitsRestart: true });
    this.#listen(this.#connection);
  }

  get rttMs(): number | undefined {
    return this.#connection.rttMs;
  }

  get verification(): readonly string[] | undefined {
    return this.#connection.verification;
  }

  send(text: string): void {
    expectFits(Buffer.byteLength(text), MAX_TEXT_BYTES);
    if (this.stage !== 'ended') {
      const id = this.said(text);
      if (this.#friendship?.keeps === true) {
        this.#friendship.say(id, text);
      } else {
        this.#write('text', text, id);
      }
      this.#typingAt.own = -Infinity;
    }
  }

  rename(name: string): void {
    if (this.stage !== 'ended') {
      this.#name = name;
      this.#isRenamed = true;
      this.#write('name', safeName(name), '');
    }
  }

  befriend(typed?: string): void {
    const { connected, takesFriends } = this.#connection;
    const keeps = this.#loadKeeper !== undefined;
    const keeper = expectKeepable(this.#friendship, this.#keeper, { connected, takesFriends, keeps });
    const name = keeper.nameFor(typed, this.#peerName);
    this.#withFriend((friend) => friend.want(name));
  }

  unfriend(): void {
    const friendship = expectFriend(this.#friendship);
    if (this.#connection.takesFriends) {
      this.#withFriend((friend) => friend.tellRemoved());
    }
    friendship.remove();
  }

  forget(): void {
    expectFriend(this.#friendship).forget();
  }

  typing(): void {
    const now = performance.now();
    if (!this.#tellsTyping || !this.#isLive || now - this.#typingAt.own < TYPING_EVERY_MS) {
      return;
    }
    this.#typingAt.own = now;
    this.#write('typing', '', '');
  }

  sendFile(path: string): Promise<string> {
    return this.#connection.sendFile(path);
  }

  acceptFile(id: string, folder?: string, options?: AcceptOptions): void {
    this.#offers.get(id)?.accept(folder, options);
  }

  declineFile(id: string, reason?: string): void {
    this.#offers.get(id)?.decline(reason);
  }

  cancelFile(id: string): void {
    this.#connection.cancelFile(id);
  }

  writable(): Promise<void> {
    return drained(this.#connection);
  }

  pause(): void {
    this.#connection.pause().pauseFiles();
  }

  resume(): void {
    this.#connection.resume().resumeFiles();
  }

  protected beatOnce(): void {
    if (this.#isLive) {
      this.#write('heartbeat', heartbeatText, '');
    }
  }

  protected get canPart(): boolean {
    return this.#connection.connected && !this.#isLost;
  }

  protected get isDelivered(): boolean {
    const { connected, hasHandedOver } = this.#connection;
    const isKept = this.#friendship?.isDelivered ?? true;
    return connected && hasHandedOver && isKept && !this.#undelivered.some(({ type }) => type === 'text');
  }

  protected decline(): void {
    for (const offer of this.#offers.values()) {
      offer.decline(leavingReason);
    }
  }

  protected hurry(): void {
    this.#connection.cancelFiles();
    this.decline();
    this.#limit = setTimeout(() => this.step('now'), LEAVE_TIMEOUT_MS);
  }

  protected part(): void {
    this.#connection.leave();
  }

  protected go(): void {
    this.#connection.leaveNow();
  }

  #listen(connection: Connection): void {
    connection.on('offer', this.#onOffer);
    connection.on('handedOver', () => this.settle());
    connection.on('happening', (happening) => {
      // What fails because this side leaves at once is as it wants it.
      if (this.stage !== 'gone') {
        this.#due?.happened(happening);
      }
      if (happening.event === 'connected') {
        this.#tellRestarted(happening.path);
      }
      this.emit(this.#friendship?.named(happening) ?? happening);
      if (happening.event === 'file' && lastStates.has(happening.state)) {
        this.#offers.delete(happening.id);
      }
      if (happening.event === 'connected') {
        this.#peerName = happening.peer.name;
        this.#friendship?.connected(connection.takesFriends);
        void this.#prepareToKeep();
        this.startBeating();
        this.settle();
      }
    });
    connection.on('resumed', (ms, resentBytes, path) => {
      this.#isLost = false;
      const from = connection.bytesAcknowledged;
      const again = this.#undelivered.filter(({ end }) => end > from && end <= from + resentBytes);
      this.emit({ event: 'resumed', ms, resent: textsIn(again), path });
    });
    connection.on('restarted', (successor) => this.#goOn(successor));
    connection.on('lost', (reason) => {
      this.#isLost = true;
      this.#lostAt = performance.now();
      this.emit({ event: 'lost', reason, queued: this.#missing });
    });
    connection.on('acknowledged', (offset) => this.#delivered(offset));

    const decoder = createChatDecoder();
    connection.on('data', (chunk: Uint8Array) => {
      try {
        for (const message of decoder.push(chunk)) {
          this.#received(message);
        }
      } catch (error) {
        connection.destroy(toPunchlineError(error));
      }
    });
    let failure: Error | undefined;
    connection.on('goodbye', (by) => {
      if (by === 'peer') {
        this.step('peer-left');
      }
    });
    connection.on('error', (error) => {
      failure = error;
    });
    connection.on('close', () => {
      // Another one has taken its place.
      if (connection !== this.#connection) {
        return;
      }
      clearTimeout(this.#limit);
      void this.#endWith(failure);
    });
  }

  /** The peer has lost what was said. What it may not have read is sent again. */
  #goOn(successor: Connection): void {
    const texts = this.#undelivered.filter(({ type }) => type === 'text');
    if (this.#connection.isPaused()) {
      successor.pause().pauseFiles();
    }
    this.#connection = successor;
    this.#undelivered = [];
    this.#written = 0;
    this.#numbers = noneOfAll();
    this.#isAgain = false;
    this.#resent = texts.length + (this.#friendship?.undelivered ?? 0);
    this.#withFriend((friend) => friend.end('the peer was started anew'), 'if loaded');
    this.#listen(successor);
    if (this.#isRenamed) {
      // The hello has the name with which this chat began.
      this.#write('name', safeName(this.#name ?? ''), '');
    }
    for (const { text, id } of texts) {
      this.#write('again', '', '');
      this.#write('text', text, id);
    }
  }

  /** How many messages of ours the peer may lack. */
  get #missing(): number {
    return textsIn(this.#undelivered) + (this.#friendship?.undelivered ?? 0);
  }

  /** The last event waits until the disk has what is kept for the friend. */
  async #endWith(failure: Error | undefined): Promise<void> {
    const friendship = this.#friendship;
    this.#withFriend((friend) => friend.end('the connection has ended'), 'if loaded');
    await this.#asFriend;
    await friendship?.settled();
    const lost = textsIn(this.#undelivered);
    const ended = {
      undelivered: this.#missing,
      ...(lost === 0 && friendship !== undefined && { waitsFor: friendship.name }),
    };
    this.end(failure, ended, this.#due?.isMissing(this.stage === 'peer-left'));
  }

  async #prepareToKeep(): Promise<void> {
    if (this.#connection.takesFriends) {
      this.#keeper ??= await this.#loadKeeper?.();
    }
  }

  /** In the order of the calls. */
  #withFriend(act: (friend: PeerAsFriend) => void, when?: 'if loaded'): void {
    if (this.#asFriend === undefined && when !== undefined) {
      return;
    }
    this.#asFriend ??= Promise.all([import('./friends/peer-as-friend.ts'), this.#prepareToKeep()]).then(
      ([{ PeerAsFriend: Loaded }]) =>
        new Loaded({
          connection: () => this.#connection,
          keeper: this.#keeper,
          send: (message) => this.#write('friend', message, ''),
          friendship: this.#friendship,
          emit: (event) => this.emit(event),
        }),
    );
    this.#asFriend.then(act).catch((error: unknown) => this.#connection.destroy(toPunchlineError(error)));
  }

  #tellRestarted(path: Path): void {
    const resent = this.#resent;
    if (resent !== undefined) {
      this.#resent = undefined;
      this.#isLost = false;
      const ms = Math.round(performance.now() - this.#lostAt);
      this.emit({ event: 'resumed', ms, resent, path, restarted: true });
    }
  }

  /** Whether a word that counts only now can be sent now. Otherwise such words would pile up. */
  get #isLive(): boolean {
    const { connected, writableNeedDrain } = this.#connection;
    return connected && !writableNeedDrain && !this.#isLost && this.stage === 'talking';
  }

  #write(type: ChatMessage['type'], text: string, id: string): void {
    this.#numbers[type] += 1;
    const n = this.#numbers[type];
    const bytes = encodeChatMessage({ type, n, text });
    this.#written += bytes.length;
    this.#undelivered.push({ type, n, id, text, end: this.#written, sentAt: performance.now() });
    this.#connection.write(bytes);
  }

  #delivered(offset: number): void {
    for (;;) {
      const first = this.#undelivered[0];
      if (first === undefined || first.end > offset) {
        break;
      }
      this.#undelivered.shift();
      const ms = Math.round(performance.now() - first.sentAt);
      const { type, n, id } = first;
      if (type === 'text') {
        this.emit({ event: 'delivered', id, ms });
      } else if (type === 'heartbeat') {
        this.emit({ event: 'heartbeat', direction: 'sent', n, text: heartbeatText, ms });
      }
    }
    this.settle();
  }

  #received({ type, n, text }: ChatMessage): void {
    if (type === 'name') {
      this.emit({ event: 'renamed', name: safeName(text, this.#name) });
    } else if (type === 'typing') {
      this.#peerTypes();
    } else if (type === 'again') {
      this.#isAgain = true;
    } else if (type === 'heartbeat') {
      this.heard(type, n, text);
    } else if (type === 'friend') {
      this.#withFriend((friend) => friend.heard(text));
    } else if (type === 'kept') {
      this.#friendship?.heard(text);
    } else if (type === 'got') {
      this.#friendship?.got(text);
    } else {
      this.#heardText(text, this.#isAgain ? { again: true } : {});
      this.#isAgain = false;
    }
  }

  #heardText(text: string, marks: Pick<MessageEvent, 'again' | 'writtenAt'>): void {
    this.#typingAt.peer = -Infinity;
    this.#heard += 1;
    this.heard('text', this.#heard, text, marks);
  }

  /** A peer may say it as often as it likes. Most of that is dropped, so that it cannot flood the faces. */
  #peerTypes(): void {
    const now = performance.now();
    if (now - this.#typingAt.peer < TYPING_EVERY_MS / 2) {
      return;
    }
    this.#typingAt.peer = now;
    this.emit({ event: 'typing' });
  }
}
