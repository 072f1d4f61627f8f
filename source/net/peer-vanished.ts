import { PunchlineError } from '../errors.ts';

/** The joiner came, and went without proving anything: the room may be armed again. */
export class PeerVanished extends PunchlineError {
  constructor(cause: unknown) {
    super('ERR_PEER_LEFT', 'the peer came and left before it had shown that it holds the code', {
      hint: 'Ask your peer to try again, and open a new room.',
      cause,
    });
  }
}
