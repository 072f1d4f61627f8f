import type { Socket } from 'node:net';
import { ProtocolError, PunchlineError } from '../errors.ts';
import type { Endpoint } from '../events.ts';
import { createClassicDecoder, parseClassicGreeting, type ClassicGreeting } from '../protocol/classic.ts';
import { mappedRefusal } from '../connect/punch/plan/dialable.ts';
import { formatEndpoint } from '../network/endpoint.ts';
import { connectError, localEndpoint, remoteEndpoint } from '../network/sockets.ts';

/** Bounds the wait for the first greeting. Our own server takes a client for classic after a second of silence. */
const FIRST_WORD_TIMEOUT_MS = 10_000;

export interface ClassicPairing {
  /** Whether we came first. The first dials, and the second listens. */
  readonly first: boolean;
  /** Undefined for the second arrival if the server named no address that may be dialled. */
  readonly peer: Endpoint | undefined;
}

export interface ReadGreetingOptions {
  readonly server: string;
  readonly waitMs: number | undefined;
  readonly signal: AbortSignal;
  /** Called when the server says that we are the first, and have to wait. */
  readonly onFirst: () => void;
}

/** The two ends of our connection to the server. */
interface ServerConnection {
  readonly server: Endpoint;
  readonly own: Endpoint;
}

/**
 * Reads the greetings of a classic server until one names the peer. Throws
 * ERR_RENDEZVOUS_PROTOCOL, ERR_RENDEZVOUS_CLOSED or ERR_WAIT_EXPIRED.
 */
export function readGreeting(socket: Socket, options: ReadGreetingOptions): Promise<ClassicPairing> {
  const { server, signal, waitMs } = options;
  const decoder = createClassicDecoder({ maxBytes: 1024 });
  const connection: ServerConnection = { server: remoteEndpoint(socket), own: localEndpoint(socket) };
  return new Promise((resolve, reject) => {
    let first = false;
    let isOver = false;
    function finish() {
      isOver = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.off('data', onData);
      socket.off('error', onError);
      socket.off('close', onClose);
      socket.on('error', () => socket.destroy());
    }
    function fail(error: unknown) {
      finish();
      reject(error);
    }
    function onAbort() {
      return fail(signal.reason);
    }
    let timer = setTimeout(() => fail(silent(server)), FIRST_WORD_TIMEOUT_MS);

    function onGreeting(greeting: ClassicGreeting) {
      if (greeting.kind !== 'first') {
        const pairing = pairingOf(greeting, first, connection);
        finish();
        resolve(pairing);
        return;
      }
      if (first) {
        throw new ProtocolError('the server said first twice');
      }
      first = true;
      clearTimeout(timer);
      if (waitMs !== undefined) {
        timer = setTimeout(() => fail(nobody(waitMs)), waitMs);
      }
      options.onFirst();
    }
    function onData(chunk: Uint8Array) {
      try {
        for (const text of decoder.push(chunk)) {
          // Nothing is expected after the peer's endpoint.
          if (isOver) {
            return;
          }
          onGreeting(parseClassicGreeting(text));
        }
      } catch (error) {
        if (!(error instanceof ProtocolError)) {
          throw error;
        }
        fail(notClassic(server, error));
      }
    }
    function onError(error: Error) {
      return fail(closed(server, connectError(error)));
    }
    function onClose() {
      return fail(closed(server, 'it closed the connection before it named a peer'));
    }
    socket.on('data', onData);
    socket.on('error', onError);
    socket.on('close', onClose);
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) {
      onAbort();
    }
  });
}

/** Returns the pairing that this greeting completes. Throws ProtocolError if it contradicts the one before. */
function pairingOf(
  greeting: Exclude<ClassicGreeting, { readonly kind: 'first' }>,
  first: boolean,
  connection: ServerConnection,
): ClassicPairing {
  if ((greeting.kind === 'peer') !== first) {
    throw new ProtocolError('the server mixed up first and second');
  }
  const { peer } = greeting;
  const refusal = peer && mappedRefusal(peer, connection);
  if (peer === undefined || refusal === undefined) {
    return { first, peer };
  }
  // The first has nothing else to dial. The second can still be dialled, and old servers often name no endpoint for it.
  if (first) {
    throw new ProtocolError(`it says that the peer is at ${formatEndpoint(peer)}, which is ${refusal}`);
  }
  return { first, peer: undefined };
}

function notClassic(server: string, error: ProtocolError): PunchlineError {
  return new PunchlineError(
    'ERR_RENDEZVOUS_PROTOCOL',
    `${server} does not speak the classic protocol: ${error.message}`,
    { hint: 'Check the host and the port: something else may be listening there.', cause: error },
  );
}

function silent(server: string): PunchlineError {
  return new PunchlineError(
    'ERR_RENDEZVOUS_PROTOCOL',
    `${server} accepted the connection and then said nothing for ${FIRST_WORD_TIMEOUT_MS / 1000} s`,
    { hint: 'Check the host and the port: something else may be listening there.' },
  );
}

function nobody(waitMs: number): PunchlineError {
  return new PunchlineError('ERR_WAIT_EXPIRED', `nobody came within ${waitMs / 60_000} min`, {
    hint: 'Agree on a time with your peer, or wait longer with --wait.',
  });
}

function closed(server: string, why: string): PunchlineError {
  return new PunchlineError('ERR_RENDEZVOUS_CLOSED', `the rendezvous ${server} is gone: ${why}`, {
    hint: 'Try again; if it stays so, ask whoever runs the server.',
  });
}
