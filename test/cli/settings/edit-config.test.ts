import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { editConfig } from '../../../source/cli/settings/edit-config.ts';
import { samples } from '../../helpers/samples.ts';

const text = `{
    "name": "Ada",   "keys": {
        "undo": ["F4", "server"]
    },
  "server": "old.example",
  "theme":"light"
}
`;

test.each<[string, string, string | boolean | undefined, string]>([
  ['replaces a value where it stands', 'server', 'wormhole', text.replace('old.example', 'wormhole')],
  ['removes a member with its comma', 'server', undefined, text.replace('"server": "old.example",\n  ', '')],
  ['removes the last member', 'theme', undefined, text.replace(',\n  "theme":"light"', '')],
  ['removes the first member', 'name', undefined, text.replace('"name": "Ada",   ', '')],
  [
    'adds a member behind the last one, spaced as the first one is',
    'here',
    true,
    text.replace('"light"', '"light",\n    "here": true'),
  ],
  ['removes nothing that is not there', 'here', undefined, text],
])('%s', (_, name, value, expected) => {
  expect(editConfig(text, name, value)).toBe(expected);
});

test.each([
  ['{}', '{\n  "server": "wormhole"\n}'],
  ['{}\n', '{\n  "server": "wormhole"\n}\n'],
  [' { } ', ' {\n  "server": "wormhole"\n} '],
  ['{"name":"A"}', '{"name":"A", "server": "wormhole"}'],
  ['\uFEFF{\r\n\t"name": "{,}"\r\n}', '\uFEFF{\r\n\t"name": "{,}",\r\n\t"server": "wormhole"\r\n}'],
  [String.raw`{"na\"me": "\\", "server" : 7}`, String.raw`{"na\"me": "\\", "server" : "wormhole"}`],
  ['{"server": "a", "server": "b"}', '{"server": "a", "server": "wormhole"}'],
])('adds a server to %j', (before, after) => {
  expect(editConfig(before, 'server', 'wormhole')).toBe(after);
});

test('changes the named member and no other, whatever object it is and however it is written', () => {
  const key = fc.oneof(fc.constantFrom('server', 'here', 'se"rver', ''), fc.string());
  const object = fc.dictionary(key, fc.jsonValue({ maxDepth: 3 }), { noNullPrototype: true });
  const indent = fc.constantFrom(undefined, 1, 2, '\t');
  const value = fc.option(fc.oneof(fc.string(), fc.boolean()), { nil: undefined });
  fc.assert(
    fc.property(object, indent, fc.constantFrom('server', 'here'), value, (before, space, name, set) => {
      const written = JSON.stringify(before, undefined, space);
      const { [name]: _, ...others } = JSON.parse(written) as Record<string, unknown>;
      const expected = set === undefined ? others : { ...others, [name]: set };
      expect(JSON.parse(editConfig(written, name, set))).toEqual(expected);
    }),
    { numRuns: samples(2000) },
  );
});
