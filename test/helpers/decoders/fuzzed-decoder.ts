/** What must hold of a decoder, whatever it is fed. */
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { ProtocolError, PunchlineError } from '../../../source/errors.ts';
import { hostileBytes, hostileText } from '../strangers/hostile-bytes.ts';

export interface FuzzedDecoder {
  readonly name: string;
  /** Throws where something else comes out than may. */
  readonly property: fc.IRawProperty<unknown>;
  /** Where something is kept between two chunks: how much that may be, and a decoder that keeps the most. */
  readonly holding?: { readonly maxBytes: number; readonly hungry: () => object };
}

export interface StreamDecoder {
  push(chunk: Uint8Array): unknown[];
}

export interface StreamOptions {
  readonly create: () => StreamDecoder;
  readonly valid: fc.Arbitrary<Uint8Array>;
  /** What the decoder says that it holds at most. */
  readonly maxBytes: number;
  /** Bytes after which it keeps all that comes. */
  readonly start?: string;
  /** So many of the last bytes come one by one: each costs time, and what is kept of each must not cost memory. */
  readonly crumbs?: number;
}

/** The objects around what is kept, and the noise of measuring. */
const SLACK_BYTES = 24 * 1024;

/** A stream: read whole, in any chunks and byte by byte, the same comes out, and the same is wrong. */
export function stream(name: string, options: StreamOptions): FuzzedDecoder {
  const { create, valid, maxBytes, start = '', crumbs = 3000 } = options;
  const inputs = fc.tuple(hostileBytes(valid), fc.array(fc.nat(), { maxLength: 5 }));
  const property = fc.property(inputs, ([bytes, cuts]) => {
    const whole = feed(create(), [bytes]);
    for (const chunks of [inCrumbs(bytes), cutAt(bytes, cuts)]) {
      const other = feed(create(), chunks);
      // An error ends it: what came in the same chunk is not read any more.
      const isSame = whole.error !== undefined || isDeepStrictEqual(whole.read, other.read);
      if (!isSame || whole.error !== other.error) {
        throw new Error(`read whole ${shown(whole)}, in chunks ${shown(other)}`);
      }
    }
  });
  function hungry() {
    const decoder = create();
    decoder.push(Buffer.from(start, 'latin1'));
    decoder.push(Buffer.alloc(maxBytes - 100 - crumbs, 'x'));
    for (let n = 0; n < crumbs; n += 1) {
      decoder.push(Buffer.of(0x78));
    }
    return decoder;
  }
  return { name, property, holding: { maxBytes: maxBytes + SLACK_BYTES, hungry } };
}

/** Bytes from a peer, all there at once: read, or a ProtocolError. */
export function message<T extends string | Uint8Array>(
  name: string,
  parse: (value: T) => unknown,
  inputs: fc.Arbitrary<T>,
): FuzzedDecoder {
  const property = fc.property(inputs, (value) => {
    try {
      parse(value);
    } catch (error) {
      complaint(error);
    }
  });
  return { name, property };
}

/** What a person typed, or a file of theirs holds: read, or told in one short line what is wrong with it. */
export function typed(
  name: string,
  parse: (text: string) => unknown,
  valid: fc.Arbitrary<string>,
): FuzzedDecoder {
  const property = fc.property(hostileText(valid), (text) => {
    try {
      parse(text);
    } catch (error) {
      const isTold =
        error instanceof PunchlineError &&
        error.code === 'ERR_USAGE' &&
        error.hint !== undefined &&
        isClear(error);
      if (!isTold) {
        throw error;
      }
    }
  });
  return { name, property };
}

interface Outcome {
  readonly read: readonly unknown[];
  readonly error: string | undefined;
}

function feed(decoder: StreamDecoder, chunks: Iterable<Uint8Array>): Outcome {
  const read: unknown[] = [];
  try {
    // As sockets give them.
    for (const chunk of chunks) {
      read.push(...decoder.push(Buffer.from(chunk)));
    }
  } catch (error) {
    return { read, error: complaint(error) };
  }
  return { read, error: undefined };
}

/** What is wrong with a peer's or a server's bytes; anything but a ProtocolError is a bug, and thrown on. */
function complaint(error: unknown): string {
  if (!(error instanceof ProtocolError) || !isClear(error)) {
    throw error;
  }
  return error.message;
}

/** One line without anything that a terminal obeys: 60 characters of a value, each shown as 10 at most. */
function isClear({ message: text }: PunchlineError) {
  return text.length < 700 && !/[\p{Cc}\p{Cs}\p{Zl}\u202E]/u.test(text);
}

function shown(outcome: Outcome): string {
  return JSON.stringify(outcome).slice(0, 300);
}

function* cutAt(bytes: Uint8Array, cuts: readonly number[]): Generator<Uint8Array> {
  const edges = cuts.map((cut) => cut % (bytes.length + 1)).toSorted((one, other) => one - other);
  let start = 0;
  for (const edge of [...edges, bytes.length]) {
    yield bytes.subarray(start, edge);
    start = edge;
  }
}

/** Byte by byte; long inputs, for the sake of time, in a few hundred pieces. */
function* inCrumbs(bytes: Uint8Array): Generator<Uint8Array> {
  const size = Math.ceil(bytes.length / 300);
  for (let at = 0; at < bytes.length; at += size) {
    yield bytes.subarray(at, at + size);
  }
}
