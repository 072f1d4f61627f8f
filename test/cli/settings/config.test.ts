import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../source/cli/settings/config.ts';
import { PunchlineError } from '../../../source/errors.ts';
import { samples } from '../../helpers/samples.ts';
import { codePoint } from '../../helpers/strangers/code-point.ts';

const path = '/home/ada/.config/punchline/config.json';
function parse(text: string) {
  return parseConfig(text, path);
}

describe('parseConfig', () => {
  test('reads the keys that may be set', () => {
    expect(parse('{"server":"example.org:9000","name":"Ada"}')).toEqual({
      server: 'example.org:9000',
      name: 'Ada',
    });
    expect(parse('{}')).toEqual({});
    const look = { theme: 'light', notify: 'text', mouse: false, 'reduced-motion': true } as const;
    expect(parse(JSON.stringify(look))).toEqual(look);
    expect(parse(' {"name": "Grüße"}\n')).toEqual({ name: 'Grüße' });
  });

  test.each([
    [
      'server',
      ['example.org', '[::1]:9000', 'wormhole', 'ws://[::1]:4000/v1,example.org'],
      [7, null, true, ['a'], ''],
    ],
    ['here', [true, false], ['true', 0, null, 4711]],
    ['name', ['Ada', ''], [7, null, true, ['a']]],
    ['downloads', ['~/in'], [7, null, true, ['a'], '']],
    ['typing', [true, false], ['true', 0, null]],
    ['report', [true, false], ['true', 0, null]],
    ['theme', ['dark', 'light', 'plain'], ['pink', '', 7, true]],
    ['notify', ['off', 'bell', 'name', 'text'], ['pink', '', 7, true]],
    ['mouse', [true, false], ['true', 0, null]],
    ['alt-screen', [true, false], ['true', 0, null]],
    ['reduced-motion', [true, false], ['true', 0, null]],
    ['screen-reader', [true, false], ['true', 0, null]],
    ['keys', [{}, { send: 'F2' }, { send: [] }], ['F2', 7, null, ['F2'], { send: 7 }]],
  ])('takes %s with %j, and not with %j', (key, taken, refused) => {
    for (const value of taken) {
      expect(parse(JSON.stringify({ [key]: value }))).toHaveProperty([key]);
    }
    for (const value of refused) {
      expect(() => parse(JSON.stringify({ [key]: value }))).toThrow(`the config file ${path}: ${key}`);
    }
  });

  test.each(['code', 'attempts', 'relay', 'lan', 'quiet', '4', 'wait', 'log', 'send', 'plain', 'json'])(
    'has no key for the option %s',
    (option) => {
      expect(() => parse(JSON.stringify({ [option]: true }))).toThrow(`'${option}' is not a key`);
    },
  );

  test.each([
    ['', 'it is not JSON'],
    ['{"server":}', 'it is not JSON'],
    ['[]', 'it is not a JSON object'],
    ['null', 'it is not a JSON object'],
    ['"example.org"', 'it is not a JSON object'],
    ['7', 'it is not a JSON object'],
    [
      '{"sever":"example.org"}',
      "'sever' is not a key; the keys are server, here, name, report, typing, theme, notify, mouse, alt-screen, reduced-motion, screen-reader, downloads and keys",
    ],
    [
      '{"toString":"x"}',
      "'toString' is not a key; the keys are server, here, name, report, typing, theme, notify, mouse, alt-screen, reduced-motion, screen-reader, downloads and keys",
    ],
    [
      '{"__proto__":"x"}',
      "'__proto__' is not a key; the keys are server, here, name, report, typing, theme, notify, mouse, alt-screen, reduced-motion, screen-reader, downloads and keys",
    ],
    ['{"server":7}', 'server is not a text'],
    ['{"name":null}', 'name is not a text'],
    ['{"server":["example.org"]}', 'server is not a text'],
    ['{"theme":"pink"}', 'theme is not one of dark, light, plain'],
    ['{"notify":true}', 'notify is not one of off, bell, name, text'],
    ['{"mouse":"no"}', 'mouse is not true or false'],
    ['{"alt-screen":0}', 'alt-screen is not true or false'],
    ['{"altScreen":false}', "'altScreen' is not a key"],
    ['{"keys":["send"]}', 'keys is not an object of actions'],
    ['{"keys":{"send":7}}', 'keys.send is not a key, such as "Ctrl-A", or a list of keys'],
    ['{"keys":{"\u202E":7}}', 'keys.⟨U+202E⟩ is not a key'],
    ['{"keys":{"send":[7]}}', 'keys.send is not a key, such as "Ctrl-A", or a list of keys'],
    ['{"keys":{"sned":"F2"}}', "keys: 'sned' is no action"],
    ['{"keys":{"send":"Hyper-X"}}', "keys.send: 'Hyper-X' is no key"],
    ['{"keys":{"send":"x"}}', "keys.send: 'x' is no key"],
    ['{"keys":{"send":["F2","Space"]}}', "keys.send: 'Space' is no key"],
    ['{"keys":{"send":"F2","undo":"f2"}}', 'keys: F2 is given to send and to undo'],
    ['{"server":""}', 'server: the rendezvous is empty'],
    ['{"server":"example.org","here":true}', 'server and here exclude each other'],
    ['{"server":"example.org:99999"}', "server: '99999' is no port"],
    [
      '{"server":"http://example.org"}',
      "server: 'http://example.org' is neither HOST[:PORT] nor a URL with https://, ws:// or wss://",
    ],
  ])('refuses %s: %s', (text, why) => {
    expect(() => parse(text)).toThrow(PunchlineError);
    expect(() => parse(text)).toThrow(`the config file ${path}: ${why}`);
  });

  test('reads the keys of an action: one, several or none', () => {
    const keys = { undo: 'ctrl-z', send: ['Enter', 'Ctrl-X Ctrl-S'], help: [] };
    expect(parse(JSON.stringify({ keys })).keys).toEqual({
      undo: ['C-z'],
      send: ['enter', 'C-x C-s'],
      help: [],
    });
  });

  test.each([
    ['{"severr":"x"}', 'Did you mean "server"?'],
    ['{"keys":{"word-lfet":"F2"}}', 'Did you mean "word-left"?'],
    ['{"keys":{"frobnicate":"F2"}}', 'The actions are send, new-line, '],
  ])('suggests for %s: %s', (text, hint) => {
    expect(() => parse(text)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining(hint) as unknown }),
    );
  });

  test('shows a key with control characters as harmless text', () => {
    expect(() => parse(JSON.stringify({ '\u001B[2J': 1 }))).toThrow("'␛[2J' is not a key");
  });

  test('raises nothing but ERR_USAGE, whatever the file holds', () => {
    const texts = fc.oneof(
      fc.string({ unit: codePoint }),
      fc.json(),
      fc
        .dictionary(fc.constantFrom('server', 'name', 'keys', '__proto__', 'x'), fc.jsonValue())
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
    expect(() => fc.assert(holds, { numRuns: samples(1000) })).not.toThrow();
  });
});
