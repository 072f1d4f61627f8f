import { ByteQueue } from '../../protocol/framing/byte-queue.ts';
import { createFileDecoder } from './wire/file-decoder.ts';
import type { FileMessage, Unreadable } from './wire/file-messages.ts';
import { SEGMENT_BYTES } from '../session/wire/frames.ts';
import { WINDOW_BYTES } from '../session/wire/session-stream.ts';
import { ProtocolError, PunchlineError } from '../../errors.ts';
import type { AcceptOptions, FileEvent, RefusedEvent } from '../../events.ts';
import type { FileStream } from '../session/file-stream.ts';
import type { CarriedFiles } from './carried-files.ts';
import { IncomingFiles, type Content, type IncomingListener } from './incoming-files.ts';
import { listFiles } from './disk/list-files.ts';
import { OutgoingFiles } from './outgoing-files.ts';
import type { OfferFacts } from './transfer-events.ts';

/** Bounds how much waits for a peer that reads nothing. Our own files fill half of it at most, so that they alone never reach it. */
const MAX_UNREAD_BYTES = 2 * WINDOW_BYTES;

/** The messages of the side that takes files. */
const answers: ReadonlySet<FileMessage['type']> = new Set(['accept', 'decline', 'stop', 'done']);

/** After this many bytes we check whether more may be read. It is as much as we put into a frame, and holds up to 280 offers. */
const HEARD_BYTES = SEGMENT_BYTES;

/** An offer of the peer. Only the first answer counts. Events `file` tell what follows. */
export interface FileOffer extends Pick<
  FileEvent,
  'id' | 'name' | 'bytes' | 'files' | 'isFolder' | 'hidden'
> {
  /** Puts it into this folder, or into the default folder. */
  accept(folder?: string, options?: AcceptOptions): void;
  /** The peer sees the reason. */
  decline(reason?: string): void;
}

export interface SendOptions {
  /**
   * Ends it. Aborted before it is offered, it rejects with the signal's reason; later the transfer is cancelled, as by
   * `cancelFile`.
   */
  readonly signal?: AbortSignal | undefined;
}

export interface FilesListener {
  onEvent(event: FileEvent | RefusedEvent): void;
  /** Returns whether anybody was listening. */
  onOffer(offer: FileOffer): boolean;
  /** `isIdle` may have changed. */
  onChange(): void;
}

/** The files of a connection, in both directions, over a stream of its session. */
export class Files {
  readonly #stream: FileStream;
  readonly #folder: string;
  readonly #keepsHidden: boolean;
  readonly #outgoing: OutgoingFiles;
  readonly #incoming: IncomingFiles;
  readonly #listener: FilesListener;
  readonly #decoder = createFileDecoder();
  /** Bytes that have come and may not be read yet. They are at most one window, because we acknowledge them only when they are read. */
  readonly #unheard = new ByteQueue();
  #isPaused = false;
  #isHearing = false;
  #state: 'waiting' | 'open' | 'closing' | 'closed' = 'waiting';
  /** Why there is no peer to send to. */
  #closedBy = '';
  /** How many files and folders are being listed, to be offered then. */
  #listing = 0;
  /** The hidden names of the next offer, as the peer says. */
  #hidden: Extract<FileMessage, { type: 'hidden' }> | undefined;
  /** What the peer cannot read of the next offer, as it says. */
  #unreadable: Unreadable | undefined;

  /**
   * @param folder the default folder for files.
   * @param keepsHidden the default for whether hidden names stay as they are.
   * @param carried what an earlier session with the same peer has left.
   */
  constructor(
    stream: FileStream,
    folder: string,
    listener: FilesListener,
    keepsHidden = false,
    carried?: CarriedFiles,
  ) {
    this.#stream = stream;
    this.#folder = folder;
    this.#keepsHidden = keepsHidden;
    this.#listener = listener;
    function tell(event: FileEvent | RefusedEvent) {
      listener.onEvent(event);
      listener.onChange();
    }
    this.#outgoing = new OutgoingFiles(stream, tell, carried);
    const incoming: IncomingListener = {
      tell,
      onOffer: (n, facts) => this.#offered(n, facts),
      onRoom: () => this.#goOn(),
      onIdle: () => listener.onChange(),
    };
    this.#incoming = new IncomingFiles(stream, incoming, carried);
    stream.listen({
      onData: (bytes) => {
        // A peer may write here though it said that it takes no files. That is dropped.
        if (this.#state === 'closed') {
          stream.consumed(bytes.length);
          return;
        }
        const isNext = this.#unheard.length === 0 && !this.#isHeldBack;
        if (isNext && bytes.length <= HEARD_BYTES) {
          this.#hear(bytes);
        } else {
          this.#unheard.append(bytes);
          this.#goOn();
        }
      },
      onAcknowledged: () => {
        this.#outgoing.acknowledged();
        this.#goOn();
        listener.onChange();
      },
    });
  }

  /** Whether nothing is offered by us or under way, and all our messages have arrived. */
  get isIdle(): boolean {
    return this.#listing === 0 && this.#outgoing.isIdle && this.#incoming.isIdle && this.#stream.delivered;
  }

  /** See Connection.sendFile(). */
  async send(path: string, { signal }: SendOptions = {}): Promise<string> {
    this.#expectPeer();
    this.#listing += 1;
    const listing = await listFiles(path, { signal }).finally(() => {
      this.#listing -= 1;
    });
    this.#expectPeer();
    return this.#outgoing.offer(listing, signal);
  }

  cancel(id: string): void {
    this.#outgoing.cancel(id);
    this.#incoming.cancel(id);
  }

  /** Leaves what is under way to another session with the same peer. To be called before `end`. */
  carry(): CarriedFiles {
    const { sendings, used: sent } = this.#outgoing.carry();
    const { receivings, released, used: received } = this.#incoming.carry();
    return { sendings, receivings, released, used: { sent, received } };
  }

  /** Cancels all transfers and offers. */
  cancelAll(): void {
    this.#outgoing.cancelAll();
    this.#incoming.cancelAll();
  }

  /** Declines all offers that nobody has answered. */
  declineAll(reason: string): void {
    this.#incoming.declineAll(reason);
  }

  /** Reads nothing more from the peer until `resume`. What the peer says waits here and on its side. */
  pause(): void {
    this.#isPaused = true;
  }

  resume(): void {
    this.#isPaused = false;
    this.#goOn();
  }

  /** There is a peer now. `takesSkips`: whether it understands that a file of a folder is skipped. */
  begin(takesFiles: boolean, takesSkips: boolean): void {
    if (this.#state !== 'waiting') {
      return;
    }
    if (!takesFiles) {
      this.#close('the peer takes no files: its Punchline is older');
      return;
    }
    this.#state = 'open';
    this.#stream.open();
    this.#outgoing.open(takesSkips);
  }

  /** The connection is over, for this reason. */
  end(reason: string): void {
    if (this.#state !== 'closed') {
      this.#close(reason);
    }
  }

  #close(reason: string): void {
    // What was held back may say that the peer has all our files.
    this.#state = 'closing';
    this.#goOn();
    this.#state = 'closed';
    this.#closedBy = reason;
    this.#outgoing.fail(reason);
    this.#incoming.fail(reason);
  }

  #expectPeer(): void {
    if (this.#state !== 'closed') {
      return;
    }
    throw new PunchlineError('ERR_USAGE', this.#closedBy, { hint: 'Nothing was sent.' });
  }

  #offered(n: number, { id, name, bytes, files, isFolder, hidden }: OfferFacts): void {
    const isHeard = this.#listener.onOffer({
      id,
      name,
      bytes,
      files,
      isFolder,
      ...(hidden !== undefined && { hidden }),
      accept: (folder = this.#folder, { hidden: keepsHidden = this.#keepsHidden } = {}) =>
        this.#incoming.accept(n, folder, keepsHidden),
      decline: (reason = '') => this.#incoming.decline(n, reason),
    });
    if (!isHeard) {
      this.#incoming.decline(n, 'nobody accepts files there');
    }
  }

  /** Whether nothing may be read now, because nobody takes the events, the peer reads no answers, or the disk is busy. */
  get #isHeldBack(): boolean {
    if (this.#state === 'closing') {
      return false;
    }
    return this.#isPaused || this.#stream.underWay > MAX_UNREAD_BYTES || this.#incoming.isFull;
  }

  /** Reads what was held back, as far as it may be read. */
  #goOn(): void {
    // A message may lead to this call. Then the loop that is running goes on.
    if (this.#isHearing) {
      return;
    }
    const unheard = this.#unheard;
    try {
      while (!this.#isHeldBack) {
        const bytes = unheard.read(unheard.start, HEARD_BYTES);
        if (bytes === undefined) {
          return;
        }
        unheard.drop(unheard.start + bytes.length);
        this.#hear(bytes);
      }
    } catch (error) {
      if (!(error instanceof ProtocolError)) {
        throw error;
      }
      unheard.drop(unheard.end);
      if (this.#state !== 'closing') {
        this.#stream.refuse(error);
      }
    }
  }

  /** Throws ProtocolError. */
  #hear(bytes: Uint8Array): void {
    this.#isHearing = true;
    try {
      this.#heard(this.#decoder.push(bytes), bytes.length);
    } finally {
      this.#isHearing = false;
    }
  }

  #heard(messages: readonly FileMessage[], bytes: number): void {
    // A peer that writes here understands what we write.
    if (this.#state === 'waiting') {
      this.begin(true, false);
    }
    const content: Content[] = [];
    // At the end, new offers and content are of no use any more.
    const wanted = this.#state === 'closing' ? messages.filter(({ type }) => answers.has(type)) : messages;
    for (const message of wanted) {
      switch (message.type) {
        case 'hidden': {
          this.#hidden = message;
          break;
        }
        case 'unreadable': {
          this.#unreadable = message;
          break;
        }
        case 'offer': {
          const { id } = message;
          const hidden = this.#hidden?.id === id ? this.#hidden.names : 0;
          const unreadable = this.#unreadable?.id === id ? this.#unreadable : undefined;
          this.#incoming.offered(message, hidden, unreadable);
          break;
        }
        case 'withdraw': {
          this.#incoming.withdrawn(message);
          break;
        }
        case 'accept':
        case 'decline':
        case 'stop':
        case 'done': {
          this.#outgoing.heard(message);
          break;
        }
        case 'entry':
        case 'chunk':
        case 'end':
        case 'skip':
        case 'complete': {
          content.push(message);
        }
      }
    }
    this.#incoming.arrived(content, bytes);
  }
}
