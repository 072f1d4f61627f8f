import { randomBytes } from 'node:crypto';
import { createShare } from '../../../source/connect/keys/cpace.ts';
import { associatedData, channelId, deriveKeys, type Keys } from '../../../source/connect/keys/keys.ts';
import { createSealer } from '../../../source/connect/keys/seal.ts';
import { encodeSealedMessage, type HelloMessage } from '../../../source/protocol/sealed-messages.ts';
import type { Role } from '../../../source/events.ts';

function base64url(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64url');
}

interface Public {
  readonly share: string;
  readonly nonce: string;
}

export interface Impostor extends Public {
  /** The keys of the exchange with that peer, for an impostor that plays this role. */
  keysWith(peer: { readonly share?: string | undefined; readonly nonce: string }, role: Role): Keys;
}

/** An impostor that plays a peer in room `number`. It does the exchange correctly, with these words. */
export function impostor(number: number, words: string): Impostor {
  const nonce = randomBytes(16);
  const own = createShare({
    password: words,
    channelId,
    sessionId: String(number),
    random: randomBytes(64),
  });
  return {
    share: base64url(own.share),
    nonce: base64url(nonce),
    keysWith({ share = '', nonce: theirs }, role) {
      const peerShare = Buffer.from(share, 'base64url');
      const isk = own.finish({
        ownAssociatedData: associatedData({ nonce }),
        peerShare,
        peerAssociatedData: associatedData({ nonce: Buffer.from(theirs, 'base64url') }),
      });
      const [shareA, shareB] = role === 'a' ? [own.share, peerShare] : [peerShare, own.share];
      return deriveKeys({ isk, shareA, shareB });
    },
  };
}

const hello: HelloMessage = { t: 'hello', mode: 'chat', hosts: [], name: 'Mallory' };

/** The first seal of a peer with these keys. */
export function sealedHello(keys: Keys, role: Role, fields: Partial<HelloMessage> = {}): string {
  return base64url(
    createSealer(role === 'a' ? keys.signalA : keys.signalB).seal(
      encodeSealedMessage({ ...hello, ...fields }),
    ),
  );
}
