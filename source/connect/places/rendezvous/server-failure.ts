import { ProtocolError, PunchlineError, type ErrorCode } from '../../../errors.ts';
import type { Server } from '../../../network/endpoint.ts';
import { connectError } from '../../../network/sockets.ts';
import type { MessageOf, ServerMessage } from '../../../protocol/rendezvous-messages.ts';
import { ProtocolBreach, Misunderstood, SentAway, SilentPlace } from '../../place.ts';
import { safeText } from '../../../text/safe-text.ts';

/** A server that says `first` has not seen our first line. One more try may help (design 3.1). */
export class TakenForClassic extends Misunderstood {
  constructor(server: string) {
    super(
      'ERR_RENDEZVOUS_REFUSED',
      `the rendezvous ${server} took us for a program of the old, unencrypted protocol`,
      {
        hint: 'It may be an old server, which knows nothing else. If both of you want that, use --classic.',
      },
    );
  }
}

/** What the user can do about the refusals that we know. The sentence itself is the server's. */
const known: Partial<Record<string, { code: ErrorCode; hint: string }>> = {
  ERR_NO_SUCH_ROOM: {
    code: 'ERR_NO_SUCH_ROOM',
    hint: 'Check the number of the code, and that your peer still waits. A code agreed beforehand takes a number of 1000 or more.',
  },
  ERR_ROOM_TAKEN: {
    code: 'ERR_ROOM_TAKEN',
    hint: 'Two are in that room already. If one of them was you, try again in a minute. Else agree on another number, or open a new room.',
  },
  ERR_PROTOCOL: {
    code: 'ERR_RENDEZVOUS_PROTOCOL',
    hint: 'Its version may be another one than yours: ask whoever runs it.',
  },
  ERR_PEER_LEFT: { code: 'ERR_PEER_LEFT', hint: 'Ask your peer to come again, and use a new code.' },
};

/** A refusal with `again`: the one who waits has lost its line, and comes back to its room by itself. */
const comesBack =
  'Your peer has lost the network, or has ended. While it still waits, the code stays good: try it again in a moment. If your peer has ended, ask it for a new code.';

/** The error that a server's refusal leads to. Its words come from a stranger. */
export function serverError(
  message: MessageOf<ServerMessage, 'error' | 'retry' | 'redirect'>,
  server: string,
): PunchlineError {
  switch (message.t) {
    case 'error': {
      const meaning = known[message.code];
      return new PunchlineError(
        meaning?.code ?? 'ERR_RENDEZVOUS_REFUSED',
        `the rendezvous ${server} says: ${safeText(message.message)}`,
        {
          hint:
            message.again === true
              ? comesBack
              : (meaning?.hint ?? 'Wait a little and try again, or use another rendezvous.'),
        },
      );
    }
    case 'retry':
      return new SentAway(server, message.afterMs);
    case 'redirect':
      return new PunchlineError(
        'ERR_RENDEZVOUS_REFUSED',
        `the rendezvous ${server} sends us to ${safeText(message.server)}`,
        { hint: 'Use that one with --server if you trust it.' },
      );
  }
}

/** The connection to a server has ended too early. */
export function serverGone(server: string, why: string, cause?: unknown): PunchlineError {
  return new PunchlineError('ERR_RENDEZVOUS_CLOSED', `the rendezvous ${server} is gone: ${why}`, {
    hint: 'Try again; if it stays so, ask whoever runs the server.',
    cause,
  });
}

/** The error that a broken connection leads to. What breaks the rules of WebSocket is a ProtocolError. */
export function brokenBy(error: Error, server: string): PunchlineError {
  return error instanceof ProtocolError
    ? incomprehensible(server, error)
    : serverGone(server, connectError(error), error);
}

/** The error that a server's bytes lead to. Throws what is no expected failure. */
export function incomprehensible(server: string, error: unknown): PunchlineError {
  if (error instanceof ProtocolError) {
    return new PunchlineError(
      'ERR_RENDEZVOUS_PROTOCOL',
      `${server} does not speak as a Punchline rendezvous does: ${error.message}`,
      { hint: 'Check the host and the port: something else may be listening there.', cause: error },
    );
  }
  if (error instanceof PunchlineError) {
    return error;
  }
  throw error;
}

/** The server has sent a message that is not due. */
export function outOfTurn({ t }: ServerMessage, server: string): PunchlineError {
  return new ProtocolBreach('ERR_RENDEZVOUS_PROTOCOL', `the rendezvous ${server} said ${t} out of turn`, {
    hint: 'Its version may be another one than yours: ask whoever runs it.',
    cause: new ProtocolError(t),
  });
}

/** The server has to answer, and does not. */
export function silentServer(server: string, answerMs: number): PunchlineError {
  return new SilentPlace(
    'ERR_RENDEZVOUS_PROTOCOL',
    `${server} accepted the connection and then said nothing for ${answerMs / 1000} s`,
    { hint: 'Check the host and the port: something else may be listening there.' },
  );
}

/** A host that was found on the local network does not let us connect. Another error is returned as it is. */
export function unreachableHost(error: unknown, { host, port }: Server): unknown {
  if (!(error instanceof PunchlineError) || error.code !== 'ERR_RENDEZVOUS_UNREACHABLE') {
    return error;
  }
  return new PunchlineError(
    error.code,
    `${host} on the local network has this number, but ${error.message}`,
    {
      hint: `A firewall on that machine may be in the way: it has to let in TCP port ${port}.`,
      cause: error,
    },
  );
}

/** A host that was found on the local network names a peer that is not the host itself. */
export function notItself(host: string): PunchlineError {
  return new ProtocolBreach(
    'ERR_RENDEZVOUS_PROTOCOL',
    `${host} on the local network leads to another address, and not to itself`,
    { hint: 'It is not the program of your peer. Name the place where your peer waits: CODE@HOST.' },
  );
}

/** Several ways have failed. The message tells each of them, and the code and the hint are those of the first. */
export function joinedFailure(failures: readonly unknown[]): unknown {
  const [first] = failures;
  const expected = failures.filter((one) => one instanceof PunchlineError);
  if (failures.length === 1 || !(first instanceof PunchlineError) || expected.length < failures.length) {
    return failures.find((one) => !(one instanceof PunchlineError)) ?? first;
  }
  const { code, hint } = first;
  const messages = new Set(expected.map(({ message }) => message));
  return new PunchlineError(code, [...messages].join('; '), {
    ...(hint !== undefined && { hint }),
    cause: first,
  });
}
