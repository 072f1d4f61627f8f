import { firstOwnNumber, type JoinMessage } from '../core/rendezvous-messages.ts';
import { Allowance } from '../core/allowance.ts';
import type { Admission, ShareKey } from './admission.ts';
import type { Limits } from './limits.ts';
import type { SeatEvent } from './matchmaker.ts';
import type { Refusal } from './refusal.ts';

/** What one connection uses of the shares of its address. */
export class Visit {
  readonly #admission: Admission;
  readonly #key: ShareKey;
  readonly #limits: Limits;
  /** A match in which the peer has not yet answered: it does so only to who has proven the code (design 3.2). */
  #unproven: NodeJS.Timeout | undefined;
  readonly #lines: Allowance;
  #hasOpened = false;

  constructor(admission: Admission, address: string, limits: Limits) {
    this.#lines = new Allowance(limits.lineBurst, limits.lineEveryMs);
    this.#admission = admission;
    this.#key = admission.keyOf(address);
    this.#limits = limits;
  }

  /** A line was read: how long it is before the next one may be. */
  restMs(): number {
    const now = performance.now();
    const { lineRestMs, addressLineRestMs } = this.#limits;
    if (!this.#admission.takeLine(this.#key, now)) return addressLineRestMs;
    return this.#lines.take(now) ? 0 : lineRestMs;
  }

  async open(): Promise<Refusal | undefined> {
    this.#hasOpened = true;
    return this.#admission.open(this.#key);
  }

  async join({ number, token }: Pick<JoinMessage, 'number' | 'token'>): Promise<Refusal | undefined> {
    const hasToken = token !== undefined;
    const isOwner = hasToken || this.#hasOpened;
    const mayMiss = !isOwner && number < firstOwnNumber;
    // The room that it comes back to may have to be made again.
    const refused = hasToken && !this.#hasOpened ? await this.#admission.open(this.#key) : undefined;
    return refused ?? this.#admission.join(this.#key, { mayMiss, mayBurn: !isOwner });
  }

  /** Into the room of a session: whoever can name it has proven what there is to prove. */
  resume(): Promise<Refusal | undefined> {
    return this.#admission.join(this.#key, { mayMiss: false, mayBurn: false });
  }

  saw(event: SeatEvent): void {
    if (event.kind === 'refused' && event.code === 'ERR_NO_SUCH_ROOM') {
      void this.#admission.missed(this.#key);
    }
    // The rooms of sessions have no shares, and nothing to burn.
    if (event.kind === 'matched' && event.role === 'a' && event.peer.share !== undefined) {
      this.end();
      this.#unproven = setTimeout(() => this.end(), this.#limits.proofMs);
    }
    if (event.kind === 'message' && event.message.t === 'candidate') {
      clearTimeout(this.#unproven);
      this.#unproven = undefined;
    }
  }

  /** Whoever ends a match without an answer of the peer has spent the peer's room. */
  end(): void {
    if (this.#unproven === undefined) return;
    clearTimeout(this.#unproven);
    this.#unproven = undefined;
    void this.#admission.burnt(this.#key);
  }
}
