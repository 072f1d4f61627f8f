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

/** Counts what one connection uses of the shares of its address. */
export class ClientUsage {
  readonly shares: Shares;
  readonly #admission: Admission;
  readonly #limits: Limits;
  readonly #lines: TokenBucket;
  /** The client that has opened a room here, and the room's number as long as it surely belongs to this client. */
  #opener: string | undefined;
  #ownNumber: number | undefined;
  /** The charges of a join without an answer. A join that is followed by another or by a close keeps its charges. */
  #joining = nothing;
  /** The charge of a match that the peer has not answered. It answers only a client that has proven the code (design 3.2). */
  #unproven: Charge | undefined;

  constructor(admission: Admission, address: string, limits: Limits) {
    this.#lines = new TokenBucket(limits.lineBurst, limits.lineEveryMs);
    this.#admission = admission;
    this.shares = admission.sharesOf(address);
    this.#limits = limits;
  }

  /** Charges more for a dial back, because its short line asks for much work. */
  dialBack(): void {
    this.restMs(this.#limits.dialBackLines);
  }

  /** Charges for this many lines. Returns in how many ms more may be read. With 0 lines it only asks. */
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

  /** The matchmaker counts the numbers that an address has. */
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
    // A token leads only into its own room; a guest has none.
    const isOwner = token !== undefined || isOpener;
    const mayMiss = !isOwner && number < FIRST_OWN_NUMBER;
    const admitted = await this.#admission.join(this.shares, { mayMiss, mayBurn: !isOwner });
    if ('reason' in admitted) {
      return admitted;
    }
    this.#joining = admitted;
    return undefined;
  }

  /** A join to the room of a session burns nothing: a client that can name it has proven enough. */
  async resume(): Promise<Refusal | undefined> {
    this.#moveOn();
    const admitted = await this.#admission.join(this.shares, { mayMiss: false, mayBurn: false });
    return 'reason' in admitted ? admitted : undefined;
  }

  /** `done` ends the client's room. */
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

  /** Before another room: the charges for the last one stay. */
  #moveOn(): void {
    this.#ownNumber = undefined;
    this.#joining = nothing;
    this.#unproven = undefined;
  }

  #matched({ role, peer }: Extract<SeatEvent, { kind: 'matched' }>): void {
    // Only in the room of a code does the peer have a key share. The room of a session has nothing to burn.
    const isGuest = role === 'a' && peer.share !== undefined;
    const { burn } = this.#joining;
    this.#answered({ hasMissed: false, hasBurnt: isGuest });
    // A guest burns a room even if its join was not charged in advance.
    this.#unproven = isGuest ? (burn ?? this.#admission.burnt(this.shares)) : undefined;
  }

  #refused(code: string): void {
    const hasMissed = code === 'ERR_NO_SUCH_ROOM';
    if (hasMissed && this.#joining.miss === undefined) {
      this.#admission.missed(this.shares);
    }
    // For any other code, we do not know whether there was a match before.
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
