import ipaddr from 'ipaddr.js';
import { ProtocolError } from '../errors.ts';
import { ByteQueue } from './framing/byte-queue.ts';

/**
 * The bytes of the old C exercise: decimal numbers in ASCII with one space
 * between, and a newline and a NUL behind every message. This file knows neither
 * sockets nor pairing.
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

/** A message of the server: `first` to the first client, `second` to the second one, and then `peer` to the first. */
export type ClassicGreeting =
  | { readonly kind: 'first' }
  | { readonly kind: 'second'; readonly peer: Ipv4Endpoint | undefined; readonly ownPort: number }
  | { readonly kind: 'peer'; readonly peer: Ipv4Endpoint };

/** `TEXT\n\0`. A NUL inside the text would end it early in a C program, so it is left out. */
export function formatClassic(text: string): Uint8Array {
  return new TextEncoder().encode(`${text.replaceAll('\0', '')}\n\0`);
}

/** `first\n\0`: the answer to the first client. */
export function formatFirst(): Uint8Array {
  return formatClassic('first');
}

/** `IP1 PORT1 PORT2\n\0`: the mapped endpoint of the first client, then the mapped port of the second one. */
export function formatSecond(firstMapped: Ipv4Endpoint, ownPort: number): Uint8Array {
  return formatClassic(`${firstMapped.address} ${firstMapped.port} ${ownPort}`);
}

/** `IP2 PORT2\n\0`: the mapped endpoint of the second client, told to the first. */
export function formatPeer(endpoint: Ipv4Endpoint): Uint8Array {
  return formatClassic(`${endpoint.address} ${endpoint.port}`);
}

export interface ClassicDecoder {
  /** The messages that are complete with these bytes. Throws ProtocolError. */
  push(chunk: Uint8Array): string[];
}

/**
 * A message ends at a newline or a NUL, whichever comes first. Empty messages
 * are dropped, so that `first\n\0` is one message wherever it is split. Old
 * programs send any bytes; those that are not UTF-8 become U+FFFD.
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
 * Reads one message of a classic server. The old server tells its second client
 * an uninitialised address of the first, often `0.0.0.0 0`. So the peer of a
 * `second` may be unknown. A dial to 0.0.0.0 would reach this machine itself.
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
      `the server sent ${quoted(text)}, but a classic server sends first or an address`,
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
