import { PunchlineError } from '../../errors.ts';
import type { Endpoint, Role } from '../../events.ts';
import type { Guess } from '../keys/guess.ts';
import type { Keys } from '../keys/keys.ts';
import { safeName } from '../../text/safe-text.ts';
import type { MeetingContext } from '../meeting-context.ts';
import type { Match, RoundStart, SeenEndpoint, Visit } from '../place.ts';
import { createOpener, createSealer, type Sealer } from '../keys/seal.ts';
import {
  decodeSealedMessage,
  encodeSealedMessage,
  type ForwardedMessage,
  type HelloMessage,
  type ObservedMessage,
  type SealedMessage,
} from '../../protocol/sealed-messages.ts';

/** Bounds the wait for the peer to ask for the next round, too. */
const ROUND_TIMEOUT_MS = 5000;

/** A peer learns more of its NAT by a late probe, and by a second address. More is no news, and not taken. */
const MAX_OBSERVED = 4;

const unagreed: RoundStart = { startInMs: 0 };

export function wrongCode(cause?: unknown): PunchlineError {
  return new PunchlineError('ERR_WRONG_CODE', 'the peer does not hold the same code', {
    hint: 'One of you mistyped a word, or a stranger guessed the number: open a new room and use its new code.',
    cause,
  });
}

export interface SignallingOptions {
  readonly visit: Visit;
  readonly role: Role;
  readonly keys: Keys;
  readonly guess: Guess;
  readonly hello: HelloMessage;
  /** The peer's router maps a port. It comes after the peer's hello, and may come late. */
  readonly onForwarded: (forwarded: ForwardedMessage) => void;
  /** A later probe of the peer has shown more of its NAT. */
  readonly onObserved: () => void;
  readonly signal: AbortSignal;
}

interface HelloInputs {
  readonly context: Pick<MeetingContext, 'mode' | 'task' | 'session' | 'name' | 'spray' | 'relay' | 'place'>;
  readonly match: Pick<Match, 'mapped' | 'isTold' | 'isSealed'>;
  readonly sprays: { readonly bursts: number; readonly fans: number } | undefined;
}

/** What we say of ourselves. Without `sprays` there are none. */
export function helloOf(
  { context, match, sprays = { bursts: 0, fans: 0 } }: HelloInputs,
  hosts: readonly Endpoint[],
): HelloMessage {
  return {
    t: 'hello',
    mode: context.mode,
    ...(context.task !== undefined && { task: context.task }),
    hosts: [...hosts],
    ...(match.mapped !== undefined && {
      observed: observedOf(match.mapped, match.isTold),
      ...(match.isSealed === true && { mapped: { address: match.mapped.address, port: match.mapped.port } }),
    }),
    spray: context.spray !== undefined,
    ...sprays,
    relay: context.relay,
    ...(context.place.kind === 'here' && { here: true }),
    ...(context.session !== undefined && { session: context.session }),
    files: true,
    skips: true,
    ...(context.mode === 'chat' && context.task === undefined && { friends: true }),
    // The peer refuses a longer name.
    ...(context.name === undefined ? {} : { name: safeName(context.name) }),
  };
}

/** With a probe port two STUN servers have named the address. A place that has seen it names it to the peer itself. */
function observedOf({ address, port, probePort, addressPort }: SeenEndpoint, isTold: true | undefined) {
  return {
    port,
    ...(probePort !== undefined && { probePort }),
    ...(addressPort !== undefined && { addressPort }),
    ...(probePort !== undefined && isTold === true && { address }),
  };
}

/**
 * What two matched peers say to each other through the place while they punch:
 * sealed messages, and requests for rounds. `a` seals first, at once. A seal that
 * does not open means another code. Nothing else that is said here ends a meeting.
 */
export class Signalling {
  /**
   * The peer's hello. Rejects with ERR_WRONG_CODE if a seal of the peer does not open, or with what the place says
   * if it ends the visit before that.
   */
  readonly hello: Promise<HelloMessage>;
  readonly #options: SignallingOptions;
  readonly #sealer: Sealer;
  #peerObserved: ObservedMessage | undefined;
  readonly #starts = new Map<number, (start: RoundStart) => void>();
  #over = false;
  #greeting: HelloMessage | undefined;
  #peerGone: 'left' | 'silent' | undefined;

  constructor(options: SignallingOptions) {
    this.#options = options;
    const { role, keys } = options;
    this.#sealer = createSealer(role === 'a' ? keys.signalA : keys.signalB);
    const opener = createOpener(role === 'a' ? keys.signalB : keys.signalA);
    const sealHello = () => this.#seal(options.hello);
    if (role === 'a') {
      sealHello();
    }
    this.hello = new Promise((resolve, reject) => {
      let isRefused = false;
      let observed = 0;
      const open = (sealed: Uint8Array) => {
        let plaintext: Uint8Array;
        try {
          plaintext = opener.open(sealed);
        } catch (cause) {
          // Only the first one counts, and none after the peer's hello: a place may send anything after it.
          if (isRefused || this.#greeting !== undefined) {
            return;
          }
          isRefused = true;
          // Our guess is spent. The peer learns it by a seal of ours, which it cannot open either.
          if (role === 'b') {
            this.#seal(options.hello, { unopened: true });
          }
          reject(wrongCode(cause));
          return;
        }
        const message = decodeSealedMessage(plaintext);
        if (message === undefined) {
          return;
        }
        if (message.t === 'observed') {
          observed += 1;
          if (observed <= MAX_OBSERVED) {
            this.#peerObserved = message;
            options.onObserved();
          }
          return;
        }
        if (message.t === 'forwarded') {
          if (this.#greeting !== undefined) {
            options.onForwarded(message);
          }
          return;
        }
        // Only the first hello counts, and is answered.
        if (this.#greeting !== undefined) {
          return;
        }
        if (role === 'b') {
          sealHello();
        }
        this.#greeting = message;
        resolve(message);
      };
      this.#listen(open).catch((error: unknown) => {
        this.#over = true;
        if (error instanceof PunchlineError && error.code === 'ERR_PEER_LEFT') {
          this.#peerGone = 'left';
        }
        for (const start of this.#starts.values()) {
          start(unagreed);
        }
        reject(error);
      });
    });
    // Where nobody waits for the hello, another failure ends the meeting.
    this.hello.catch(() => undefined);
  }

  /** The peer's hello, if it has come. */
  get greeting(): HelloMessage | undefined {
    return this.#greeting;
  }

  /** `left` if the peer has left the room; `silent` if it has not asked for the last round. */
  get peerGone(): 'left' | 'silent' | undefined {
    return this.#peerGone;
  }

  /** What a late probe of the peer has shown, if the peer has told us. */
  get peerObserved(): ObservedMessage | undefined {
    return this.#peerObserved;
  }

  /**
   * Tells the peer what we have learnt since our hello. The first seal of `b` is an answer, so `b` waits for the hello.
   * Resolves when it is on its way, or never will be.
   */
  async tell(message: ForwardedMessage | ObservedMessage): Promise<void> {
    if (this.#options.role === 'b') {
      try {
        await this.hello;
      } catch {
        return;
      }
    }
    this.#seal(message);
  }

  /**
   * Agrees with the peer on when round `n` begins. If the place is gone or the
   * peer says nothing, the round begins at once. `probeToken` names a probe that
   * is on its way for this round.
   */
  async nextStart(n: number, probeToken: string | undefined): Promise<RoundStart> {
    const { visit, signal } = this.#options;
    if (this.#over || signal.aborted) {
      return unagreed;
    }
    return new Promise((resolve) => {
      const start = (agreed: RoundStart) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        this.#starts.delete(n);
        resolve(agreed);
      };
      function onAbort() {
        return start(unagreed);
      }
      const timer = setTimeout(() => {
        this.#peerGone = 'silent';
        start(unagreed);
      }, ROUND_TIMEOUT_MS);
      signal.addEventListener('abort', onAbort);
      this.#starts.set(n, start);
      visit.send({ t: 'round', n, probeToken });
    });
  }

  /** `unopened` tells the place that the peer's seal does not open: the peer has guessed. */
  #seal(message: SealedMessage, answer: { readonly unopened?: true } = {}): void {
    const { visit, guess } = this.#options;
    guess.spend();
    visit.send({ t: 'seal', sealed: this.#sealer.seal(encodeSealedMessage(message)), ...answer });
  }

  async #listen(open: (sealed: Uint8Array) => void): Promise<void> {
    const { visit, signal } = this.#options;
    for (;;) {
      const message = await visit.receive(signal);
      if (message.t === 'seal') {
        open(message.sealed);
      } else {
        this.#peerGone = undefined;
        this.#starts.get(message.n)?.(message);
      }
    }
  }
}
