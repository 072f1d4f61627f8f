import { expect, test } from 'vitest';
import { refuseCode } from '../../source/protocol/code.ts';
import { formatInvite, parseInvite } from '../../source/protocol/invite.ts';
import { publicMailbox } from '../../source/protocol/place-address.ts';

const code = { number: 7, words: ['velvet', 'orbit'] };

test.each([
  ['7-velvet-orbit', { code }],
  ['7-velvet-orbit@example.org', { code, server: { host: 'example.org', port: 8877, httpsPort: 443 } }],
  ['  7-Velvet-Orbit@example.org:9000 ', { code, server: { host: 'example.org', port: 9000 } }],
  ['7-velvet-orbit@[2001:db8::1]:9000', { code, server: { host: '2001:db8::1', port: 9000 } }],
  ['7-velvet-orbit@[2001:db8::1]', { code, server: { host: '2001:db8::1', port: 8877, httpsPort: 443 } }],
  ['7-velvet-orbit@192.0.2.1', { code, server: { host: '192.0.2.1', port: 8877, httpsPort: 443 } }],
  ['7-velvet-orbit@[fe80::1%20]:8877', { code, server: { host: 'fe80::1%20', port: 8877 } }],
])('reads %j', (text, invite) => {
  expect(parseInvite(text)).toEqual(invite);
});

const named = { host: 'example.org', port: 8877 };
/** Where no port is named, another one may do. */
const server = { ...named, httpsPort: 443 };
const secure = { https: { host: 'example.org', port: 443 } };
const wormhole = { mailbox: publicMailbox };
const address = { host: '2001:db8::1', port: 9000 };

test.each([
  ['7 velvet orbit', { code }],
  ['7-velvet-orbit.', { code }],
  ['(7-velvet-orbit)', { code }],
  ['«7-velvet-orbit»;', { code }],
  ['> > 7-velvet-orbit', { code }],
  ['punchline chat 7-velvet-orbit', { code }],
  ['punchline chat punchline chat 7-velvet-orbit', { code }],
  ['7%20velvet%20orbit', { code }],
  ['punchline chat 7-velvet-orbit@example.org', { code, server }],
  ['Punchline Chat 7-Velvet-Orbit@example.org', { code, server }],
  ['$ punchline pipe 7-velvet-orbit@example.org', { code, server }],
  ['me@box:~$ punchline chat 7-velvet-orbit@example.org', { code, server }],
  ['`punchline chat 7-velvet-orbit@example.org`.', { code, server }],
  ['npx -y punchline@latest chat 7-velvet-orbit@example.org', { code, server }],
  ['npm run -s punchline -- chat 7-velvet-orbit@example.org', { code, server }],
  ['node dist/punchline.cjs chat 7-velvet-orbit@example.org', { code, server }],
  ['punchline chat\n7-velvet-\norbit@example.org\n', { code, server }],
  ['7-velvet-orbit @ example.org', { code, server }],
  ['7-velvet-orbit＠ｅｘａｍｐｌｅ．ｏｒｇ', { code, server }],
  ['7-velvet-orbit%40example.org%3A8877', { code, server: named }],
  ['mailto:7-velvet-orbit@example.org', { code, server }],
  ['<mailto:7-velvet-orbit@example.org>', { code, server }],
  ['[7-velvet-orbit@example.org](mailto:7-velvet-orbit@example.org)', { code, server }],
  ['<mailto:7-velvet-orbit@example.org|7-velvet-orbit@example.org>', { code, server }],
  ['[7-velvet-orbit@example.org]', { code, server }],
  ['7-velvet-orbit@“example.org”!', { code, server }],
  ['7-velvet-orbit@example.org。', { code, server }],
  // A name server knows the final dot, and /etc/hosts does not.
  ['7-velvet-orbit@example.org.', { code, server }],
  ['7-velvet-orbit@example.org : 8877', { code, server: named }],
  ['7-velvet-orbit@my\u2011box.lan', { code, server: { host: 'my-box.lan', port: 8877, httpsPort: 443 } }],
  ['7-velvet-orbit@my-\nbox.lan', { code, server: { host: 'my-box.lan', port: 8877, httpsPort: 443 } }],
  [
    '„7-velvet-orbit@münchen.example“',
    { code, server: { host: 'münchen.example', port: 8877, httpsPort: 443 } },
  ],
  ["punchline chat '7-velvet-orbit@[2001:db8::1]:9000'.", { code, server: address }],
  ["'7-velvet-orbit@[2001:db8::1]:9000'", { code, server: address }],
  ['[7-velvet-orbit@[2001:db8::1]:9000]', { code, server: address }],
  ['([7-velvet-orbit@[2001:db8::1]])', { code, server: { ...address, port: 8877, httpsPort: 443 } }],
  ['7-velvet-orbit@https://example.org', { code, server: secure }],
  ['7-velvet-orbit@https://example.org/.', { code, server: secure }],
  ['7-velvet-orbit @ HTTPS://example.org:443/', { code, server: secure }],
  ['punchline chat "7-velvet-orbit@https://example.org"', { code, server: secure }],
  ['7-velvet-orbit%40https%3A%2F%2Fexample.org', { code, server: secure }],
  ['<7-velvet-orbit@https://example.org>', { code, server: secure }],
  ['7-velvet-orbit@https://[2001:db8::1]:9000', { code, server: { https: address } }],
  ['7-velvet-orbit@example.org,https://example.org', { code, server: [server, secure] }],
  ['7-velvet-orbit@https://example.org, wormhole', { code, server: [secure, wormhole] }],
  ['7-velvet-orbit@wormhole', { code, server: wormhole }],
  ['7-Velvet-Orbit@Wormhole.', { code, server: wormhole }],
  ['7-velvet-orbit@WSS://Relay.Magic-Wormhole.IO:443/v1', { code, server: wormhole }],
  ['“7-velvet-orbit@ｗｓｓ：／／relay.magic‑wormhole.io／v1”.', { code, server: wormhole }],
  ['7-velvet-orbit@wss://relay.magic-\nwormhole.io/\nv1', { code, server: wormhole }],
  ['7-velvet-orbit%40wss%3A%2F%2Frelay.magic-wormhole.io%2Fv1', { code, server: wormhole }],
  ['7-velvet-orbit@ws://192.0.2.1:4000/v1!', { code, server: { mailbox: 'ws://192.0.2.1:4000/v1' } }],
  ['7-velvet-orbit@[2001:db8::1]:9000,example.org', { code, server: [address, server] }],
  ['[7-velvet-orbit@[2001:db8::1]:9000,example.org]', { code, server: [address, server] }],
  ['7-velvet-orbit@example.org,[2001:db8::1]:9000).', { code, server: [server, address] }],
  ['7-velvet-orbit@[2001:db8::1]:9000,\nexample.org', { code, server: [address, server] }],
  [
    '7-velvet-orbit@[2001:db8::1]:9000 ，example.org、wormhole.',
    { code, server: [address, server, wormhole] },
  ],
  ['mailto:7-velvet-orbit%40example.org%2Cwormhole', { code, server: [server, wormhole] }],
  ['7-velvet-orbit@example.org,', { code, server }],
  ['7-velvet-orbit@example.org,example.org:8877', { code, server: named }],
  ['\uFEFF\u202A7-velvet-orbit@example.org\u202C\u200B\u{E0041}', { code, server }],
])('reads what people paste: %j', (text, invite) => {
  expect(parseInvite(text)).toEqual(invite);
});

test.each([
  ['', 'the invite is empty'],
  ['punchline chat', 'the invite is empty'],
  ['punchline chat --relay never 7-velvet-orbit', 'an option stands in the text of the invite'],
  ['punchline chat 7-velvet-orbit -s example.org', 'an option stands in the text of the invite'],
  ['7 --velvet --orbit', 'the code has one hyphen too many'],
  // A word in front of the program may mean something.
  ['7-velvet-orbit punchline chat 8-zoo-zoo', 'the code has 7 words after the number, not two'],
  ['host=x punchline chat 7-velvet-orbit', 'the code does not begin with a room number'],
  ['7-velvet-orbit@example.org see you', 'the invite has 3 words after the @, not one place'],
  ['7-velvet-orbit@exam ple.org', 'the invite has 2 words after the @, not one place'],
  ['[7-velvet-orbit@a.example](mailto:8-zoo-zoo@a.example)', 'a code stands where a rendezvous is meant'],
  ['7-velvet-orbit@8_zoo_zoo', 'a code stands where a rendezvous is meant'],
  [
    '7-velvet-orbit@http://example.org',
    "'http://example.org' is neither HOST[:PORT] nor a URL with https://, ws:// or wss://",
  ],
  ['7-velvet-orbit@https://example.org/v1', 'a path stands in the URL of the rendezvous'],
  ['7-velvet-orbit@example.org, see you', 'the invite has 3 words after the @, not 2 places'],
  ['7-velvet-orbit@example.org,8-zoo-zoo', 'a code stands where a rendezvous is meant'],
  ['7-velvet-orbit@ws://8-zoo-zoo/v1', 'a code stands where a rendezvous is meant'],
  ['7-velvet-orbit@,', 'the invite has no server after the @'],
  // Without the joiner it would be another host.
  ['7-velvet-orbit@نامه\u200Cای.example', "'نامه\u200Cای.example' is no host name"],
  ['@', 'the invite has no code before the @'],
  ['@example.org', 'the invite has no code before the @'],
  ['7-velvet-orbit@', 'the invite has no server after the @'],
  ['7-velvet@', 'the code has 1 word after the number, not two'],
  ['7-velvet@example.org', 'the code has 1 word after the number, not two'],
  [
    '7-velvet-orbti@example.org',
    'the second word of the code is not in the list of code words: it goes wrong at letter 4',
  ],
  ['7-velvet-orbit@example.org:99999', "'99999' is no port"],
  ['7-velvet-orbit@a@b', "'a@b' is no host name"],
  ['user@example.org', 'the code does not begin with a room number'],
])('%j: %s', (text, message) => {
  expect(() => parseInvite(text)).toThrow(
    expect.objectContaining({ code: 'ERR_USAGE', message, hint: expect.stringMatching(/\.$/) }),
  );
});

test.each([
  '7-velvet-orbit',
  '7-velvet-orbit@example.org',
  '7-velvet-orbit@example.org:9000',
  '7-velvet-orbit@[2001:db8::1]',
  '7-velvet-orbit@[2001:db8::1]:9000',
  '7-velvet-orbit@https://example.org',
  '7-velvet-orbit@https://[2001:db8::1]:9000,example.org',
  '7-velvet-orbit@wormhole',
  '7-velvet-orbit@ws://192.0.2.1:4000/v1',
  '7-velvet-orbit@wss://mailbox.example.org/v1,[2001:db8::1]:9000,wormhole',
])('%s is read and written back unchanged', (text) => {
  expect(formatInvite(parseInvite(text))).toBe(text);
});

test('the port is left out if it is 8877', () => {
  expect(formatInvite(parseInvite('7-velvet-orbit@example.org:8877'))).toBe('7-velvet-orbit@example.org');
});

test.each([
  '7-velvet-orbit',
  '7-Velvet-Orbit@example.org:8877',
  '7 velvet orbit',
  '"punchline chat 7-velvet-orbit@example.org"',
  '7-velvet-orbit:8877',
  'ws://7-velvet-orbit:4000/v1',
  'wss://example.org/7-velvet-orbit',
])('%j is a code, and refused as a rendezvous', (text) => {
  expect(() => refuseCode(text)).toThrow('a code stands where a rendezvous is meant');
});

test.each(['7-velvet-orbti', '7-eleven.example.org', 'example.org', ''])('%j is no code', (text) => {
  expect(() => refuseCode(text)).not.toThrow();
});
