import { describe, expect, test } from 'vitest';
import { checkDescription, type Site } from '../../../source/lab/plan/description.ts';
import { describeSite, parseNamedSite, parseSite, titleOfSite } from '../../../source/lab/plan/site-words.ts';
import { kindAliases, siteKinds } from '../../../source/lab/plan/site-kinds.ts';

const strict = 'address-and-port-dependent';

describe('a site is read from', () => {
  test.each<[string, Site]>([
    ['open', { mapping: 'none', filtering: 'endpoint-independent' }],
    ['cone', { mapping: 'endpoint-independent', filtering: 'endpoint-independent' }],
    ['symmetric', { mapping: strict, ports: 'random', filtering: strict }],
    ['counting/rst', { mapping: strict, ports: 'sequential', filtering: strict, unsolicited: 'rst' }],
    ['random/adf', { mapping: strict, ports: 'random', filtering: 'address-dependent' }],
    ['eim', { mapping: 'endpoint-independent', filtering: strict }],
    [
      'eim/random/eif',
      { mapping: 'endpoint-independent', ports: 'random', filtering: 'endpoint-independent' },
    ],
    ['random/pcp', { mapping: strict, ports: 'random', filtering: strict, portMapping: 'pcp' }],
    [
      'random,delay=5,upnp',
      { mapping: strict, ports: 'random', filtering: strict, line: { delayMs: 5 }, portMapping: 'upnp' },
    ],
    ['port-restricted/proxied', { mapping: 'endpoint-independent', filtering: strict, proxied: true }],
    ['counting/nat64', { mapping: strict, ports: 'sequential', filtering: strict, nat64: true }],
    ['open,slirp', { mapping: 'none', filtering: 'endpoint-independent', container: 'slirp' }],
    ['open/passt', { mapping: 'none', filtering: 'endpoint-independent', container: 'passt' }],
    ['apdm/sequential', { mapping: strict, ports: 'sequential', filtering: strict }],
    ['none/adf/icmp', { mapping: 'none', filtering: 'address-dependent', unsolicited: 'icmp' }],
    [
      'endpoint-independent/address-and-port-dependent/drop,delay=20,jitter=5,loss=1,hairpin,idle=30,mtu=1280,behind=isp,network=192.168.7.0/24,ipv6=firewall,hosts=a+b',
      {
        mapping: 'endpoint-independent',
        filtering: strict,
        unsolicited: 'drop',
        line: { delayMs: 20, jitterMs: 5, lossPercent: 1 },
        hairpin: true,
        idleSeconds: 30,
        mtuBytes: 1280,
        behind: 'isp',
        network: '192.168.7.0/24',
        ipv6: 'firewall',
        hosts: ['a', 'b'],
      },
    ],
    ['open,delay=0.5', { mapping: 'none', filtering: 'endpoint-independent', line: { delayMs: 0.5 } }],
  ])('%s', (words, site) => {
    expect(parseSite(words)).toEqual(site);
    expect(parseNamedSite(`alice=${words}`)).toEqual({ name: 'alice', site });
  });
});

test.each([...Object.keys(siteKinds), ...Object.keys(kindAliases)])('the kind %s makes a lab', (kind) => {
  const site = parseSite(kind);
  checkDescription({ sites: { alice: site } });
  expect(describeSite(site)).toContain(site.mapping === 'none' ? 'no NAT' : `${site.mapping} mapping`);
});

describe('a refusal names the wrong word and guesses the right one:', () => {
  test.each([
    ['randon', "'randon' is not a kind of site or a mapping", 'Did you mean "random"?'],
    ['', "'' is not a kind", 'open, firewall, full-cone'],
    ['toString', "'toString' is not a kind", 'Known are'],
    [
      'cone/adress-dependent',
      "'adress-dependent' is not a filtering, an answer or a choice of ports",
      'Did you mean "address-dependent"?',
    ],
    ['cone/', "'' is not a filtering", 'Known are'],
    ['cone,dealy=5', "'dealy' is not an option of a site", 'Did you mean "delay"?'],
    ['cone,slipr', "'slipr' is not an option of a site", 'Did you mean "slirp"?'],
    ['cone,delay', 'delay of a site needs a value', 'delay=VALUE'],
    ['cone,delay=', 'delay of a site needs a value', 'delay=VALUE'],
    ['cone,ipv6=on', "'on' is not a value of ipv6", 'open, firewall'],
    ['cone,,', "'' is not an option of a site", 'Known are'],
    ['\u001B[31m', "'␛[31m' is not a kind", 'Known are'],
  ])('%j', (words, message, hint) => {
    expect(() => parseSite(words)).toThrow(
      expect.objectContaining({
        code: 'ERR_USAGE',
        message: expect.stringContaining(message),
        hint: expect.stringContaining(hint),
      }),
    );
  });

  // The hint is added where the error is shown: the help of the command.
  test.each([
    ['cone,delay=soon', "delay 'soon' is not a number"],
    ['cone,delay=-5', "delay '-5' is not a number"],
  ])('%j', (words, message) => {
    expect(() => parseSite(words)).toThrow(
      expect.objectContaining({ code: 'ERR_USAGE', message: expect.stringContaining(message) }),
    );
  });

  test.each(['cone', '=cone', 'cone,delay=5', 'cone/x=1'])('%s has no name', (text) => {
    expect(() => parseNamedSite(text)).toThrow(/is not a site/);
  });
});

test('a site is described in words', () => {
  expect(
    describeSite(
      parseSite('counting/rst,delay=20,jitter=5,loss=1,behind=isp,idle=30,mtu=1280,ipv6=firewall'),
    ),
  ).toBe(
    'address-and-port-dependent mapping, sequential ports; address-and-port-dependent filtering; answers unsolicited SYNs with RST; forgets after 30 s; loses packets of more than 1280 bytes; IPv6 behind a firewall; behind isp; 20 ± 5 ms one way; 1 % loss',
  );
  expect(describeSite(parseSite('random,natpmp'))).toMatch(/; maps ports by NAT-PMP$/);
  expect(describeSite(parseSite('random/nat64'))).toMatch(/; IPv6 alone inside, a NAT64$/);
  expect(describeSite(parseSite('open'))).toBe('no NAT, no firewall');
});

test.each([
  ['open', 'no NAT'],
  ['firewall', 'no NAT, a firewall'],
  ['none/adf', 'no NAT, a firewall'],
  ['cone', 'full-cone NAT'],
  ['counting/rst,delay=20', 'counting NAT'],
  ['symmetric,behind=isp', 'random NAT, behind isp'],
  ['apdm', 'random NAT'],
  ['apdm/eif', 'address-and-port-dependent NAT'],
  ['eim/random', 'other-port NAT'],
  ['carrier', "a carrier's NAT"],
  ['counting,nat64', 'NAT64, counting NAT'],
])('%s has the title %s', (words, title) => {
  expect(titleOfSite(parseSite(words))).toBe(title);
});
