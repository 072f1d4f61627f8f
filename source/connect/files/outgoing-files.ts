import { addAbortListener } from 'node:events';
import { encodeFileMessage, type FileMessage } from './wire/file-messages.ts';
import type { FileEvent } from '../../events.ts';
import { toPunchlineError } from '../../network/to-punchline-error.ts';
import type { FileStream } from '../session/file-stream.ts';
import type { CarriedFiles } from './carried-files.ts';
import type { Listing } from './disk/list-files.ts';
import { MissingFiles } from './missing-files.ts';
import { sendFiles, Unsendable } from './send-files.ts';
import { hiddenIn, TransferTeller, unreadableIn } from './transfer-events.ts';

type Answer = Extract<FileMessage, { type: 'accept' | 'decline' | 'stop' | 'done' }>;

interface Sending {
  readonly n: number;
  /** In the events. */
  readonly id: string;
  readonly listing: Listing;
  readonly teller: TransferTeller;
  /** What the peer has already; undefined until it accepts. */
  from: { readonly entries: number; readonly bytes: number } | undefined;
  isSent: boolean;
  isOver: boolean;
  /** How many of its bytes were written here or were at the peer before, without those of skipped files. */
  bytes: number;
  readonly missing: MissingFiles;
  /** Cancels it. */
  readonly signal: AbortSignal | undefined;
  /** Stops listening to the signal, which may live longer. */
  readonly stopListening: () => void;
}

/** Ends the sending of files that nobody wants any more. */
class Abandoned extends Error {}

/** The offers of this side. They are sent one after the other, in the order in which they were accepted. */
export class OutgoingFiles {
  readonly #stream: FileStream;
  readonly #tell: (event: FileEvent) => void;
  readonly #sendings: Sending[] = [];
  readonly #accepted: Sending[] = [];
  #isOpen = false;
  #maySkip = false;
  #isSending = false;
  #waiting: (() => void) | undefined;
  #usedIds: number;

  constructor(stream: FileStream, tell: (event: FileEvent) => void, carried?: CarriedFiles) {
    this.#stream = stream;
    this.#tell = tell;
    this.#usedIds = carried?.used.sent ?? 0;
    for (const { id, listing, signal } of carried?.sendings ?? []) {
      this.#add(listing, id, signal);
    }
  }

  get isIdle(): boolean {
    return this.#sendings.every(({ isOver }) => isOver);
  }

  /** Offers it now, or as soon as there is a peer. Returns its id. */
  offer(listing: Listing, signal?: AbortSignal): string {
    this.#usedIds += 1;
    const id = `s${this.#usedIds}`;
    this.#add(listing, id, signal);
    return id;
  }

  #add(listing: Listing, id: string, signal: AbortSignal | undefined): void {
    const n = this.#sendings.length + 1;
    const { name, bytes, files, isFolder, leftOut, unreadable, hidden } = listing;
    const teller = new TransferTeller({ id, name, bytes, files, isFolder, direction: 'sent' }, this.#tell);
    const listening = signal && addAbortListener(signal, () => this.cancel(id));
    const sending: Sending = {
      n,
      id,
      listing,
      teller,
      from: undefined,
      isSent: false,
      isOver: false,
      bytes: 0,
      missing: new MissingFiles(),
      signal,
      stopListening: () => listening?.[Symbol.dispose](),
    };
    this.#sendings.push(sending);
    teller.say('offered', {
      ...(leftOut > 0 && { leftOut }),
      ...unreadableIn(unreadable.length, unreadable),
      ...hiddenIn(name, hidden),
    });
    if (this.#isOpen) {
      this.#offer(sending);
    }
  }

  /** There is a peer now that takes files. `maySkip`: whether it understands that a file of a folder is skipped. */
  open(maySkip: boolean): void {
    this.#isOpen = true;
    this.#maySkip = maySkip;
    for (const sending of this.#sendings) {
      if (!sending.isOver) {
        this.#offer(sending);
      }
    }
  }

  cancel(id: string): void {
    const sending = this.#sendings.find((one) => one.id === id && !one.isOver);
    if (sending === undefined) {
      return;
    }
    if (this.#isOpen) {
      this.#say({ type: 'withdraw', id: sending.n, isFailure: false, reason: '' });
    }
    this.#end(sending, 'cancelled', { by: 'me' });
  }

  cancelAll(): void {
    for (const { id } of this.#sendings) {
      this.cancel(id);
    }
  }

  /** Leaves what is not over to another session. Nothing is told of it here any more. */
  carry(): Pick<CarriedFiles, 'sendings'> & { readonly used: number } {
    const sendings = this.#sendings.filter(({ isOver }) => !isOver);
    for (const sending of sendings) {
      sending.isOver = true;
      sending.stopListening();
    }
    this.#wake();
    return { sendings, used: this.#usedIds };
  }

  /** The peer is gone. */
  fail(reason: string): void {
    for (const sending of this.#sendings) {
      if (!sending.isOver) {
        this.#end(sending, 'failed', { reason });
      }
    }
  }

  /** Takes an answer of the peer. An answer to something that is over may have crossed our own message, and is ignored. */
  heard(message: Answer): void {
    const sending = this.#live(message.id);
    if (sending === undefined) {
      return;
    }
    switch (message.type) {
      case 'accept': {
        this.#accept(sending, message);
        return;
      }
      case 'decline': {
        this.#end(sending, 'declined', { by: 'peer', ...reasonOf(message.reason) });
        return;
      }
      case 'stop': {
        if (message.isFailure) {
          this.#end(sending, 'failed', reasonOf(message.reason));
        } else {
          this.#end(sending, 'cancelled', { by: 'peer' });
        }
        return;
      }
      case 'done': {
        const { unreadable } = sending.listing;
        if (sending.isSent) {
          this.#end(sending, 'done', {
            done: sending.bytes,
            ...unreadableIn(unreadable.length, unreadable),
            ...sending.missing.fields,
          });
        } else {
          this.#giveUp(sending, 'the peer says that it has everything, before all was sent');
        }
        return;
      }
    }
  }

  /** More of the stream has arrived. */
  acknowledged(): void {
    if (this.#stream.hasRoom) {
      this.#wake();
    }
    const [current] = this.#accepted;
    current?.teller.progress(current.bytes - this.#stream.underWay);
  }

  #accept(sending: Sending, { entries, bytes }: { readonly entries: number; readonly bytes: number }): void {
    if (sending.from !== undefined) {
      return;
    }
    const { listing } = sending;
    const next = listing.entries[entries];
    if (entries > listing.entries.length || bytes > (next?.bytes ?? 0)) {
      this.#giveUp(sending, 'the peer says that it has more than was offered');
      return;
    }
    sending.from = { entries, bytes };
    sending.bytes = listing.entries.slice(0, entries).reduce((sum, entry) => sum + entry.bytes, bytes);
    sending.teller.start();
    sending.teller.say('accepted', { done: sending.bytes });
    this.#accepted.push(sending);
    if (!this.#isSending) {
      void this.#sendAccepted();
    }
  }

  async #sendAccepted(): Promise<void> {
    this.#isSending = true;
    for (let sending = this.#accepted[0]; sending !== undefined; sending = this.#accepted[0]) {
      try {
        await this.#sendOne(sending);
        sending.isSent = true;
      } catch (error) {
        if (error instanceof Unsendable) {
          this.#giveUp(sending, error.message);
        } else if (!(error instanceof Abandoned)) {
          this.#giveUp(sending, toPunchlineError(error).message);
        }
      }
      // Nothing more follows for now, so less than a segment is sent, too.
      this.#stream.goesOn = false;
      this.#accepted.shift();
    }
    this.#isSending = false;
  }

  async #sendOne(sending: Sending): Promise<void> {
    if (sending.isOver || sending.from === undefined) {
      return;
    }
    await sendFiles(sending.listing, {
      id: sending.n,
      from: sending.from,
      write: (bytes) => {
        this.#stream.goesOn = true;
        this.#stream.write(bytes);
      },
      room: async () => {
        while (!sending.isOver && !this.#stream.hasRoom) {
          await new Promise<void>((resolve) => {
            this.#waiting = resolve;
          });
        }
        if (sending.isOver) {
          throw new Abandoned();
        }
      },
      onBytes: (bytes) => {
        sending.bytes += bytes;
      },
      maySkip: this.#maySkip,
      onSkip: (path, reason, bytes) => {
        sending.missing.add(path, reason);
        sending.bytes -= bytes;
      },
    });
  }

  #offer({ n, listing }: Sending): void {
    const { name, bytes, files, isFolder, fingerprint, unreadable, hidden } = listing;
    if (hidden > 0) {
      this.#say({ type: 'hidden', id: n, names: hidden });
    }
    if (unreadable.length > 0) {
      this.#say({ type: 'unreadable', id: n, files: unreadable.length, named: unreadable });
    }
    this.#say({ type: 'offer', id: n, name, bytes, files, isFolder, fingerprint });
  }

  /** Something is wrong with it. The peer is told. */
  #giveUp(sending: Sending, reason: string): void {
    if (sending.isOver) {
      return;
    }
    this.#say({ type: 'withdraw', id: sending.n, isFailure: true, reason });
    this.#end(sending, 'failed', { reason });
  }

  #end(sending: Sending, state: FileEvent['state'], more: Partial<FileEvent>): void {
    sending.isOver = true;
    sending.stopListening();
    this.#wake();
    sending.teller.say(state, more);
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.();
  }

  #live(n: number): Sending | undefined {
    const sending = this.#sendings[n - 1];
    return sending?.isOver === false ? sending : undefined;
  }

  #say(message: FileMessage): void {
    this.#stream.goesOn = false;
    this.#stream.write(encodeFileMessage(message));
  }
}

function reasonOf(reason: string): { reason?: string } {
  return reason === '' ? {} : { reason };
}
