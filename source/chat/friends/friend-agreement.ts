import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { FriendEvent } from '../../events.ts';
import type { FriendKey } from '../../connect/connect-options.ts';
import { friendProof } from '../../connect/keys/friend-keys.ts';
import { NONCE_BYTES } from '../../connect/keys/keys.ts';
import { toPunchlineError } from '../../network/to-punchline-error.ts';
import type { FriendMessage } from '../../protocol/friend/friend-message.ts';
import { safeText } from '../../text/safe-text.ts';

/** A peer may change its mind, but not flood the faces. */
const MAX_OFFERS = 8;

/** What the chat does for it. */
export interface AgreementHost {
  readonly send: (message: FriendMessage) => void;
  /** See Connection.friendKey(). */
  readonly key: (own: Uint8Array, peer: Uint8Array) => Promise<FriendKey | undefined>;
  /** Stores the friend, and resolves with the name under which it is kept. Rejects with ERR_FILE. */
  readonly keep: (key: FriendKey, name: string) => Promise<string>;
  /** Removes what `keep` has stored. */
  readonly discard: (key: FriendKey) => Promise<void>;
  readonly tell: (event: Omit<FriendEvent, 'event'>) => void;
}

/**
 * How two chats become friends. Each tells the other a nonce, and both derive the secret. Each stores it only after the
 * other has proven that it has the same, so that nobody keeps a friend who cannot be met.
 */
export class FriendAgreement {
  readonly #host: AgreementHost;
  #own: Uint8Array | undefined;
  #peer: Uint8Array | undefined;
  #name = '';
  #key: Promise<FriendKey | undefined> | undefined;
  #stored: { readonly key: FriendKey; readonly name: string } | undefined;
  #hasPeerKept = false;
  #offers = 0;

  constructor(host: AgreementHost) {
    this.#host = host;
  }

  /** This user wants to keep the peer under this name. */
  want(name: string): void {
    this.#name = name;
    if (this.#own !== undefined) {
      return;
    }
    this.#own = randomBytes(NONCE_BYTES);
    this.#host.send({ t: 'offer', nonce: base64url(this.#own) });
    if (this.#peer === undefined) {
      this.#host.tell({ state: 'asked', name });
    }
    this.#agree();
  }

  /** The peer has said something about it. */
  heard(message: FriendMessage): void {
    switch (message.t) {
      case 'offer':
        if (this.#peer === undefined && this.#offers < MAX_OFFERS) {
          this.#offers += 1;
          this.#peer = Buffer.from(message.nonce, 'base64url');
          if (this.#own === undefined) {
            this.#host.tell({ state: 'offered' });
          }
          this.#agree();
        }
        return;
      case 'proof':
        void this.#verify(Buffer.from(message.proof, 'base64url'));
        return;
      case 'kept':
        this.#hasPeerKept = this.#key !== undefined;
        this.#finish();
        return;
      case 'failed':
        if (this.#own !== undefined) {
          void this.#fail(safeText(message.reason ?? 'the peer gives no reason'));
        }
        return;
      case 'removed':
        this.#host.tell({ state: 'removed', by: 'peer' });
        return;
    }
  }

  /** The session is over, or the peer has lost it. */
  end(reason: string): void {
    if (this.#own === undefined) {
      return;
    }
    // The peer has proven that it has the secret, and may have stored it.
    const { name } = this.#stored ?? {};
    this.#reset();
    this.#host.tell({ state: 'failed', reason, ...(name !== undefined && { name }) });
  }

  #agree(): void {
    const [own, peer] = [this.#own, this.#peer];
    if (own === undefined || peer === undefined || this.#key !== undefined) {
      return;
    }
    const deriving = this.#host.key(own, peer);
    this.#key = deriving;
    void deriving.then((key) => {
      if (key !== undefined && this.#key === deriving) {
        this.#host.send({ t: 'proof', proof: base64url(friendProof(key.secret, key.role)) });
      }
    });
  }

  async #verify(proof: Uint8Array): Promise<void> {
    const deriving = this.#key;
    const key = await deriving;
    if (key === undefined || this.#key !== deriving || this.#stored !== undefined) {
      return;
    }
    const theirs = friendProof(key.secret, key.role === 'a' ? 'b' : 'a');
    if (!timingSafeEqual(proof, theirs)) {
      this.#host.send({ t: 'failed', reason: 'the proof does not fit' });
      await this.#fail('the peer has another secret');
      return;
    }
    try {
      const name = await this.#host.keep(key, this.#name);
      if (this.#key !== deriving) {
        await this.#host.discard(key);
        return;
      }
      this.#stored = { key, name };
    } catch (error) {
      // The peer learns no path of this machine.
      this.#host.send({ t: 'failed', reason: 'the other side could not store it' });
      await this.#fail(toPunchlineError(error).message);
      return;
    }
    this.#host.send({ t: 'kept' });
    this.#finish();
  }

  #finish(): void {
    if (this.#stored === undefined || !this.#hasPeerKept) {
      return;
    }
    const { name } = this.#stored;
    this.#reset();
    this.#host.tell({ state: 'kept', name });
  }

  async #fail(reason: string): Promise<void> {
    const stored = this.#stored;
    this.#reset();
    if (stored !== undefined) {
      await this.#host.discard(stored.key).catch(() => undefined);
    }
    this.#host.tell({ state: 'failed', reason });
  }

  #reset(): void {
    this.#own = undefined;
    this.#peer = undefined;
    this.#key = undefined;
    this.#stored = undefined;
    this.#hasPeerKept = false;
  }
}

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}
