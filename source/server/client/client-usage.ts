import { FIRST_OWN_NUMBER, type JoinMessage } from '../../protocol/rendezvous-messages.ts';
import { TokenBucket } from '../../network/token-bucket.ts';
import type { Admission, JoinCharges } from '../admission/admission.ts';
import type { Charge } from '../admission/charges.ts';
import type { Limits } from '../limits.ts';
import type { SeatEvent } from '../rooms/matchmaker.ts';
import type { Refusal } from '../admission/refusal.ts';
import type { Shares } from '../admission/shares.ts';

type Joining = Pick<JoinMessage, 'number' | 'client' | 'token'>;

const nothing: JoinCharges = { miss: undefined, burn: undefined };

/** What one connection uses of the shares of its address. */
export class ClientUsage {
  readonly shares: Shares;
  readonly #admission: Admission;
  readonly #limits: Limits;
  readonly #lines: TokenBucket;
  /** Who has opened a room here, and its number as long as it is certain to be this one's. */
  #opener: string | undefined;
  #ownNumber: number | undefined;
  /** Of a join that has no answer yet. One that is followed by another before that, or left, keeps its charges. */
  #joining = nothing;
  /** Of a match in which the peer has not yet answered: it does so only to who has proven the code (design 3.2). */
  #unproven: Charge | undefined;

  constructor(admission: Admission, address: string, limits: Limits) {
    this.#lines = new TokenBucket(limits.lineBurst, limits.lineEveryMs);
    this.#admission = admission;
    this.shares = admission.sharesOf(address);
    this.#limits = limits;
  }

  /** Its line is short, and what it asks for is not. */
  dialBack(): void {
    this.restMs(this.#limits.dialBackLines);
  }

  /** What counts as so many lines was read: how long it is before more may be. 0 only asks. */
  restMs(lines: number): number {
    const now = performance.now();
    const { addressLineRestMs, lineRestMs } = this.#limits;
    const addressOwesNothing = this.#admission.chargeLines(this.shares, now, lines);
    const owesNothing = this.#lines.charge(now, lines) === 0;
    if (!addressOwesNothing) {
      return addressLineRestMs;
    }
    return owesNothing ? 0 : lineRestMs;
  }

  /** The numbers that it may have are the matchmaker's to count. */
  open(client: string): void {
    this.#opener = client;
  }

  async join(join: Joining): Promise<Refusal | undefined> {
    const { number, token } = join;
    const isOpener = this.#opens(join);
    this.#moveOn();
    if (isOpener) {
      this.#ownNumber = number;
    }
    // A token leads into its own room or into none: as a guest one comes without.
    const isOwner = token !== undefined || isOpener;
    const mayMiss = !isOwner && number < FIRST_OWN_NUMBER;
    const admitted = await this.#admission.join(this.shares, { mayMiss, mayBurn: !isOwner });
    if ('reason' in admitted) {
      return admitted;
    }
    this.#joining = admitted;
    return undefined;
  }

  /** Into the room of a session: whoever can name it has proven what there is to prove. */
  async resume(): Promise<Refusal | undefined> {
    this.#moveOn();
    const admitted = await this.#admission.join(this.shares, { mayMiss: false, mayBurn: false });
    return 'reason' in admitted ? admitted : undefined;
  }

  /** With that word its room has ended. */
  done(): void {
    this.#ownNumber = undefined;
  }

  saw(event: SeatEvent): void {
    switch (event.kind) {
      case 'opened':
        this.#ownNumber = event.number;
        break;
      case 'waiting':
        this.#answered({ hasMissed: false, hasBurnt: false });
        break;
      case 'matched':
        this.#matched(event);
        break;
      case 'refused':
        this.#refused(event.code);
        break;
      case 'message':
        if (event.message.t === 'candidate' && event.message.unopened !== true) {
          this.#unproven?.giveBack();
        }
        break;
      case 'retry':
        break;
    }
  }

  #opens({ number, client }: Joining): boolean {
    return number === this.#ownNumber && client === this.#opener;
  }

  /** To another room: what was charged for the last one stays so. */
  #moveOn(): void {
    this.#ownNumber = undefined;
    this.#joining = nothing;
    this.#unproven = undefined;
  }

  #matched({ role, peer }: Extract<SeatEvent, { kind: 'matched' }>): void {
    // The rooms of sessions have no shares, and nothing to burn.
    const isGuest = role === 'a' && peer.share !== undefined;
    const { burn } = this.#joining;
    this.#answered({ hasMissed: false, hasBurnt: isGuest });
    // Whatever the join has looked like.
    this.#unproven = isGuest ? (burn ?? this.#admission.burnt(this.shares)) : undefined;
  }

  #refused(code: string): void {
    const hasMissed = code === 'ERR_NO_SUCH_ROOM';
    if (hasMissed && this.#joining.miss === undefined) {
      this.#admission.missed(this.shares);
    }
    // Of any other end it is not known whether it came before a match.
    this.#answered({ hasMissed, hasBurnt: !hasMissed && code !== 'ERR_ROOM_TAKEN' });
  }

  #answered({ hasMissed, hasBurnt }: { readonly hasMissed: boolean; readonly hasBurnt: boolean }): void {
    const { miss, burn } = this.#joining;
    this.#joining = nothing;
    if (!hasMissed) {
      miss?.giveBack();
    }
    if (!hasBurnt) {
      burn?.giveBack();
    }
  }
}
