import { expect, test } from 'vitest';
import { PunchlineError } from '../../../source/errors.ts';
import { formatProxy, proxyFor } from '../../../source/network/proxy/proxy.ts';
import { parseProxy, readProxies } from '../../../source/network/proxy/read-proxies.ts';

function refusal(text: string): string {
  try {
    parseProxy(text, '--proxy');
  } catch (error) {
    if (error instanceof PunchlineError && error.code === 'ERR_USAGE') {
      return `${error.message} ${error.hint}`;
    }
    throw error;
  }
  throw new Error('it was taken');
}

test.each([
  ['socks5h://proxy.example', { scheme: 'socks5h', host: 'proxy.example', port: 1080 }],
  ['SOCKS5://192.0.2.1:9050/', { scheme: 'socks5h', host: '192.0.2.1', port: 9050 }],
  [' http://proxy.example ', { scheme: 'http', host: 'proxy.example', port: 80 }],
  ['https://[2001:db8::1]:8443', { scheme: 'https', host: '2001:db8::1', port: 8443 }],
  ['https://proxy.example', { scheme: 'https', host: 'proxy.example', port: 443 }],
  ['proxy.example:3128', { scheme: 'http', host: 'proxy.example', port: 3128 }],
  [
    'socks5h://ada:se%3Acret@proxy.example',
    {
      scheme: 'socks5h',
      host: 'proxy.example',
      port: 1080,
      user: { name: 'ada', password: 'se:cret' },
    },
  ],
  [
    'http://ada:p@ss%@proxy.example',
    { scheme: 'http', host: 'proxy.example', port: 80, user: { name: 'ada', password: 'p@ss%' } },
  ],
])('%s is read', (text, proxy) => {
  expect(parseProxy(text, '--proxy')).toEqual(proxy);
});

test('what is shown of a proxy holds neither the user name nor the password', () => {
  const shown = formatProxy(parseProxy('socks5h://ada:velvet@[2001:db8::1]', '--proxy'));
  expect(shown).toBe('socks5h://[2001:db8::1]:1080');
});

test.each([
  ['socks4://proxy.example', 'socks4://'],
  ['', 'names no host'],
  ['http://', 'names no host'],
  ['http://proxy.example:99999', '99999'],
  ['socks5h://:velvet@proxy.example', 'user name is empty'],
  [`socks5h://ada:${'v'.repeat(256)}@proxy.example`, '255 bytes'],
])('%j is refused with what is wrong, and with the form', (text, why) => {
  expect(refusal(text)).toContain(why);
  expect(refusal(text)).toContain('socks5h://[USER:PASSWORD@]HOST[:PORT]');
});

test.each([
  'http://ada:velvet',
  'http://ada:velvet:8080',
  'velvet://ada:velvetorbit@proxy.example:port',
  'http://ada:velvetorbit@proxy.example:port',
  'http://ada:velvetorbit@proxy example',
])('the refusal of %s does not show the password', (text) => {
  expect(refusal(text)).not.toMatch(/orbit|:velvet/);
});

const at = { host: 'meet.example.org', isSecure: false };

test('what was typed wins over all variables', () => {
  const proxies = readProxies('socks5h://typed', { ALL_PROXY: 'http://other', NO_PROXY: '*' });
  expect(proxyFor(proxies, at)).toMatchObject({ host: 'typed' });
});

test('HTTPS_PROXY is for secure places, and ALL_PROXY for all others; small letters win', () => {
  const variables = { ALL_PROXY: 'http://capital', all_proxy: 'http://small', HTTPS_PROXY: 'http://secure' };
  const proxies = readProxies(undefined, variables);
  expect(proxyFor(proxies, at)).toMatchObject({ host: 'small' });
  expect(proxyFor(proxies, { ...at, isSecure: true })).toMatchObject({ host: 'secure' });
});

test('an empty variable names no proxy, and without any there is none', () => {
  expect(proxyFor(readProxies(undefined, { all_proxy: '', ALL_PROXY: ' ' }), at)).toBeUndefined();
  expect(proxyFor(readProxies(undefined, {}), at)).toBeUndefined();
});

test('a bad variable is named', () => {
  expect(() => readProxies(undefined, { all_proxy: 'gopher://x' })).toThrow(/^all_proxy: /);
});

test.each([
  ['*', 'meet.example.org'],
  ['example.org', 'meet.example.org'],
  ['.example.org', 'meet.example.org'],
  ['a.example, EXAMPLE.org.', 'Meet.Example.org'],
  ['a.example b.example meet.example.org', 'meet.example.org.'],
  ['192.0.2.0/24', '192.0.2.7'],
  ['192.0.2.7', '192.0.2.7'],
  ['2001:db8::/32', '2001:db8::1'],
  ['[2001:db8::1]', '2001:DB8:0::1'],
])('NO_PROXY=%s holds for %s', (except, host) => {
  const proxies = readProxies(undefined, { ALL_PROXY: 'http://proxy', NO_PROXY: except });
  expect(proxyFor(proxies, { host, isSecure: false })).toBeUndefined();
});

test.each([
  ['', 'meet.example.org'],
  ['example.or', 'meet.example.org'],
  ['ample.org', 'meet.example.org'],
  ['meet.example.org', 'example.org'],
  ['192.0.2.0/24', '192.0.3.7'],
  ['192.0.2', '192.0.2.7'],
  ['192.0.2.0/24', 'meet.example.org'],
])('NO_PROXY=%s does not hold for %s', (except, host) => {
  const proxies = readProxies(undefined, { ALL_PROXY: 'http://proxy', NO_PROXY: except });
  expect(proxyFor(proxies, { host, isSecure: false })).toMatchObject({ host: 'proxy' });
});
