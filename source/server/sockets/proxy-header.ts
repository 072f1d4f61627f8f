import { ProtocolError } from '../../errors.ts';
import { addressOf, canonicalAddress, isAddress } from '../../network/address.ts';

/**
 * The PROXY protocol (HAProxy's specification, versions 1 and 2). A balancer sends
 * this header ahead of a client's bytes to tell the client's endpoint. Whether the
 * sender may do so is not checked here.
 */
export interface ProxyHeader {
  /** The client's endpoint; undefined if the balancer speaks for itself (LOCAL, UNKNOWN) or not of TCP over IP. */
  readonly source: { readonly address: string; readonly port: number } | undefined;
  /** The bytes behind the header. */
  readonly rest: Uint8Array;
}

export interface ProxyDecoder {
  /** Returns the header once, as soon as it is complete. Throws ProtocolError as soon as the bytes cannot be one. */
  push(chunk: Uint8Array): ProxyHeader | undefined;
}

/** Bounds a header of version 1, its CR LF included (section 2.1). */
const MAX_TEXT_BYTES = 107;
/** Bounds a header of version 2 after its first 16 bytes. Addresses take 36; TLVs with names of certificates and the like some hundreds. */
export const MAX_PROXY_BYTES = 2048;

const signature = Buffer.from('\r\n\r\n\0\r\nQUIT\n', 'latin1');
const fixedBytes = signature.length + 4;
const textStart = Buffer.from('PROXY ', 'latin1');
/** The byte for family and transport, and the size of each of the two addresses. */
const tcp4 = { code: 0x11, addressBytes: 4 } as const;
const tcp6 = { code: 0x21, addressBytes: 16 } as const;

export function createProxyDecoder(): ProxyDecoder {
  let pending: Buffer = Buffer.alloc(0);
  return {
    push(chunk) {
      // The bytes are copied, because a few bytes of Node's shared pool would keep all of it in memory.
      const whole = Buffer.alloc(pending.length + chunk.length);
      whole.set(pending);
      whole.set(chunk, pending.length);
      pending = whole;
      if (beginsAs(pending, textStart)) {
        return parseText(pending);
      }
      if (beginsAs(pending, signature)) {
        return parseBinary(pending);
      }
      throw new ProtocolError('no PROXY header');
    },
  };
}

/** Whether the bytes so far agree with the start. */
function beginsAs(bytes: Buffer, start: Buffer): boolean {
  const length = Math.min(bytes.length, start.length);
  return bytes.subarray(0, length).equals(start.subarray(0, length));
}

function parseText(bytes: Buffer): ProxyHeader | undefined {
  const end = bytes.subarray(0, MAX_TEXT_BYTES).indexOf('\r\n');
  if (end === -1) {
    if (bytes.length >= MAX_TEXT_BYTES) {
      throw new ProtocolError('a PROXY line without an end');
    }
    return undefined;
  }
  const rest = bytes.subarray(end + 2);
  const line = bytes.toString('latin1', textStart.length, end);
  if (line === 'UNKNOWN' || line.startsWith('UNKNOWN ')) {
    return { source: undefined, rest };
  }
  const [protocol, address = '', destination = '', port = '', destinationPort = '', ...more] =
    line.split(' ');
  const family = protocol === 'TCP4' ? 4 : protocol === 'TCP6' ? 6 : undefined;
  const isSound =
    family !== undefined &&
    more.length === 0 &&
    isPlain(address, family) &&
    isPlain(destination, family) &&
    isPort(destinationPort);
  if (!isSound) {
    throw new ProtocolError('a PROXY line that is none of TCP4, TCP6 or UNKNOWN');
  }
  return { source: endpoint(address, isPort(port) ? Number(port) : 0), rest };
}

function parseBinary(bytes: Buffer): ProxyHeader | undefined {
  if (bytes.length < fixedBytes) {
    return undefined;
  }
  const [command, family] = bytes.subarray(signature.length);
  const length = bytes.readUInt16BE(signature.length + 2);
  if (length > MAX_PROXY_BYTES) {
    throw new ProtocolError(`a PROXY header of ${length} bytes`);
  }
  if (command !== 0x20 && command !== 0x21) {
    throw new ProtocolError('a PROXY header of another version');
  }
  const end = fixedBytes + length;
  if (bytes.length < end) {
    return undefined;
  }
  const rest = bytes.subarray(end);
  const kind = [tcp4, tcp6].find(({ code }) => code === family);
  if (command === 0x20 || kind === undefined) {
    return { source: undefined, rest };
  }
  const { addressBytes } = kind;
  if (length < 2 * addressBytes + 4) {
    throw new ProtocolError('a PROXY header shorter than its addresses');
  }
  const address = addressOf(bytes.subarray(fixedBytes, fixedBytes + addressBytes));
  return { source: endpoint(address, bytes.readUInt16BE(fixedBytes + 2 * addressBytes)), rest };
}

function endpoint(address: string | undefined, port: number) {
  if (address === undefined || port === 0) {
    throw new ProtocolError('a PROXY header without a source');
  }
  return { address: canonicalAddress(address), port };
}

/** Looks at the spelling alone, because a balancer that listens on both families may write TCP6 with IPv4-mapped addresses. */
function isPlain(address: string, family: 4 | 6): boolean {
  return isAddress(address) && !address.includes('%') && address.includes(':') === (family === 6);
}

function isPort(text: string): boolean {
  return /^(?:0|[1-9]\d{0,4})$/.test(text) && Number(text) <= 65_535;
}
