import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  formatPlace,
  parsePlaces,
  placesOf,
  publicMailbox,
  rendezvousIn,
} from '../../source/protocol/place-address.ts';
import { samples } from '../helpers/samples.ts';

const example = { host: 'example.org', port: 8877 };
/** Where no port is named, another one may do. */
const either = { ...example, httpsPort: 443 };

test.each([
  ['example.org', either],
  ['"example.org:8877"', example],
  ['[2001:db8::1]:9000', { host: '2001:db8::1', port: 9000 }],
  ['wormhole', { mailbox: publicMailbox }],
  [' WORMHOLE. ', { mailbox: publicMailbox }],
  ['wormhole.example.org', { host: 'wormhole.example.org', port: 8877, httpsPort: 443 }],
  ['worm-hole:4000', { host: 'worm-hole', port: 4000 }],
  ['wss://relay.magic-wormhole.io/v1', { mailbox: publicMailbox }],
  ['Wss://relay.magic-wormhole.io:443/v1', { mailbox: publicMailbox }],
  ['ws://relay.magic-wormhole.io/v1', { mailbox: 'ws://relay.magic-wormhole.io/v1' }],
  ['ws://my-box.example:80/v1', { mailbox: 'ws://my-box.example/v1' }],
  ['ws://my-box.example:4000/v1/', { mailbox: 'ws://my-box.example:4000/v1/' }],
  ['ws://my-box.example:4000', { mailbox: 'ws://my-box.example:4000' }],
  ['ws://my-box.example:4000/', { mailbox: 'ws://my-box.example:4000/' }],
  ['ws://my_box:4000/a–b', { mailbox: 'ws://my_box:4000/a-b' }],
  ['ws://[2001:DB8::1]:4000/v1', { mailbox: 'ws://[2001:db8::1]:4000/v1' }],
  ['ws://2001:db8::1/v1', { mailbox: 'ws://[2001:db8::1]/v1' }],
  ['wss://example.org : 4000/v1', { mailbox: 'wss://example.org:4000/v1' }],
  ['wss://münchen.example/v1', { mailbox: 'wss://xn--mnchen-3ya.example/v1' }],
  ['wss://example.org/%2C', { mailbox: 'wss://example.org/%2C' }],
  ['example.org,wormhole', [either, { mailbox: publicMailbox }]],
  ["'example.org' , 'wormhole'", [either, { mailbox: publicMailbox }]],
  ['example.org,, wormhole,', [either, { mailbox: publicMailbox }]],
  ['example.org،wormhole', [either, { mailbox: publicMailbox }]],
  ['wormhole,example.org,wss://relay.magic-wormhole.io/v1', [{ mailbox: publicMailbox }, either]],
  ['https://example.org', { https: { host: 'example.org', port: 443 } }],
  [' “HTTPS://Example.org:443/” ', { https: { host: 'Example.org', port: 443 } }],
  ['https://example.org : 4000/', { https: { host: 'example.org', port: 4000 } }],
  ['https://192.0.2.1', { https: { host: '192.0.2.1', port: 443 } }],
  ['https://[2001:db8::1]', { https: { host: '2001:db8::1', port: 443 } }],
  ['https://[2001:db8::1]:8443/', { https: { host: '2001:db8::1', port: 8443 } }],
  ['https://2001:db8::1', { https: { host: '2001:db8::1', port: 443 } }],
  ['https://example.org:443,https://example.org/', { https: { host: 'example.org', port: 443 } }],
  ['example.org,https://example.org', [either, { https: { host: 'example.org', port: 443 } }]],
  ['localhost', { host: 'localhost', port: 8877 }],
  ['127.0.0.1', { host: '127.0.0.1', port: 8877 }],
  ['fe80::1%20', { host: 'fe80::1%20', port: 8877 }],
  ['192.0.2.1', { host: '192.0.2.1', port: 8877, httpsPort: 443 }],
])('reads %j', (text, places) => {
  expect(parsePlaces(text)).toEqual(places);
});

const url = 'is neither HOST[:PORT] nor a URL with https://, ws:// or wss://';

test.each([
  ['', 'the rendezvous is empty'],
  [' , ', 'the rendezvous is empty'],
  ['https://', "'https://' names no host"],
  ['https:///', "'https:///' names no host"],
  ['https://example.org/v1', 'a path stands in the URL of the rendezvous'],
  ['https://example.org/punchline/1', 'a path stands in the URL of the rendezvous'],
  ['https://example.org//', 'a path stands in the URL of the rendezvous'],
  ['https://example.org?room=7', 'a query or a fragment stands in the URL of the rendezvous'],
  ['https://example.org/#7', 'a query or a fragment stands in the URL of the rendezvous'],
  ['https://ada:secret@example.org', 'a user name stands in the URL of the rendezvous'],
  ['https://example.org:0', "'0' is no port"],
  ['https://[fe80::1%eth0]', "'fe80::1%eth0' has a zone, which no URL can have"],
  ['https://7-velvet-orbit', 'a code stands where a rendezvous is meant'],
  ['http://example.org:8877', `'http://example.org:8877' ${url}`],
  ['example.org/v1', `'example.org/v1' ${url}`],
  ['//example.org', `'//example.org' ${url}`],
  ['wormhole:4000', "'wormhole:4000': nothing stands behind wormhole, the public mailbox server"],
  ['Wormhole/v1', "'Wormhole/v1': nothing stands behind wormhole, the public mailbox server"],
  ['ws://ada@example.org', 'a user name stands in the URL of the mailbox server'],
  ['wss://ada:secret@example.org/v1', 'a user name stands in the URL of the mailbox server'],
  ['wss://example.org/v1?key=secret', 'a query or a fragment stands in the URL of the mailbox server'],
  ['wss://example.org?key=secret', 'a query or a fragment stands in the URL of the mailbox server'],
  ['wss://example.org/v1#secret', 'a query or a fragment stands in the URL of the mailbox server'],
  ['wss://', "'wss://' names no host"],
  ['wss:///v1', "'wss:///v1' names no host"],
  ['ws://example.org:99999/v1', "'99999' is no port"],
  ['ws://example.org:/v1', "no port follows the colon in 'example.org:'"],
  // new URL() would read it as 1.2.0.3.
  ['ws://1.2.3/v1', "'1.2.3' is no IPv4 address"],
  ['ws://exa mple/v1', "'exa mple' is no host name"],
  ['ws://[fe80::1%eth0]/v1', "'fe80::1%eth0' has a zone, which no URL can have"],
  ['example.org,a:b:c', "'a:b:c' is neither HOST:PORT nor an IPv6 address"],
  ['7-velvet-orbit', 'a code stands where a rendezvous is meant'],
  ['example.org,7-velvet-orbit', 'a code stands where a rendezvous is meant'],
  ['wss://7-velvet-orbit/v1', 'a code stands where a rendezvous is meant'],
  ['a,b,c,d,e,f,g,h,i', '9 places are named, and at most 8 are tried'],
])('%j: %s', (text, message) => {
  expect(() => parsePlaces(text)).toThrow(
    expect.objectContaining({ code: 'ERR_USAGE', message, hint: expect.stringMatching(/\.$/) }),
  );
});

test('what is written for places is read as the same places', () => {
  const port = fc.integer({ min: 1, max: 65_535 });
  const host = fc.oneof(
    fc.domain(),
    fc.ipV4(),
    fc.ipV6().map((address) => `[${address}]`),
  );
  const path = fc.stringMatching(/^(?:\/[\w.,;=@%-]{0,9}){0,3}$/);
  const mailbox = fc
    .tuple(fc.constantFrom('ws', 'wss'), host, fc.option(port), path)
    .map(([scheme, name, number, rest]) => `${scheme}://${name}${number === null ? '' : `:${number}`}${rest}`)
    .map((text) => text.replaceAll(',', '%2C'));
  const server = fc.tuple(host, port).map(([name, number]) => `${name}:${number}`);
  const secure = fc
    .tuple(host, fc.option(port), fc.constantFrom('', '/'))
    .map(([name, number, end]) => `https://${name}${number === null ? '' : `:${number}`}${end}`);
  const texts = fc.uniqueArray(fc.oneof(mailbox, host, server, secure, fc.constant('wormhole')), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(texts, (parts) => {
      const places = parsePlaces(parts.join(','));
      expect(parsePlaces(placesOf(places).map(formatPlace).join(','))).toEqual(places);
      expect(placesOf(places).length).toBeLessThanOrEqual(parts.length);
    }),
    { numRuns: samples(300) },
  );
});

test.each([
  ['https://example.org/', 'https://example.org'],
  ['https://example.org:443', 'https://example.org'],
  ['https://example.org:8877', 'https://example.org:8877'],
  ['https://[2001:db8::1]:443', 'https://[2001:db8::1]'],
  ['https://2001:db8::1', 'https://[2001:db8::1]'],
])('writes %j as %j', (text, written) => {
  expect(placesOf(parsePlaces(text)).map(formatPlace)).toEqual([written]);
});

test('the rendezvous among places is found, and is missed where there is none', () => {
  expect(rendezvousIn(parsePlaces('wormhole,example.org'), '--classic')).toEqual(example);
  expect(() => rendezvousIn(parsePlaces('wormhole'), '--classic')).toThrow(
    '--classic needs a rendezvous, and wormhole is a mailbox',
  );
  expect(rendezvousIn(parsePlaces('https://a.example,example.org'), '--classic')).toEqual(example);
  expect(() => rendezvousIn(parsePlaces('https://a.example,wormhole'), '--classic')).toThrow(
    '--classic needs a rendezvous over TCP, and https://a.example,wormhole is reached by https',
  );
});
