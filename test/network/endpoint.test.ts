import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatEndpoint, formatServer, parseServer } from '../../source/network/endpoint.ts';

describe('parseServer', () => {
  test.each([
    ['example.org', 'example.org', 8877],
    [' example.org:9000\n', 'example.org', 9000],
    ['Example.ORG.', 'Example.ORG.', 8877],
    ['localhost:1', 'localhost', 1],
    ['my_box-2.lan:65535', 'my_box-2.lan', 65_535],
    ['münchen.example', 'münchen.example', 8877],
    ['192.0.2.1', '192.0.2.1', 8877],
    ['192.0.2.1:80', '192.0.2.1', 80],
    ['2001:db8::1', '2001:db8::1', 8877],
    ['::1', '::1', 8877],
    ['[::1]', '::1', 8877],
    ['[2001:db8::1]:9000', '2001:db8::1', 9000],
    ['[fe80::1%eth0]:9000', 'fe80::1%eth0', 9000],
    ['fe80::1%20', 'fe80::1%20', 8877],
    ['"example.org"', 'example.org', 8877],
    ["'[2001:db8::1]:9000'", '2001:db8::1', 9000],
    ['<“example.org:9000”>', 'example.org', 9000],
    ['@example.org', 'example.org', 8877],
    ['my\u2010box.lan', 'my-box.lan', 8877],
    ['ex\u00ADample\u3002org', 'example.org', 8877],
    ['example.org: 9000', 'example.org', 9000],
    ['\uFEFFexample.org\u200B', 'example.org', 8877],
  ])('reads %j', (text, host, port) => {
    expect(parseServer(text)).toEqual({ host, port });
  });

  test.each(['example.org', '192.0.2.1', '2001:db8::1', '[2001:db8::1]'])(
    'gives %j the default port that is passed in, and keeps a port that the text names',
    (text) => {
      expect(parseServer(text, 0).port).toBe(0);
      expect(parseServer(`${text.includes(':') ? '[2001:db8::1]' : text}:4711`, 0).port).toBe(4711);
    },
  );

  test.each([
    ['', 'the rendezvous is empty'],
    ['  ', 'the rendezvous is empty'],
    [':8877', "':8877' names no host"],
    ['example.org:', "no port follows the colon in 'example.org:'"],
    ['example.org:0', "'0' is no port"],
    ['example.org:65536', "'65536' is no port"],
    ['example.org:080', "'080' is no port"],
    ['example.org:http', "'http' is no port"],
    ['example.org:-1', "'-1' is no port"],
    ['a:b:c', "'a:b:c' is neither HOST:PORT nor an IPv6 address"],
    ['http://example.org', "'http://example.org' is a URL or a path, not HOST[:PORT]"],
    ['example.org/path', "'example.org/path' is a URL or a path, not HOST[:PORT]"],
    ['exa mple', "'exa mple' is no host name"],
    ['-x', "'-x' is no host name"],
    ['a..b', "'a..b' is no host name"],
    ['.', "'.' is no host name"],
    [`${'x'.repeat(64)}.org`, `'${'x'.repeat(60)}…' is no host name`],
    ['256.1.1.1', "'256.1.1.1' is no IPv4 address"],
    ['1.2.3:80', "'1.2.3' is no IPv4 address"],
    ['8877', "'8877' is no IPv4 address"],
    ['[::1', "'[::1' lacks the closing bracket"],
    ['[example.org]', "'example.org' is no IPv6 address, and only those stand in brackets"],
    ['[192.0.2.1]:80', "'192.0.2.1' is no IPv6 address, and only those stand in brackets"],
    ['[]', "'' is no IPv6 address, and only those stand in brackets"],
    ['[::1]8877', "after the bracket in '[::1]8877' only a colon and a port can follow"],
    ['[::1]:', "no port follows the colon in '[::1]:'"],
    ['[::1]:99999', "'99999' is no port"],
    ['\x1b[2J', "'␛[2J' is no host name"],
  ])('%j: %s', (text, message) => {
    expect(() => parseServer(text)).toThrow(
      expect.objectContaining({ code: 'ERR_USAGE', message, hint: expect.stringMatching(/\.$/) }),
    );
  });

  test('reads every server that formatServer writes', () => {
    const host = fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6(), fc.constant('localhost'));
    fc.assert(
      fc.property(host, fc.integer({ min: 1, max: 65_535 }), (name, port) => {
        expect(parseServer(formatServer({ host: name, port }))).toEqual({ host: name, port });
      }),
    );
  });
});

test.each([
  ['example.org', 8877, 'example.org'],
  ['example.org', 9000, 'example.org:9000'],
  ['::1', 8877, '[::1]'],
  ['::1', 9000, '[::1]:9000'],
])('the server %s at %d is written %s', (host, port, text) => {
  expect(formatServer({ host, port })).toBe(text);
});

test.each([
  ['192.0.2.1', 8877, '192.0.2.1:8877'],
  ['2001:db8::1', 1, '[2001:db8::1]:1'],
])('the endpoint %s, %d is written %s', (address, port, text) => {
  expect(formatEndpoint({ address, port })).toBe(text);
});
