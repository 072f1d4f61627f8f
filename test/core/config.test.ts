import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../source/core/config.ts';
import { PunchlineError } from '../../source/errors.ts';

const path = '/home/ada/.config/punchline/config.json';
const parse = (text: string) => parseConfig(text, path);

describe('parseConfig', () => {
  test('reads what may be set', () => {
    expect(parse('{"server":"example.org:9000","name":"Ada"}')).toEqual({
      server: 'example.org:9000',
      name: 'Ada',
    });
    expect(parse('{}')).toEqual({});
    expect(parse(' {"name": "Grüße"}\n')).toEqual({ name: 'Grüße' });
  });

  test.each([
    ['', 'it is not JSON'],
    ['{"server":}', 'it is not JSON'],
    ['[]', 'it is not a JSON object'],
    ['null', 'it is not a JSON object'],
    ['"example.org"', 'it is not a JSON object'],
    ['7', 'it is not a JSON object'],
    ['{"sever":"example.org"}', "'sever' is no key; server and name are"],
    ['{"toString":"x"}', "'toString' is no key; server and name are"],
    ['{"__proto__":"x"}', "'__proto__' is no key; server and name are"],
    ['{"server":7}', 'server is not a text'],
    ['{"name":null}', 'name is not a text'],
    ['{"server":["example.org"]}', 'server is not a text'],
    ['{"server":""}', 'server: the server is empty'],
    ['{"server":"example.org:99999"}', "server: '99999' is no port"],
    ['{"server":"http://example.org"}', "server: 'http://example.org' is a URL or a path, not HOST[:PORT]"],
  ])('refuses %s: %s', (text, why) => {
    expect(() => parse(text)).toThrow(PunchlineError);
    expect(() => parse(text)).toThrow(`the config file ${path}: ${why}`);
  });

  test('shows a key that a terminal would obey without doing as it says', () => {
    expect(() => parse(JSON.stringify({ '\u001B[2J': 1 }))).toThrow("'␛[2J' is no key");
  });

  test('raises nothing but ERR_USAGE, whatever the file holds', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc
        .dictionary(fc.constantFrom('server', 'name', '__proto__', 'x'), fc.jsonValue())
        .map((value) => JSON.stringify(value)),
    );
    const holds = fc.property(texts, (text) => {
      try {
        parse(text);
        return true;
      } catch (error) {
        return error instanceof PunchlineError && error.code === 'ERR_USAGE';
      }
    });
    expect(() => fc.assert(holds, { numRuns: 1000 })).not.toThrow();
  });
});
