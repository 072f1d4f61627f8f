import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_JSON_DEPTH, parseJson } from '../../source/text/parse-json.ts';
import {
  parseClientMessage,
  parseProbeMessage,
  parseServerMessage,
} from '../../source/protocol/rendezvous-messages.ts';
import { decodeSealedMessage } from '../../source/protocol/sealed-messages.ts';
import { ProtocolError } from '../../source/errors.ts';
import { samples } from '../helpers/samples.ts';

function nested(depth: number, [open, close]: readonly [string, string]) {
  return `${open.repeat(depth)}${/[:,]$/.test(open) ? '0' : ''}${close.repeat(depth)}`;
}

const kinds: readonly (readonly [string, string])[] = [
  ['[', ']'],
  ['{"":', '}'],
  ['[ \n', ']'],
  // Closing brackets in a text close nothing.
  ['["]]]]}}}}",', ']'],
];

function outcome(text: string): unknown {
  try {
    return parseJson(text);
  } catch (error) {
    return error instanceof ProtocolError ? 'refused' : error;
  }
}

function depthOf(value: unknown): number {
  return typeof value === 'object' && value !== null
    ? 1 + Math.max(0, ...Object.values(value).map(depthOf))
    : 0;
}

describe("a stranger's JSON", () => {
  test.each(kinds)('is read to a depth of eight levels of %j', (...kind) => {
    const text = nested(MAX_JSON_DEPTH, kind);
    expect(parseJson(text)).toEqual(JSON.parse(text));
    expect(() => parseJson(nested(MAX_JSON_DEPTH + 1, kind))).toThrow(
      new ProtocolError('JSON that is nested more than 8 levels deep'),
    );
  });

  test('is refused for its depth before it is checked to be JSON', () => {
    expect(() => parseJson('['.repeat(8000))).toThrow(ProtocolError);
    expect(() => parseJson('{"a":'.repeat(1600))).toThrow(ProtocolError);
  });

  test.each([
    ['brackets in a text', `"${'['.repeat(100)}"`],
    ['brackets behind a quote that is escaped', String.raw`"\"${'['.repeat(100)}"`],
    ['brackets behind a backslash that is escaped', String.raw`["\\", "\\\"${'{'.repeat(100)}\\"]`],
    ['many values beside each other', `[${'[],'.repeat(1000)}0]`],
    ['a name in brackets', `{"${'{'.repeat(100)}":1}`],
  ])('may hold %s', (_, text) => {
    expect(parseJson(text)).toEqual(JSON.parse(text));
  });

  test.each([String.raw`"\\"${'['.repeat(9)}`, '"'.repeat(3) + '['.repeat(9), '[', '}', '"', '\\', ''])(
    'that is not JSON raises an error: %j',
    (text) => {
      expect(() => parseJson(text)).toThrow(/JSON/);
    },
  );

  test('is read as JSON.parse() reads it, unless it is nested too deeply', () => {
    const same = fc.property(fc.json({ maxDepth: 12 }), (text) => {
      const value: unknown = JSON.parse(text);
      expect(outcome(text)).toEqual(depthOf(value) > MAX_JSON_DEPTH ? 'refused' : value);
    });
    fc.assert(same, { numRuns: samples(200) });
  });

  test('that names __proto__ changes no object', () => {
    expect(Object.getPrototypeOf(parseJson('{"__proto__":{"t":"ping"}}'))).toBe(Object.prototype);
    expect(() => parseClientMessage('{"__proto__":{"t":"ping"}}')).toThrow('a message without a type t');
  });
});

describe('a message that is nested too deeply', () => {
  const deep = nested(4000, ['[', ']']);
  const readers = {
    'of a client': parseClientMessage,
    'of a server': parseServerMessage,
    'of a probe': parseProbeMessage,
    'in a seal': (text: string) => decodeSealedMessage(Buffer.from(text)),
  };

  test.each(Object.entries(readers))('%s is refused in an unknown field', (_, read) => {
    expect(() => read(`{"t":"ping","later":${deep}}`)).toThrow(/nested more than 8 levels/);
    expect(() => read(`{"t":${deep}}`)).toThrow(/nested more than 8 levels/);
  });

  test('is refused in a field that is passed on', () => {
    expect(() => parseClientMessage(`{"t":"join","v":1,"nat":{"later":${deep}}}`)).toThrow(/8 levels/);
  });
});
