import { describe, expect, test } from 'vitest';
import { natOf } from '../../../source/nat/diagnosis.ts';
import type { AttemptEvent, AttemptOutcome } from '../../../source/events.ts';
import type { PairFacts } from '../../../source/connect/punch/pair-facts.ts';
import { punchFailure } from '../../../source/connect/punch/punch-failure.ts';

const to = { address: '50.0.2.2', port: 4001 };
const nats = {
  none: natOf({ ...to, probePort: 4001 }, false),
  ordinary: natOf({ ...to, probePort: 4001 }, true),
  counting: natOf({ ...to, probePort: 4003 }, true),
  random: natOf({ ...to, probePort: 33_333 }, true),
  unprobed: natOf(to, true),
};
type Kind = keyof typeof nats;

function tried(...outcomes: AttemptOutcome[]): AttemptEvent[] {
  return outcomes.map((outcome, index) => {
    const { address, port } = to;
    return { event: 'attempt', n: index + 1, of: 9, kind: 'mapped', address, port, outcome, ms: 3000 };
  });
}

function factsOf(own: Kind, peer: Kind, others: Partial<PairFacts> = {}): PairFacts {
  return {
    own: nats[own],
    peer: nats[peer],
    probePort: 8878,
    ipv6: { own: false, peer: false },
    freshPort: false,
    spraySize: { dials: 1024, sockets: 256 },
    forwarded: { own: false, peer: false },
    sharedNat: undefined,
    unseen: undefined,
    lostAddress: undefined,
    peerGone: undefined,
    ...others,
  };
}

/** Fails if the hint does not begin with what can be tried. */
function failure(outcomes: AttemptOutcome[], facts?: PairFacts): { message: string; hint: string } {
  const { code, message, hint = '', tries = [] } = punchFailure(to, tried(...outcomes), facts);
  expect(code).toBe('ERR_PUNCH_FAILED');
  expect(tries).not.toEqual([]);
  expect(hint.startsWith(tries.join(' '))).toBe(true);
  return { message, hint };
}

test('an impossible pair is told what both NATs do, why no punch can succeed, what is not known, and what would help', () => {
  expect(failure(['timeout', 'timeout'], factsOf('random', 'counting'))).toEqual({
    message:
      'no connection to 50.0.2.2:4001 in 2 attempts (2 × timeout): our port cannot be guessed, and each guess would change its own',
    hint: [
      'Both NATs use another port for each destination ("symmetric NAT"). VPNs and mobile carriers often do this; another network, or a setting of the router, may be better. One side is enough.',
      'IPv6 on both sides goes around both NATs: switch it on in the router, or ask the provider.',
      'The mapping of our NAT is address-and-port-dependent: another port for each destination, random.',
      "The mapping of the peer's NAT is address-and-port-dependent: another port for each destination, counted up, 2 at a time.",
      'No program can connect such NATs if both let in only the port that was dialled, as most do. What these two let in is not known here.',
    ].join(' '),
  });
  expect(failure(['timeout'], factsOf('random', 'random'))).toMatchObject({
    message: expect.stringMatching(/: neither port can be guessed$/),
    hint: expect.stringMatching(
      / The mapping of both NATs is address-and-port-dependent: .*, random\. No program/,
    ),
  });
});

test.each<[string, Kind, Kind, RegExp, RegExp[]]>([
  [
    'two NATs that look ordinary may both be address-dependent',
    'ordinary',
    'ordinary',
    /, although two such NATs usually connect: both dial at the same moment$/,
    [
      / The mapping of both NATs is endpoint-independent, as far as one address shows\./,
      /another port for each address looks the same.*--probe-host/,
    ],
  ],
  [
    'two peers without NATs can only have a firewall between them',
    'none',
    'none',
    /, although two such NATs connect as a rule: /,
    [/ Neither side is behind a NAT\./, /A firewall on one side/],
  ],
  [
    "a side without a NAT is told that the NAT is the peer's",
    'none',
    'random',
    /usually connect: a burst/,
    [
      / We are not behind a NAT\. The mapping of the peer's NAT is .*, random\./,
      /The peer's NAT uses another port for each destination/,
    ],
  ],
  [
    'a side with random ports is told that the NAT is its own',
    'random',
    'none',
    /usually connect: a burst/,
    [/The peer is not behind a NAT\./, /This NAT uses another port for each destination/],
  ],
  [
    'a blocked probe of ours leaves open whether two such NATs connect',
    'unprobed',
    'ordinary',
    /; whether two such NATs connect is not known: it depends on how our NAT maps$/,
    [
      /The mapping of our NAT is unknown: it was seen from one place only\./,
      /Nothing came back from port 8878 .*--probe-port/,
    ],
  ],
  [
    "a probe of the peer's that was blocked leaves it open",
    'counting',
    'unprobed',
    /: it depends on how the peer's NAT maps$/,
    [/The rendezvous saw no probe of the peer, .* port 8878 out there\./],
  ],
])('%s', (_, own, peer, message, hints) => {
  const said = failure(['timeout'], factsOf(own, peer));
  expect(said.message).toMatch(message);
  for (const hint of hints) {
    expect(said.hint).toMatch(hint);
  }
});

test('only the side whose probe was seen is not told to let probes out', () => {
  expect(failure(['timeout'], factsOf('ordinary', 'unprobed')).hint).not.toContain('Nothing came back');
  expect(failure(['timeout'], factsOf('unprobed', 'ordinary')).hint).not.toContain('no probe of the peer');
});

test('after refusals another try is advised; without an answer a firewall is suspected', () => {
  expect(failure(['refused', 'refused'], factsOf('ordinary', 'ordinary'))).toMatchObject({
    message: expect.stringContaining('in 2 attempts (2 × refused), although'),
    hint: expect.stringMatching(/Another try may succeed/),
  });
  expect(failure(['timeout'], factsOf('ordinary', 'ordinary')).hint).toMatch(/A firewall on one side/);
});

test('a spray that somebody has made smaller is not said to connect, as a rule', () => {
  const smaller = { spraySize: { dials: 1024, sockets: 64 } };
  expect(failure(['timeout'], factsOf('random', 'ordinary', smaller)).message).toMatch(
    /; whether two such NATs connect is not known: a spray of 1024 dials against 64 sockets may miss our port$/,
  );
  expect(failure(['timeout'], factsOf('ordinary', 'random')).message).toMatch(/usually connect: a burst/);
  expect(failure(['timeout'], factsOf('random', 'random', smaller)).message).toMatch(/neither port/);
});

describe('two that are seen at one address', () => {
  test('are told that they share a NAT, which leads nothing back, and not that such NATs connect', () => {
    const sharedNat = { areHostsTold: false };
    const { message, hint } = failure(['timeout'], factsOf('ordinary', 'ordinary', { sharedNat }));
    expect(message).toMatch(/: both sides are behind one NAT, and it does not lead back /);
    expect(message).not.toContain('usually');
    expect(hint).toMatch(/^Two in one local network need no NAT: .* without --no-lan\. /);
    expect(hint).toContain('RFC 5382 (REQ-8)');
  });

  test('are not sent to the local network where they have looked for each other', () => {
    const sharedNat = { areHostsTold: true };
    const { hint } = failure(['timeout'], factsOf('ordinary', 'ordinary', { sharedNat }));
    expect(hint).toMatch(/^The two have not met in a local network either\. .* provider/);
    expect(hint).not.toContain('--no-lan');
  });

  test('are told of the ports that nobody can guess, where that alone is enough', () => {
    const sharedNat = { areHostsTold: true };
    const { message } = failure(['timeout'], factsOf('random', 'random', { sharedNat }));
    expect(message).toMatch(/: neither port can be guessed$/);
  });

  test('may have a port that the router maps', () => {
    const forwarded = { own: true, peer: false };
    const facts = factsOf('ordinary', 'ordinary', { sharedNat: { areHostsTold: true }, forwarded });
    expect(failure(['timeout'], facts).message).toContain('although two such NATs connect as a rule');
  });
});

test('a relay that could have helped is the first that can be tried', () => {
  const noRelay = 'A relay could have connected you: allow it on both sides, with --relay auto.';
  const facts = factsOf('random', 'random');
  for (const each of [facts, { ...facts, peerGone: 'left' as const }, undefined]) {
    expect(punchFailure(to, tried('timeout'), each, noRelay).tries?.[0]).toBe(noRelay);
  }
});

test.each([
  [{ own: false, peer: false }, /ask the provider\. The mapping/],
  [{ own: true, peer: false }, /ask the provider\. This machine has it already\. The mapping/],
  [{ own: false, peer: true }, /ask the provider\. The peer has it already\. The mapping/],
  [
    { own: true, peer: true },
    /Let IPv6 through the firewall: it was tried, too, and nothing came through\. The mapping/,
  ],
])('IPv6 is advised as far as it is missing: %j', (ipv6, hint) => {
  expect(failure(['timeout'], factsOf('random', 'random', { ipv6 })).hint).toMatch(hint);
});

test.each<[string, AttemptOutcome[], Partial<PairFacts>, RegExp, RegExp]>([
  [
    'no route',
    ['unreachable', 'unreachable'],
    {},
    /\(2 × unreachable\): there is no route to it$/,
    /no route/,
  ],
  [
    'an answer of somebody else',
    ['timeout', 'connected'],
    {},
    /did not prove that it holds the code$/,
    /proxy/,
  ],
  [
    'an address that this machine has lost',
    ['timeout'],
    { lostAddress: '192.168.7.2', peerGone: 'silent' },
    /: this machine no longer has its address 192\.168\.7\.2$/,
    /has lost the network, or has gone to another one/,
  ],
  ['a peer that left', ['timeout'], { peerGone: 'left' }, /: the peer has left$/, /Start again/],
  [
    'a peer that went silent on an open connection',
    ['timeout', 'connected'],
    { peerGone: 'silent' },
    /: nothing more was heard of the peer$/,
    /with a new invite/,
  ],
  [
    'a peer of which nothing was heard',
    ['timeout'],
    { peerGone: 'unheard' },
    /: nothing was heard of the peer$/,
    /While it still waits, the code stays good/,
  ],
  [
    'a peer that is stopped',
    ['timeout'],
    { peerGone: 'silent' },
    /: nothing more was heard of the peer$/,
    /stopped/,
  ],
  ['a fresh port', ['timeout'], { freshPort: true }, /fresh port/, /^Leave out --fresh-port\.$/],
])('%s is not blamed on the NATs', (_, outcomes, facts, message, hint) => {
  const said = failure(outcomes, factsOf('random', 'random', facts));
  expect(said.message).toMatch(message);
  expect(said.hint).toMatch(hint);
  expect(said.hint).not.toContain('mapping');
});

test('a fresh port is no reason for a side without a NAT', () => {
  expect(failure(['timeout'], factsOf('none', 'ordinary', { freshPort: true })).message).not.toContain(
    'fresh',
  );
});

test('after the old protocol, which knows nothing of NATs, the doctor is advised', () => {
  expect(failure(['refused'])).toEqual({
    message: 'no connection to 50.0.2.2:4001 in 1 attempt (1 × refused)',
    hint: expect.stringContaining('punchline doctor'),
  });
});
