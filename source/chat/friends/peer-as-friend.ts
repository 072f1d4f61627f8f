import type { Connection } from '../../connect/connection.ts';
import { decodeFriendMessage, encodeFriendMessage } from '../../protocol/friend/friend-message.ts';
import type { FriendKeeper } from './friend-keeper.ts';
import type { FriendEvent } from '../../events.ts';
import type { Friendship } from './friendship.ts';
import { FriendAgreement } from './friend-agreement.ts';

interface PeerAsFriendOptions {
  /** The connection of the present session. */
  readonly connection: () => Connection;
  readonly keeper: FriendKeeper | undefined;
  /** Writes a chat message `friend`. */
  readonly send: (text: string) => void;
  /** The friend that the peer is already. */
  readonly friendship: Friendship | undefined;
  readonly emit: (event: FriendEvent) => void;
}

/** Joins the agreement of two chats to become friends to their messages. */
export class PeerAsFriend {
  readonly #options: PeerAsFriendOptions;
  readonly #agreement: FriendAgreement;

  constructor(options: PeerAsFriendOptions) {
    const { connection, keeper, send, friendship, emit } = options;
    this.#options = options;
    this.#agreement = new FriendAgreement({
      send: (message) => send(encodeFriendMessage(message)),
      key: (own, peer) => connection().friendKey(own, peer),
      keep: async (key, name) => keeper?.keep(key, name) ?? name,
      discard: async (key) => keeper?.discard(key),
      tell: (event) => {
        if (event.state !== 'removed') {
          emit({ event: 'friend', ...event });
        } else if (friendship !== undefined) {
          friendship.removedByPeer();
          emit({ event: 'friend', ...event, name: friendship.name });
        }
      },
    });
  }

  want(name: string): void {
    this.#agreement.want(name);
  }

  /** This user has removed the friend that the peer is. */
  tellRemoved(): void {
    this.#options.send(encodeFriendMessage({ t: 'removed' }));
  }

  /** Throws ProtocolError. */
  heard(text: string): void {
    const message = decodeFriendMessage(text);
    if (message === undefined) {
      return;
    }
    if (this.#options.keeper === undefined && message.t === 'offer') {
      this.#options.send(encodeFriendMessage({ t: 'failed', reason: 'the other side keeps no friends' }));
      return;
    }
    this.#agreement.heard(message);
  }

  end(reason: string): void {
    this.#agreement.end(reason);
  }
}
