import { resolve } from 'node:path';
import {
  encodeFileMessage,
  type FileMessage,
  type Offer,
  type Stop,
  type Unreadable,
} from './wire/file-messages.ts';
import { IncomingOrder, MAX_ENTRIES, offerComplaint } from './wire/incoming-order.ts';
import { ProtocolError } from '../../errors.ts';
import type { FileEvent, RefusedEvent } from '../../events.ts';
import type { FileStream } from '../session/file-stream.ts';
import { troubleOf } from './file-failure.ts';
import { type CarriedFiles, type CarriedReceiving, isSameOffer } from './carried-files.ts';
import { OfferPace } from './offer-pace.ts';
import { PartialFiles } from './disk/partial-files.ts';
import { newReceiving, type Receiving } from './receiving.ts';
import { expectRoom, NoRoom, targetFolder } from './disk/target-folder.ts';
import { hiddenIn, type OfferFacts, TransferTeller, unreadableIn } from './transfer-events.ts';

/** Bounds the offers that a person has to answer, and the memory that they take. */
const MAX_OPEN_OFFERS = 100;

/** Bounds the messages that wait for the disk. A window of long chunks has fewer; a window of the shortest would take 70 MiB instead of 200 KiB. */
const MAX_CONTENT = 1000;

export type Content = Extract<FileMessage, { type: 'entry' | 'chunk' | 'end' | 'skip' | 'complete' }>;

export interface IncomingListener {
  tell(event: FileEvent | RefusedEvent): void;
  /** The offer may be answered in this call. If it is declined in it, that is told as a refusal. */
  onOffer(n: number, facts: OfferFacts): void;
  /** `isFull` may have become false. */
  onRoom(): void;
  onIdle(): void;
}

/** The offers of the peer. They are received one after the other, in the order in which they were accepted. */
export class IncomingFiles {
  readonly #stream: FileStream;
  readonly #listener: IncomingListener;
  readonly #pace: OfferPace;
  readonly #receivings = new Map<number, Receiving>();
  #lastOffer = 0;
  readonly #accepted: Receiving[] = [];
  /** Content that has arrived and is not written yet. */
  #content: Content[] = [];
  #bytes = 0;
  #isWorking = false;
  #isWorkDue = false;
  #usedIds: number;
  /** What an earlier session has left, and the peer has not offered again. */
  #carried: readonly CarriedReceiving[];
  readonly #released: Promise<void> | undefined;
  #onRest: (() => void) | undefined;

  constructor(stream: FileStream, listener: IncomingListener, carried?: CarriedFiles) {
    this.#stream = stream;
    this.#listener = listener;
    this.#pace = new OfferPace(listener);
    this.#usedIds = carried?.used.received ?? 0;
    this.#carried = carried?.receivings ?? [];
    this.#released = carried?.released;
  }

  /** Whether nothing is under way. An offer that nobody has answered does not count. */
  get isIdle(): boolean {
    return this.#accepted.length === 0;
  }

  /** Whether nothing should be added now, because too much waits for the disk or too much was offered. */
  get isFull(): boolean {
    return this.#content.length >= MAX_CONTENT || this.#pace.isExceeded;
  }

  /**
   * @param hidden how many hidden names are in it, as the peer says
   *
   * @param unreadable what the peer cannot read of it, as it says
   *
   * Throws ProtocolError for a number that was used before.
   */
  offered(offer: Offer, hidden = 0, unreadable?: Unreadable): void {
    const { id: n, name, bytes, files, isFolder } = offer;
    if (n <= this.#lastOffer) {
      throw new ProtocolError(`offer ${n} of a file after offer ${this.#lastOffer}`);
    }
    this.#lastOffer = n;
    this.#pace.heard();
    const carried = this.#takeCarried(offer);
    const facts = {
      id: carried?.id ?? this.#newId(),
      name,
      bytes,
      files,
      isFolder,
      direction: 'received',
    } as const;
    const teller = new TransferTeller(facts, (event) => this.#listener.tell(event));
    const isTooMuch = this.#receivings.size >= MAX_OPEN_OFFERS;
    const complaint = isTooMuch ? `${MAX_OPEN_OFFERS} offers wait for an answer` : offerComplaint(offer);
    const receiving = newReceiving({
      id: facts.id,
      offer,
      teller,
      hidden: hiddenIn(name, Math.min(hidden, MAX_ENTRIES)),
      unreadable:
        // A file that is offered alone has no part that could be left out.
        unreadable === undefined || !isFolder
          ? {}
          : unreadableIn(Math.min(unreadable.files, MAX_ENTRIES), unreadable.named),
    });
    this.#receivings.set(n, receiving);
    if (carried !== undefined && complaint === undefined) {
      // It was offered, and accepted, before.
      receiving.state = 'offered';
      receiving.after = this.#released;
      this.accept(n, carried.folder, carried.keepsHidden);
      return;
    }
    // A listener may answer in this call.
    if (complaint === undefined) {
      this.#listener.onOffer(n, { ...facts, ...receiving.hidden });
    } else {
      this.decline(n, complaint);
    }
    this.#tellOffered(receiving);
  }

  accept(n: number, folder: string, keepsHidden: boolean): void {
    const receiving = this.#receivings.get(n);
    if (receiving === undefined) {
      return;
    }
    this.#tellOffered(receiving);
    if (receiving.state !== 'offered') {
      return;
    }
    receiving.state = 'accepted';
    receiving.folder = resolve(folder);
    receiving.keepsHidden = keepsHidden;
    receiving.teller.say('accepted');
    this.#accepted.push(receiving);
    void this.#work();
  }

  decline(n: number, reason: string): void {
    const receiving = this.#receivings.get(n);
    if (receiving?.state !== 'offered' && receiving?.state !== 'new') {
      return;
    }
    this.#say({ type: 'decline', id: n, reason });
    if (receiving.state === 'offered') {
      this.#end(receiving, 'declined', { by: 'me', ...(reason === '' ? {} : { reason }) });
      return;
    }
    receiving.state = 'over';
    this.#receivings.delete(n);
    this.#pace.declined(receiving, reason);
  }

  declineAll(reason: string): void {
    for (const n of this.#receivings.keys()) {
      this.decline(n, reason);
    }
  }

  cancel(id: string): void {
    const [n, receiving] = [...this.#receivings].find(([, one]) => one.id === id) ?? [];
    if (n === undefined || receiving === undefined) {
      this.#endCarried('cancelled', { by: 'me' }, id);
      return;
    }
    if (receiving.state === 'offered') {
      this.decline(n, '');
      return;
    }
    this.#say({ type: 'stop', id: n, isFailure: false, reason: '' });
    this.#end(receiving, 'cancelled', { by: 'me' });
  }

  cancelAll(): void {
    for (const { id } of [...this.#receivings.values(), ...this.#carried]) {
      this.cancel(id);
    }
  }

  /**
   * Leaves what was accepted and has not arrived to another session. Nothing is told of it here any more. What has come
   * stays on the disk.
   */
  carry(): Pick<CarriedFiles, 'receivings' | 'released'> & { readonly used: number } {
    const carried = [...this.#receivings.values()].filter(
      ({ state }) => state === 'accepted' || state === 'running',
    );
    for (const receiving of carried) {
      receiving.isKept = true;
      receiving.state = 'over';
      this.#receivings.delete(receiving.offer.id);
    }
    const { promise: released, resolve: onRest } = Promise.withResolvers<void>();
    this.#onRest = onRest;
    const receivings = [...carried, ...this.#carried];
    this.#carried = [];
    void this.#work();
    return { receivings, released, used: this.#usedIds };
  }

  /** The peer takes an offer back. */
  withdrawn({ id, isFailure, reason }: Stop): void {
    const receiving = this.#receivings.get(id);
    if (receiving === undefined) {
      return;
    }
    if (isFailure) {
      this.#end(receiving, 'failed', { reason });
    } else {
      this.#end(receiving, 'cancelled', { by: 'peer' });
    }
  }

  /** The peer is gone. What has come is kept for the next time. */
  fail(reason: string): void {
    this.#pace.end();
    for (const receiving of this.#receivings.values()) {
      receiving.isKept = true;
      this.#end(receiving, 'failed', { reason });
    }
    this.#endCarried('failed', { reason });
  }

  /** Takes content, with the number of bytes that it took in the stream. */
  arrived(content: readonly Content[], bytes: number): void {
    this.#content.push(...content);
    this.#bytes += bytes;
    void this.#work();
  }

  #newId(): string {
    this.#usedIds += 1;
    return `r${this.#usedIds}`;
  }

  #takeCarried(offer: Offer): CarriedReceiving | undefined {
    const carried = this.#carried.find((one) => isSameOffer(one.offer, offer));
    this.#carried = this.#carried.filter((one) => one !== carried);
    return carried;
  }

  /** The peer has not offered it again. By default all of them. */
  #endCarried(state: 'failed' | 'cancelled', more: Partial<FileEvent>, id?: string): void {
    const ended = this.#carried.filter((one) => id === undefined || one.id === id);
    this.#carried = this.#carried.filter((one) => !ended.includes(one));
    for (const { id: own, offer } of ended) {
      const { name, bytes, files, isFolder } = offer;
      const facts = { id: own, name, bytes, files, isFolder, direction: 'received' } as const;
      new TransferTeller(facts, (event) => this.#listener.tell(event)).say(state, more);
    }
  }

  #tellOffered(receiving: Receiving): void {
    if (receiving.state !== 'new') {
      return;
    }
    receiving.state = 'offered';
    receiving.teller.say('offered', { ...receiving.hidden, ...receiving.unreadable });
  }

  /** Does one piece of work on the disk after the other. */
  async #work(): Promise<void> {
    this.#isWorkDue = true;
    if (this.#isWorking) {
      return;
    }
    this.#isWorking = true;
    while (this.#isWorkDue) {
      this.#isWorkDue = false;
      const content = this.#content.splice(0);
      const bytes = this.#bytes;
      this.#bytes = 0;
      await this.#dealWith(content);
      if (bytes > 0) {
        this.#stream.consumed(bytes);
      }
      this.#listener.onRoom();
      await this.#turnToNext();
    }
    this.#isWorking = false;
    if (this.isIdle) {
      this.#onRest?.();
      this.#listener.onIdle();
    }
  }

  async #turnToNext(): Promise<void> {
    for (
      let next = this.#accepted[0];
      next !== undefined && next.state !== 'running';
      next = this.#accepted[0]
    ) {
      if (next.state === 'over') {
        // The part that is here is kept only if the peer is gone. Otherwise it is not wanted, or wrong.
        await (next.isKept ? next.partial?.leave() : next.partial?.discard())?.catch(() => undefined);
        this.#accepted.shift();
        this.#isWorkDue = true;
      } else {
        await this.#begin(next);
      }
    }
  }

  async #begin(receiving: Receiving): Promise<void> {
    const { offer, folder, teller, after } = receiving;
    await after;
    let partial: PartialFiles | undefined;
    try {
      const target = await targetFolder(folder);
      partial = await PartialFiles.open(target, receiving);
      const { brought } = partial;
      await expectRoom(target, offer.bytes - brought.bytes - brought.partialBytes);
    } catch (error) {
      receiving.isKept = partial !== undefined && partial.brought.partialBytes + partial.brought.entries > 0;
      const trouble = troubleOf(receiving.offer.name, receiving.folder, error);
      this.#fail(receiving, trouble, error instanceof NoRoom ? error.forPeer : trouble);
    }
    receiving.partial = partial;
    if (partial === undefined || receiving.state !== 'accepted') {
      return;
    }
    const { brought } = partial;
    receiving.state = 'running';
    receiving.order = new IncomingOrder(offer, brought);
    teller.start();
    teller.progress(receiving.order.bytes + brought.partialBytes);
    this.#say({ type: 'accept', id: offer.id, entries: brought.entries, bytes: brought.partialBytes });
  }

  async #dealWith(content: readonly Content[]): Promise<void> {
    let chunks: Uint8Array[] = [];
    for (const [index, message] of content.entries()) {
      const receiving = this.#receivings.get(message.id);
      // Content of a cancelled transfer, which was still under way, or of something that was never offered.
      if (receiving === undefined) {
        continue;
      }
      if (receiving.state !== 'running') {
        this.#fail(receiving, 'data comes before it was asked for');
        continue;
      }
      if (message.type === 'chunk') {
        const complaint = receiving.order?.chunk(message.bytes.length);
        if (complaint !== undefined) {
          this.#fail(receiving, complaint);
          continue;
        }
        chunks.push(message.bytes);
        const following = content[index + 1];
        if (following?.type === 'chunk' && following.id === message.id) {
          continue;
        }
      }
      const gathered = chunks;
      chunks = [];
      try {
        await this.#take(receiving, message, gathered);
      } catch (error) {
        this.#fail(receiving, troubleOf(receiving.offer.name, receiving.folder, error));
      }
    }
  }

  async #take(receiving: Receiving, message: Content, chunks: readonly Uint8Array[]): Promise<void> {
    const { partial, order, teller, offer } = receiving;
    if (partial === undefined || order === undefined) {
      return;
    }
    if (message.type === 'chunk') {
      await partial.write(chunks);
      if (receiving.state === 'running') {
        teller.progress(order.bytes);
      }
      return;
    }
    const complaint = message.type === 'entry' ? order.entry(message) : order[message.type]();
    if (complaint !== undefined) {
      this.#fail(receiving, complaint);
      return;
    }
    if (message.type === 'entry') {
      receiving.path = message.path;
      await partial.begin(message);
    } else if (message.type === 'end') {
      if (!(await partial.end(message.hash))) {
        this.#fail(receiving, 'the bytes that came are not those that were sent');
      }
    } else if (message.type === 'skip') {
      await partial.skip();
      receiving.missing.add(receiving.path, message.reason);
    } else {
      const path = await partial.settle();
      const { unhidden } = partial;
      receiving.partial = undefined;
      if (receiving.state !== 'running') {
        return;
      }
      this.#say({ type: 'done', id: offer.id });
      this.#end(receiving, 'done', {
        done: order.bytes,
        path,
        ...(unhidden > 0 && { unhidden }),
        ...receiving.unreadable,
        ...receiving.missing.fields,
      });
    }
  }

  #fail(receiving: Receiving, reason: string, forPeer = reason): void {
    if (receiving.state === 'over') {
      return;
    }
    this.#say({ type: 'stop', id: receiving.offer.id, isFailure: true, reason: forPeer });
    this.#end(receiving, 'failed', { reason });
  }

  #end(receiving: Receiving, state: FileEvent['state'], more: Partial<FileEvent>): void {
    receiving.state = 'over';
    this.#receivings.delete(receiving.offer.id);
    // The first transfer may have begun. It is removed when its work on the disk is done.
    const turn = this.#accepted.indexOf(receiving);
    if (turn > 0) {
      this.#accepted.splice(turn, 1);
    }
    receiving.teller.say(state, more);
    void this.#work();
  }

  #say(message: FileMessage): void {
    this.#stream.goesOn = false;
    this.#stream.write(encodeFileMessage(message));
  }
}
