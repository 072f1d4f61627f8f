import { hkdfSync, randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { PunchlineError } from '../../../errors.ts';
import type { Family } from '../../../events.ts';
import { formatEndpoint, type Server } from '../../../network/endpoint.ts';
import type { Proxy } from '../../../network/proxy/proxy.ts';
import { connectError, releaseSocket } from '../../../network/sockets.ts';
import { safeText } from '../../../text/safe-text.ts';
import { lengthValue } from '../../keys/keys.ts';
import { dialServer } from '../rendezvous/dial-server.ts';

/** The port of the transit relay of magic-wormhole. */
export const TRANSIT_PORT = 4001;

const TOKEN_BYTES = 32;
const SIDE_BYTES = 8;
/** What a relay says instead of `ok` is shorter: `bad handshake`, `impatient`. */
const MAX_ANSWER_BYTES = 64;
const LINE_FEED = 0x0a;

/**
 * Brings the two connections of one try together. It follows from what the mailbox server has seen, too: whoever takes
 * our peer's place at the relay finds TLS with a key that follows from the code, and has prevented one relay.
 */
export function transitToken(values: readonly Uint8Array[]): string {
  const token = hkdfSync(
    'sha256',
    lengthValue(...values),
    new Uint8Array(0),
    'punchline/1 transit',
    TOKEN_BYTES,
  );
  return Buffer.from(token).toString('hex');
}

export interface TransitOptions {
  readonly server: Server;
  readonly proxy: Proxy | undefined;
  readonly token: string;
  readonly family: Family | undefined;
  /** How long the peer may take to come. */
  readonly answerMs: number;
  readonly signal: AbortSignal;
}

/**
 * Meets the peer at a transit relay of magic-wormhole. Resolves with the connection, paused, which is then the
 * caller's, or with a sentence on why there is none. Rejects with the signal's reason.
 */
export async function transitRelay(options: TransitOptions): Promise<Socket | string> {
  const { server, proxy, family, signal } = options;
  const name = formatEndpoint({ address: server.host, port: server.port });
  try {
    const { socket } = await dialServer({
      server,
      proxy,
      family,
      signal,
      words: { what: `the transit relay ${name}`, hint: 'Check the address.' },
    });
    return await meetThere(socket, name, options);
  } catch (error) {
    if (error instanceof PunchlineError) {
      return error.message;
    }
    throw error;
  }
}

function meetThere(
  socket: Socket,
  name: string,
  { token, answerMs, signal }: TransitOptions,
): Promise<Socket | string> {
  return new Promise((resolve, reject) => {
    let said = Buffer.alloc(0);
    function finish() {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    }
    function refuse(why: string) {
      finish();
      socket.destroy();
      resolve(why);
    }
    function onAbort() {
      finish();
      socket.destroy();
      reject(signal.reason);
    }
    const timer = setTimeout(
      () =>
        refuse(
          `the peer did not come to the transit relay ${name} within ${answerMs / 1000} s: name it with --transit on both sides`,
        ),
      answerMs,
    );
    socket.on('data', (chunk: Buffer) => {
      said = Buffer.concat([said, chunk]);
      const end = said.indexOf(LINE_FEED);
      if (end === -1 && said.length <= MAX_ANSWER_BYTES) {
        return;
      }
      const line = said.toString('utf8', 0, end === -1 ? MAX_ANSWER_BYTES : end);
      if (line !== 'ok') {
        refuse(`the transit relay ${name} says: ${safeText(line.slice(0, MAX_ANSWER_BYTES))}`);
        return;
      }
      finish();
      releaseSocket(socket, said.subarray(end + 1));
      resolve(socket);
    });
    socket.on('error', (error) => refuse(`the transit relay ${name} is gone: ${connectError(error)}`));
    socket.on('close', () => refuse(`the transit relay ${name} closed the connection`));
    signal.addEventListener('abort', onAbort);
    if (signal.aborted) {
      onAbort();
      return;
    }
    socket.write(`please relay ${token} for side ${randomBytes(SIDE_BYTES).toString('hex')}\n`);
  });
}
