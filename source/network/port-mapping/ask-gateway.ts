/**
 * Asks the router, and nobody else: one question by datagrams that are sent
 * again, or one by HTTP. What comes from elsewhere, comes late or is too long is
 * no answer.
 */
import { createSocket } from 'node:dgram';
import { request } from 'node:http';
import { ProtocolError } from '../../errors.ts';
import { canonicalAddress } from '../address.ts';
import type { Gateway } from './gateway.ts';
import { NoMapping } from './no-mapping.ts';
import { MAX_ANSWER_BYTES } from './wire/upnp.ts';

/** NAT-PMP sends its first request again after this time, and doubles it (RFC 6886 section 3.1). PCP would wait 3 s. */
const FIRST_WAIT_MS = 250;
/** Bounds the datagrams that are read for one question. A router answers each of ours once. */
const MAX_DATAGRAMS = 64;
/** How long one answer by HTTP may take, from the connection to its last byte. */
const HTTP_PATIENCE_MS = 3000;

export interface DatagramQuestion<Answer> {
  readonly gateway: Gateway;
  readonly port: number;
  readonly bytes: Uint8Array;
  /** Returns undefined, or throws ProtocolError, for a datagram that is no answer to this question. */
  readonly read: (datagram: Uint8Array) => Answer | undefined;
  /** How often it is sent: 250 ms after the first time, and twice as long after each further one. */
  readonly sends: number;
  /** SSDP may be answered from another port than the one that was asked. */
  readonly fromAnyPort?: boolean;
  readonly signal: AbortSignal;
}

/** Rejects with NoMapping if there is no answer, or with the signal's reason. */
export function askByDatagram<Answer>(question: DatagramQuestion<Answer>): Promise<Answer> {
  const { gateway, port, bytes, read, sends, fromAnyPort = false, signal } = question;
  return new Promise((resolve, reject) => {
    const socket = createSocket(gateway.family === 4 ? 'udp4' : 'udp6');
    let timer: NodeJS.Timeout | undefined;
    let isOver = false;
    function end(settle: () => void) {
      if (isOver) {
        return;
      }
      isOver = true;
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      socket.close();
      settle();
    }
    function onAbort() {
      end(() => reject(signal.reason));
    }
    function onError() {
      // Nothing listens there (ICMP), or this machine has no such address or route any more.
      end(() => reject(new NoMapping(false, 'the router does not listen')));
    }
    function send(left: number, waitMs: number) {
      if (isOver) {
        return;
      }
      if (left === 0) {
        end(() => reject(new NoMapping(false, 'the router does not answer')));
        return;
      }
      timer = setTimeout(() => send(left - 1, waitMs * 2), waitMs);
      if (fromAnyPort) {
        socket.send(bytes, port, gateway.address, onSent);
      } else {
        socket.send(bytes, onSent);
      }
    }
    function onSent(error: Error | null) {
      if (error !== null) {
        onError();
      }
    }
    let datagrams = 0;
    socket.on('message', (datagram, from) => {
      datagrams += 1;
      if (isOver || datagrams > MAX_DATAGRAMS || canonicalAddress(from.address) !== gateway.address) {
        return;
      }
      const answer = orNothing(() => read(datagram));
      if (answer !== undefined) {
        end(() => resolve(answer));
      }
    });
    socket.on('error', onError);
    signal.addEventListener('abort', onAbort);
    socket.bind({ address: gateway.local, port: 0, exclusive: true }, () => {
      if (isOver) {
        return;
      }
      if (fromAnyPort) {
        send(sends, FIRST_WAIT_MS);
        return;
      }
      // The kernel then drops what comes from elsewhere, and tells of a refusal.
      socket.connect(port, gateway.address, (error?: Error) =>
        error === undefined ? send(sends, FIRST_WAIT_MS) : onError(),
      );
    });
    if (signal.aborted) {
      onAbort();
    }
  });
}

export interface HttpQuestion {
  readonly gateway: Gateway;
  readonly url: URL;
  readonly headers?: Readonly<Record<string, string>>;
  /** With a body it is a POST. */
  readonly body?: string;
  readonly signal: AbortSignal;
}

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/** Follows no redirect: its status is the answer. Rejects with NoMapping, or with the signal's reason. */
export function askByHttp({ gateway, url, headers, body, signal }: HttpQuestion): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    const asked = request(url, {
      method: body === undefined ? 'GET' : 'POST',
      // A connection of its own, which is closed after the answer.
      agent: false,
      localAddress: gateway.local,
      family: gateway.family,
      ...(headers === undefined ? {} : { headers }),
    });
    function end(settle: () => void) {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
      asked.destroy();
      settle();
    }
    function onAbort() {
      end(() => reject(signal.reason));
    }
    function fail(reason: string) {
      end(() => reject(new NoMapping(false, reason)));
    }
    const timer = setTimeout(() => fail('the router takes too long to answer'), HTTP_PATIENCE_MS);
    signal.addEventListener('abort', onAbort);
    asked.on('error', () => fail('the router cannot be asked by HTTP'));
    asked.on('response', (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on('error', () => fail('the router cut its answer off'));
      response.on('data', (chunk: Buffer) => {
        length += chunk.length;
        if (length > MAX_ANSWER_BYTES) {
          fail(`the router answers with more than ${MAX_ANSWER_BYTES / 1024} KiB`);
          return;
        }
        chunks.push(chunk);
      });
      response.on('end', () => {
        const status = response.statusCode ?? 0;
        end(() => resolve({ status, text: Buffer.concat(chunks).toString('utf8') }));
      });
    });
    asked.end(body);
    if (signal.aborted) {
      onAbort();
    }
  });
}

function orNothing<Value>(read: () => Value | undefined): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof ProtocolError) {
      return undefined;
    }
    throw error;
  }
}
