import { ProtocolError, PunchlineError } from '../../../errors.ts';
import { safeText } from '../../../text/safe-text.ts';
import { SilentPlace } from '../../place.ts';
import { httpAnswer, loginHint } from '../rendezvous/stranger.ts';

const checkAddress =
  'Check the address and the path in it, as in wss://HOST/v1, and whether it is wss:// or ws://.';
const anotherPlace = 'Try again later, or meet at another place: see "punchline help chat".';

/** The server says `error`. Its words come from a stranger. */
export function mailboxError(said: string, name: string): PunchlineError {
  // A third side gets it, and then everybody in that mailbox: sides are counted until all have closed it.
  if (said === 'crowded') {
    return new PunchlineError(
      'ERR_ROOM_TAKEN',
      `two others have used that room of the mailbox server ${name} already`,
      {
        hint: 'Somebody mistyped a number, tried yours, or was cut off there a moment ago. Nobody can use that room for some ten minutes: open a new room, or agree on another number.',
      },
    );
  }
  if (said === 'reclaimed') {
    return new PunchlineError('ERR_NO_SUCH_ROOM', `we have left that room of the mailbox server ${name}`, {
      hint: 'Open a new room, and pass its invite on.',
    });
  }
  return new PunchlineError('ERR_RENDEZVOUS_REFUSED', `the mailbox server ${name} says: ${safeText(said)}`, {
    hint: anotherPlace,
  });
}

/** The server lets in only clients that do something first, and we know none of these ways. */
export function permissionRequired(ways: readonly string[], name: string): PunchlineError {
  const named = ways.map((way) => safeText(way)).join(', ');
  return new PunchlineError(
    'ERR_RENDEZVOUS_REFUSED',
    `the mailbox server ${name} wants ${named === '' ? 'a permission' : `a permission (${named})`}, which Punchline cannot get`,
    { hint: 'Meet at another place: see "punchline help chat".' },
  );
}

export function mailboxGone(name: string, why: string, cause?: unknown): PunchlineError {
  return new PunchlineError('ERR_RENDEZVOUS_CLOSED', `the mailbox server ${name} is gone: ${why}`, {
    hint: 'Try again; if it stays so, meet at another place.',
    cause,
  });
}

export function silentMailbox(name: string, answerMs: number): PunchlineError {
  return new SilentPlace(
    'ERR_RENDEZVOUS_PROTOCOL',
    `${name} accepted the connection and then said nothing for ${answerMs / 1000} s`,
    { hint: 'Check the address: something else may be listening there.' },
  );
}

/** The server's bytes break the protocol. Throws what is no expected failure. */
export function notAMailbox(name: string, error: unknown): PunchlineError {
  if (error instanceof ProtocolError) {
    return new PunchlineError(
      'ERR_RENDEZVOUS_PROTOCOL',
      `${name} does not speak as a mailbox server of magic-wormhole does: ${error.message}`,
      { hint: 'Check the address and the path in it, as in wss://HOST/v1.', cause: error },
    );
  }
  if (error instanceof PunchlineError) {
    return error;
  }
  throw error;
}

/** What answers speaks no TLS. */
export function noTls(name: string, cause: Error): PunchlineError {
  return new PunchlineError('ERR_RENDEZVOUS_PROTOCOL', `${name} does not speak TLS`, {
    hint: `${loginHint} Or the server has no TLS: then its address begins with ws://.`,
    cause,
  });
}

/** The server refuses the handshake of TLS, or that of a WebSocket. */
export function noWebSocket(name: string, error: Error): PunchlineError {
  return new PunchlineError(
    'ERR_RENDEZVOUS_PROTOCOL',
    `${name} does not answer as a WebSocket server: ${safeText(error.message)}`,
    { hint: checkAddress, cause: error },
  );
}

/** A web server answers as it does to a browser, and opens no WebSocket. `leadsTo` is its header Location, or empty. */
export function pageForMailbox(name: string, status: number, leadsTo: string): PunchlineError {
  const { what, isPage } = httpAnswer(status, leadsTo);
  return new PunchlineError('ERR_RENDEZVOUS_PROTOCOL', `${what} answers at ${name}, and no mailbox server`, {
    hint: isPage ? `${loginHint} Or the path in the address is wrong: it is often /v1.` : checkAddress,
  });
}
