import { fileURLToPath } from 'node:url';
import type { FoundHost } from '../../../source/connect/places/local/find-on-link.ts';
import type { Family } from '../../../source/events.ts';
import type { Host } from '../../../source/lab/host.ts';
import { Heard } from '../eventually.ts';
import { useProgram, type ProgramUser } from '../lab/host-program.ts';

/** An order to a neighbour, see link-program.ts. */
export type Order =
  | {
      readonly do: 'announce';
      readonly id: string;
      readonly number: number;
      readonly port: number;
      readonly families: readonly Family[];
      readonly unasked?: boolean;
    }
  | { readonly do: 'find'; readonly number: number; readonly families: readonly Family[] }
  | {
      readonly do: 'say';
      readonly family: Family;
      /** From which it is sent. */
      readonly port: number;
      readonly hex: string;
      readonly times: number;
      /** To one address, instead of the group. */
      readonly to?: string | undefined;
    }
  | { readonly do: 'hear'; readonly family: Family };

export type Told =
  | { readonly found: FoundHost }
  | { readonly heard: string; readonly address: string; readonly port: number }
  | { readonly said: number }
  | { readonly listening: Family }
  | { readonly ended: true };

const both = [4, 6] as const;
const program = fileURLToPath(new URL('link-program.ts', import.meta.url));

/** One that speaks mDNS in a host on a lab's switch. It ends with the lab. */
export class Neighbour {
  readonly #program: ProgramUser<Order>;
  readonly #told = new Heard<Told>();
  #isOver = false;
  #complaints = '';

  constructor(host: Host) {
    this.#program = useProgram<Order>(host, program, {
      onTold: (told) => this.#told.add(told as Told),
      onClose: (complaints) => (this.#complaints = complaints),
    });
  }

  announce(id: string, number: number, port: number, families: readonly Family[] = both): void {
    this.#order({ do: 'announce', id, number, port, families });
  }

  /** Speaks only when it is asked. */
  answer(id: string, number: number, port: number): void {
    this.#order({ do: 'announce', id, number, port, families: both, unasked: false });
  }

  find(number: number, families: readonly Family[] = both): void {
    this.#order({ do: 'find', number, families });
  }

  /** Resolves when the datagram has left. */
  async say(
    datagram: Uint8Array,
    {
      family = 4,
      port = 5353,
      times = 1,
      to,
    }: { family?: Family; port?: number; times?: number; to?: string } = {},
  ): Promise<void> {
    const before = this.#said;
    this.#order({ do: 'say', family, port, hex: Buffer.from(datagram).toString('hex'), times, to });
    await this.first((told) => ('said' in told && this.#said > before ? told : undefined));
  }

  /** Resolves when it listens to all that is sent to the group. */
  async hear(family: Family = 4): Promise<void> {
    this.#order({ do: 'hear', family });
    await this.first((told) => ('listening' in told && told.listening === family ? told : undefined));
  }

  /** The hosts that it has found so far. */
  get found(): readonly FoundHost[] {
    return this.#told.all.flatMap((told) => ('found' in told ? [told.found] : []));
  }

  /** What it has heard so far, from whom. */
  get heard(): readonly { readonly datagram: Uint8Array; readonly address: string }[] {
    return this.#told.all.flatMap((told) =>
      'heard' in told ? [{ datagram: Buffer.from(told.heard, 'hex'), address: told.address }] : [],
    );
  }

  async host(id: string): Promise<FoundHost> {
    return this.first((told) => ('found' in told && told.found.id === id ? told.found : undefined));
  }

  /** Resolves with the first value that is found in what it tells, past or to come. */
  async first<Value>(find: (told: Told) => Value | undefined): Promise<Value> {
    const told = await this.#told
      .first((one) => find(one) !== undefined)
      .catch((error: unknown) => {
        throw new Error(`${String(error)}\n${this.#complaints}`, { cause: error });
      });
    return find(told)!;
  }

  /** Ends what it does. Resolves when nothing of it is left. */
  async end(): Promise<void> {
    if (!this.#isOver) {
      this.#isOver = true;
      this.#program.end();
    }
    await this.first((told) => ('ended' in told ? told : undefined));
  }

  get #said(): number {
    return this.#told.all.filter((told) => 'said' in told).length;
  }

  #order(order: Order): void {
    this.#program.order(order);
  }
}
