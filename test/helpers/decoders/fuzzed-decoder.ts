/** What must hold for a decoder with any input. */
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { ProtocolError, PunchlineError } from '../../../source/errors.ts';
import { hostileBytes, hostileText } from '../strangers/hostile-bytes.ts';

export interface FuzzedDecoder {
  readonly name: string;
  /** Throws if the output is not allowed. */
  readonly property: fc.IRawProperty<unknown>;
  /**
   * For decoders that keep bytes between two chunks: how many they may keep,
   * and how to make one that keeps the most.
   */
  readonly holding?: { readonly maxBytes: number; readonly hungry: () => object };
}

export interface StreamDecoder {
  push(chunk: Uint8Array): unknown[];
}

export interface StreamOptions {
  readonly create: () => StreamDecoder;
  readonly valid: fc.Arbitrary<Uint8Array>;
  /** The most bytes that the decoder may keep. */
  readonly maxBytes: number;
  /** Bytes after which it keeps everything that comes. */
  readonly start?: string;
  /** How many of the last bytes come one by one. That takes time, and must not take memory for each byte. */
  readonly crumbs?: number;
}

/** Allowed for the objects around the kept bytes, and for the noise of measuring. */
const SLACK_BYTES = 24 * 1024;

/** Checks a stream decoder: whole, in any chunks or byte by byte, the output and the error must be the same. */
export function stream(name: string, options: StreamOptions): FuzzedDecoder {
  const { create, valid, maxBytes, start = '', crumbs = 3000 } = options;
  const inputs = fc.tuple(hostileBytes(valid), fc.array(fc.nat(), { maxLength: 5 }));
  const property = fc.property(inputs, ([bytes, cuts]) => {
    const whole = feed(create(), [bytes]);
    for (const chunks of [inCrumbs(bytes), cutAt(bytes, cuts)]) {
      const other = feed(create(), chunks);
      // An error ends the decoder, so the rest of the same chunk is not read.
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

/** Checks a decoder of whole messages from a peer: it reads them, or throws a ProtocolError. */
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

/**
 * Checks a decoder of typed texts and of the user's files: it reads them, or
 * throws one short line about what is wrong.
 */
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
    // In chunks, as sockets give them.
    for (const chunk of chunks) {
      read.push(...decoder.push(Buffer.from(chunk)));
    }
  } catch (error) {
    return { read, error: complaint(error) };
  }
  return { read, error: undefined };
}

/** The message of a ProtocolError. Any other error is a bug, and is thrown again. */
function complaint(error: unknown): string {
  if (!(error instanceof ProtocolError) || !isClear(error)) {
    throw error;
  }
  return error.message;
}

/**
 * Whether a message is one short line without control characters. A quoted
 * value has at most 60 characters, each shown as at most 10.
 */
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

/** Byte by byte; a long input in a few hundred pieces, to save time. */
function* inCrumbs(bytes: Uint8Array): Generator<Uint8Array> {
  const size = Math.ceil(bytes.length / 300);
  for (let at = 0; at < bytes.length; at += size) {
    yield bytes.subarray(at, at + size);
  }
}
