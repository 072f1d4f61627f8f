import { describe, expect, test } from 'vitest';
import { matrixPairs, parsePair, isReachable } from '../../../source/lab/matrix/pairs.ts';
import { parseSite } from '../../../source/lab/plan/site-words.ts';

describe('a direct connection between', () => {
  test.each([
    ['port-restricted', 'port-restricted', true],
    ['port-restricted', 'random', true],
    ['other-port', 'address-dependent', true],
    ['counting', 'counting', true],
    ['firewall', 'random', true],
    ['counting', 'random', false],
    ['counting', 'address-dependent', false],
    ['random', 'random', false],
    ['random', 'address-dependent', false],
    ['address-dependent', 'address-dependent', false],
    ['random/eif', 'random', true],
    ['random/adf', 'random', true],
    ['open', 'random', true],
    ['random,pcp', 'random', true],
    ['counting', 'address-dependent/upnp', true],
    ['random,natpmp,behind=isp', 'random', false],
  ])('%s and %s: %s', (one, other, possible) => {
    expect(isReachable(parseSite(one), parseSite(other))).toBe(possible);
    expect(isReachable(parseSite(other), parseSite(one))).toBe(possible);
  });
});

const list = { kinds: [], filterings: [], answers: [], line: { delayMs: 20 } } as const;
function named(pairs: ReturnType<typeof matrixPairs>) {
  return pairs.map(({ a, b }) => `${a.words} ${b.words}`);
}

test('every pair of a list comes once, each kind with itself included', () => {
  expect(named(matrixPairs({ ...list, kinds: ['cone', 'random', 'cone'] }))).toEqual([
    'cone cone',
    'cone random',
    'random random',
  ]);
});

test('every kind comes with every filtering and answer, and its words name them', () => {
  const pairs = matrixPairs({
    ...list,
    kinds: ['counting'],
    filterings: ['endpoint-independent', 'address-dependent'],
    answers: ['drop', 'rst'],
  });
  expect(pairs).toHaveLength(10);
  for (const { a, b } of pairs) {
    for (const { site, words } of [a, b]) {
      expect(site).toEqual({ ...parseSite(words), line: { delayMs: 20 } });
    }
  }
});

test('filterings and answers do not change a public host', () => {
  const pairs = matrixPairs({
    ...list,
    kinds: ['open'],
    filterings: ['address-dependent'],
    answers: ['drop', 'rst'],
  });
  expect(named(pairs)).toEqual(['open open']);
});

test('a pair is two sites with a colon between', () => {
  const { a, b, possible } = parsePair('counting/rst:random,delay=5,loss=1', { delayMs: 20, jitterMs: 10 });
  expect(a).toEqual({
    words: 'counting/rst',
    site: { ...parseSite('counting/rst'), line: { delayMs: 20, jitterMs: 10 } },
  });
  expect(b.site.line).toEqual({ delayMs: 5, jitterMs: 10, lossPercent: 1 });
  expect(possible).toBe(false);
  for (const text of ['cone', 'cone:cone:cone']) {
    expect(() => parsePair(text, {})).toThrow('is not a pair');
  }
  expect(() => parsePair('cone:randon', {})).toThrow("'randon'");
});

test('a pair that cannot connect over IPv4 can if both have IPv6', () => {
  expect(parsePair('random,ipv6=firewall:random,ipv6=open', {}).possible).toBe(true);
  expect(parsePair('random,ipv6=firewall:random', {}).possible).toBe(false);
});
