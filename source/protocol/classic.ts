import ipaddr from 'ipaddr.js';
import { ProtocolError } from '../errors.ts';
import { ByteQueue } from './byte-queue.ts';

/**
 * The bytes of the old C exercise: decimal ASCII, one space between, every
 * message followed by a newline and a NUL. Neither sockets nor pairing are
 * known here.
 */

/**
 * Bounds one message while it is incomplete: the longest text our own chat
 * sends. The old programs never send more than a line.
 */
export const MAX_CLASSIC_BYTES = 65_536;

interface Ipv4Endpoint {
  readonly address: string;
  readonly port: number;
}

/** What the server says: to the first arrival, to the second, and then to the first again. */
export type ClassicGreeting =
  | { readonly kind: 'first' }
  | { readonly kind: 'second'; readonly peer: Ipv4Endpoint | undefined; readonly ownPort: number }
  | { readonly kind: 'peer'; readonly peer: Ipv4Endpoint };

/** `TEXT\n\0`. A NUL inside the text would end it early in a C program, so it is left out. */
export function formatClassic(text: string): Uint8Array {
  return new TextEncoder().encode(`${text.replaceAll('\0', '')}\n\0`);
}

/** `first\n\0`: the answer to the first arrival. */
export function formatFirst(): Uint8Array {
  return formatClassic('first');
}

/** `IP1 PORT1 PORT2\n\0`: the first's mapped endpoint, then the second's own mapped port. */
export function formatSecond(firstMapped: Ipv4Endpoint, ownPort: number): Uint8Array {
  return formatClassic(`${firstMapped.address} ${firstMapped.port} ${ownPort}`);
}

/** `IP2 PORT2\n\0`: the second's mapped endpoint, told to the first. */
export function formatPeer(endpoint: Ipv4Endpoint): Uint8Array {
  return formatClassic(`${endpoint.address} ${endpoint.port}`);
}

export interface ClassicDecoder {
  /** The messages that are complete with these bytes. Throws ProtocolError. */
  push(chunk: Uint8Array): string[];
}

/**
 * A message ends at a newline or a NUL, whichever comes first, and empty ones
 * are dropped, so that `first\n\0` is one message wherever it is split. Old
 * programs send any bytes: what is not UTF-8 becomes U+FFFD.
 */
export function createClassicDecoder({
  maxBytes = MAX_CLASSIC_BYTES,
}: { maxBytes?: number } = {}): ClassicDecoder {
  const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  const pending = new ByteQueue();

  function keep(piece: Uint8Array) {
    if (pending.length + piece.length > maxBytes) {
      throw new ProtocolError(`a message is longer than ${maxBytes} bytes`);
    }
    pending.append(piece);
  }

  function takeText(): string {
    let text = '';
    for (;;) {
      const bytes = pending.read(pending.start, maxBytes);
      if (bytes === undefined) {
        return text + utf8.decode();
      }
      text += utf8.decode(bytes, { stream: true });
      pending.drop(pending.start + bytes.length);
    }
  }

  return {
    push(chunk) {
      const messages: string[] = [];
      let start = 0;
      for (const [index, byte] of chunk.entries()) {
        if (byte !== 0x0a && byte !== 0x00) {
          continue;
        }
        keep(chunk.subarray(start, index));
        const text = takeText();
        if (text !== '') {
          messages.push(text);
        }
        start = index + 1;
      }
      keep(chunk.subarray(start));
      return messages;
    },
  };
}

/**
 * Reads one message of a classic server. The old server hands its second
 * arrival an uninitialised address for the first, often `0.0.0.0 0`: so the
 * peer of a `second` may be unknown. To dial that address would reach this very machine.
 */
export function parseClassicGreeting(text: string): ClassicGreeting {
  if (text === 'first') {
    return { kind: 'first' };
  }
  const [address = '', port = '', ownPort, ...more] = text.split(' ');
  const isSecond = ownPort !== undefined;
  const known = address !== '0.0.0.0' && port !== '0';
  const valid =
    more.length === 0 &&
    ipaddr.IPv4.isValidFourPartDecimal(address) &&
    (isPort(port) || port === '0') &&
    (isSecond ? isPort(ownPort) : known);
  if (!valid) {
    throw new ProtocolError(
      `the server said ${quoted(text)} where a classic server says first or an address`,
    );
  }
  const peer = { address, port: Number(port) };
  if (isSecond) {
    return { kind: 'second', peer: known ? peer : undefined, ownPort: Number(ownPort) };
  }
  return { kind: 'peer', peer };
}

function isPort(text: string): boolean {
  return /^[1-9]\d{0,4}$/.test(text) && Number(text) <= 65_535;
}

function quoted(text: string): string {
  return JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text).replaceAll(/[^ -~…]/g, '\u{FFFD}');
}
