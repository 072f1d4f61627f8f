import { assert, json, property } from 'fast-check';
import { expect, test } from 'vitest';
import { PunchlineError } from '../../../source/errors.ts';
import { parseLabFile } from '../../../source/lab/plan/lab-file.ts';

const site = { mapping: 'endpoint-independent', filtering: 'address-dependent' };

test('a file holds a description', () => {
  const description = {
    sites: {
      alice: { ...site, line: { delayMs: 20 }, hosts: ['a', 'b'] },
      bob: { ...site, behind: 'alice' },
    },
    rendezvous: { line: { lossPercent: 1 } },
  };
  expect(parseLabFile(JSON.stringify(description), 'lab.json')).toEqual(description);
});

test.each([
  ['no JSON', '{', 'it is not JSON'],
  ['no object', '[]', ''],
  ['no sites', '{}', "'sites'"],
  [
    'an unknown word',
    JSON.stringify({ sites: { alice: { ...site, mapping: 'cone' } } }),
    "'sites.alice.mapping'",
  ],
  ['an unknown key', JSON.stringify({ sites: { alice: { ...site, delay: 5 } } }), "'sites.alice.delay'"],
  [
    'a number in words',
    JSON.stringify({ sites: { alice: { ...site, idleSeconds: '5' } } }),
    "'sites.alice.idleSeconds'",
  ],
])('a file with %s is refused, and the field is named', (_, text, place) => {
  expect(() => parseLabFile(text, 'my\u001Blab.json')).toThrow(
    expect.objectContaining({ code: 'ERR_USAGE', message: expect.stringContaining(place) }),
  );
  expect(() => parseLabFile(text, 'lab.json')).toThrow("the lab file 'lab.json'");
});

test('a file with any other JSON is refused with our own error', () => {
  assert(property(json(), (text) => refusalOf(text) instanceof PunchlineError));
});

function refusalOf(text: string): unknown {
  try {
    return parseLabFile(text, 'lab.json');
  } catch (error) {
    return error;
  }
}
