import { describe, expect, test } from 'vitest';
import {
  formatPrefix,
  prefixOf,
  translated,
  untranslated,
  type Pref64,
} from '../../../source/network/nat64/prefix.ts';

/** The layouts of RFC 6052, section 2.4, with addresses that are not for documentation: the prefix, and where 50.0.2.33 is. */
const layouts = [
  ['2a00:db8::/32', '2a00:db8:3200:221::'],
  ['2a00:db8:100::/40', '2a00:db8:132:2:21::'],
  ['2a00:db8:122::/48', '2a00:db8:122:3200:2:2100::'],
  ['2a00:db8:122:300::/56', '2a00:db8:122:332:0:221::'],
  ['2a00:db8:122:344::/64', '2a00:db8:122:344:32:2:2100:0'],
  ['2a00:db8:122:344::/96', '2a00:db8:122:344::3200:221'],
  ['64:ff9b::/96', '64:ff9b::3200:221'],
  ['64:ff9b:1::/96', '64:ff9b:1::3200:221'],
  ['fd00:64::/96', 'fd00:64::3200:221'],
] as const;

/** As a resolver behind that prefix answers for ipv4only.arpa. */
const answers = [
  ['2a00:db8::/32', '2a00:db8:c000:aa::'],
  ['2a00:db8:100::/40', '2a00:db8:1c0:0:aa::'],
  ['2a00:db8:122::/48', '2a00:db8:122:c000:0:aa00::'],
  ['2a00:db8:122:300::/56', '2a00:db8:122:3c0:0:aa::'],
  ['2a00:db8:122:344::/64', '2a00:db8:122:344:c0:0:aa00:0'],
  ['2a00:db8:122:344::/96', '2a00:db8:122:344::c000:aa'],
  ['64:ff9b::/96', '64:ff9b::192.0.0.171'],
  ['64:ff9b:1::/96', '64:ff9b:1::c000:aa'],
  ['fd00:64::/96', 'fd00:64::c000:ab'],
] as const;

function known(prefix: string): Pref64 {
  const answer = answers.find(([one]) => one === prefix)?.[1] ?? '';
  const found = prefixOf(answer);
  if (found === undefined) {
    throw new Error(`no prefix in ${answer}`);
  }
  return found;
}

test.each(answers)('%s is read from %s', (prefix) => {
  expect(formatPrefix(known(prefix))).toBe(prefix);
});

test.each(layouts)('behind %s, 50.0.2.33 is at %s', (prefix, address) => {
  expect(translated('50.0.2.33', known(prefix))).toBe(address);
  expect(untranslated(address, known(prefix))).toBe('50.0.2.33');
});

test.each([
  ['no answer about IPv4', '2a00:db8::1'],
  ['an IPv4 address', '192.0.0.170'],
  ['a prefix of this machine', '::c000:aa'],
  ['one of IPv4-mapped addresses', '::ffff:0:c000:aa'],
  ['one of the link', 'fe80::c000:aa'],
  ['one of groups', 'ff02::c000:aa'],
  ['one in whose reserved byte there is something', '2a00:db8:122:344:ffc0:0:aa00:0'],
])('%s tells of no NAT64', (_, answer) => {
  expect(prefixOf(answer)).toBeUndefined();
});

describe('the well-known prefix', () => {
  const prefix = known('64:ff9b::/96');

  test.each(['127.0.0.1', '10.0.0.1', '169.254.1.1', '224.0.0.1', '0.0.0.0', '100.64.0.1'])(
    'does not lead to %s',
    (address) => {
      expect(translated(address, prefix)).toBeUndefined();
      expect(untranslated(`64:ff9b::${address}`, prefix)).toBeUndefined();
    },
  );

  test('leads from no other IPv6 address, and to none', () => {
    expect(untranslated('2a00:db8::3200:221', prefix)).toBeUndefined();
    expect(untranslated('50.0.2.33', prefix)).toBeUndefined();
    expect(translated('2a00:db8::1', prefix)).toBeUndefined();
  });
});

test('a prefix of the network itself leads to its private addresses, too, and never to this machine', () => {
  const prefix = known('fd00:64::/96');
  expect(translated('10.0.0.1', prefix)).toBe('fd00:64::a00:1');
  expect(translated('127.0.0.1', prefix)).toBeUndefined();
  expect(untranslated('fd00:64::7f00:1', prefix)).toBeUndefined();
});
