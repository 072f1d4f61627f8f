import { createFileDecoder } from '../../core/file-decoder.ts';
import { type FileMessage } from '../../core/file-messages.ts';
import { maxEntries } from '../../core/incoming-order.ts';
import { PunchlineError } from '../../errors.ts';
import type { AcceptOptions, FileEvent } from '../../events.ts';
import type { FileStream } from './file-stream.ts';
import { IncomingFiles, type Content } from './incoming-files.ts';
import { listFiles } from './list-files.ts';
import { OutgoingFiles } from './outgoing-files.ts';

/** What the peer offers. The first answer counts; the rest is told by events `file`. */
export interface FileOffer extends Pick<
  FileEvent,
  'id' | 'name' | 'bytes' | 'files' | 'isFolder' | 'hidden'
> {
  /** Puts it into this folder, or the default one. */
  accept(folder?: string, options?: AcceptOptions): void;
  /** The peer sees the reason. */
  decline(reason?: string): void;
}

export interface FilesListener {
  onEvent(event: FileEvent): void;
  /** Returns whether anybody heard of it. */
  onOffer(offer: FileOffer): boolean;
  /** Something may have become idle. */
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
  #state: 'waiting' | 'open' | 'closed' = 'waiting';
  /** Why there is nobody to send to. */
  #closedBy = '';
  /** How many are being read through, to be offered then. */
  #listing = 0;
  #lastOffer: FileEvent | undefined;
  /** What the peer says of the offer that comes next. */
  #hidden: Extract<FileMessage, { type: 'hidden' }> | undefined;

  /**
   * @param folder where files go when nothing else is said.
   * @param keepsHidden whether hidden names stay as they are when nothing else is said.
   */
  constructor(stream: FileStream, folder: string, listener: FilesListener, keepsHidden = false) {
    this.#stream = stream;
    this.#folder = folder;
    this.#keepsHidden = keepsHidden;
    this.#listener = listener;
    const tell = (event: FileEvent) => {
      if (event.direction === 'received' && event.state === 'offered') this.#lastOffer = event;
      listener.onEvent(event);
      listener.onChange();
    };
    this.#outgoing = new OutgoingFiles(stream, tell);
    this.#incoming = new IncomingFiles(stream, {
      tell,
      onOffer: (n) => this.#offered(n),
      onIdle: () => listener.onChange(),
    });
    const decoder = createFileDecoder();
    stream.listen({
      onData: (bytes) => this.#heard(decoder.push(bytes), bytes.length),
      onAcknowledged: () => {
        this.#outgoing.acknowledged();
        this.#incoming.acknowledged();
        listener.onChange();
      },
    });
  }

  /** Whether nothing is offered by us or under way, and all that was said has arrived. */
  get isIdle(): boolean {
    return this.#listing === 0 && this.#outgoing.isIdle && this.#incoming.isIdle && this.#stream.delivered;
  }

  /** See Connection.sendFile(). */
  async send(path: string): Promise<string> {
    this.#expectPeer();
    this.#listing += 1;
    const listing = await listFiles(path).finally(() => {
      this.#listing -= 1;
    });
    this.#expectPeer();
    return this.#outgoing.offer(listing);
  }

  cancel(id: string): void {
    const n = Number(id.slice(1));
    if (id.startsWith('s')) this.#outgoing.cancel(n);
    else if (id.startsWith('r')) this.#incoming.cancel(n);
  }

  /** Ends all that is under way and offered, as `cancel` does. */
  cancelAll(): void {
    this.#outgoing.cancelAll();
    this.#incoming.cancelAll();
  }

  /** Answers what nobody has answered. */
  declineAll(reason: string): void {
    this.#incoming.declineAll(reason);
  }

  /** There is a peer. */
  begin(takesFiles: boolean): void {
    if (this.#state !== 'waiting') return;
    if (!takesFiles) {
      this.#close('the peer takes no files: its Punchline is older');
      return;
    }
    this.#state = 'open';
    this.#stream.open();
    this.#outgoing.open();
  }

  /** There is no connection any more, for this reason. */
  end(reason: string): void {
    if (this.#state !== 'closed') this.#close(reason);
  }

  #close(reason: string): void {
    this.#state = 'closed';
    this.#closedBy = reason;
    this.#outgoing.fail(reason);
    this.#incoming.fail(reason);
  }

  #expectPeer(): void {
    if (this.#state !== 'closed') return;
    throw new PunchlineError('ERR_USAGE', this.#closedBy, { hint: 'Nothing was sent.' });
  }

  #offered(n: number): void {
    const event = this.#lastOffer;
    if (event === undefined) return;
    const { id, name, bytes, files, isFolder, hidden } = event;
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
    if (!isHeard) this.#incoming.decline(n, 'nobody takes files there');
  }

  #heard(messages: readonly FileMessage[], bytes: number): void {
    // Who writes here understands what we write.
    if (this.#state === 'waiting') this.begin(true);
    const content: Content[] = [];
    for (const message of messages) {
      switch (message.type) {
        case 'hidden': {
          this.#hidden = message;
          break;
        }
        case 'offer': {
          const isMeant = this.#hidden?.id === message.id;
          this.#incoming.offered(message, isMeant ? Math.min(this.#hidden?.names ?? 0, maxEntries) : 0);
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
        case 'complete': {
          content.push(message);
        }
      }
    }
    this.#incoming.arrived(content, bytes);
  }
}
