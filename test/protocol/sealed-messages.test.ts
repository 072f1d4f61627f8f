import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalAddress } from '../../source/network/address.ts';
import { safeName } from '../../source/text/safe-text.ts';
import { MAX_PLAINTEXT_BYTES } from '../../source/connect/keys/seal.ts';
import {
  decodeSealedMessage,
  encodeSealedMessage,
  type HelloMessage,
} from '../../source/protocol/sealed-messages.ts';
import { ProtocolError } from '../../source/errors.ts';
import { raisesOnlyProtocolErrors } from '../helpers/decoders/raises-only-protocol-errors.ts';

function bytes(value: unknown) {
  return new TextEncoder().encode(JSON.stringify(value));
}
const host = { address: '192.168.1.20', port: 40_000 };
function hosts(count: number, one = host) {
  return Array.from({ length: count }, () => one);
}
const hello: HelloMessage = {
  t: 'hello',
  name: 'Ada',
  mode: 'chat',
  hosts: [host, { address: 'fd00::1', port: 1 }],
};

test('a hello is written in exactly these bytes', () => {
  expect(new TextDecoder().decode(encodeSealedMessage({ t: 'hello', mode: 'pipe', hosts: [host] }))).toBe(
    '{"t":"hello","mode":"pipe","hosts":[{"address":"192.168.1.20","port":40000}]}',
  );
});

describe('decodeSealedMessage', () => {
  test.each([
    ['with a name', hello],
    ['without a name', { t: 'hello', mode: 'pipe', hosts: [] }],
    ['with eight hosts', { ...hello, hosts: hosts(8) }],
    ['with a host that is not fit to be dialled', { ...hello, hosts: [{ address: '0.0.0.0', port: 22 }] }],
    ['with the number of sprays that are left', { ...hello, spray: true, bursts: 0, fans: 2 }],
    ['of a side that has a session', { ...hello, session: 'npXJ_PRRAwIYtFxt8o1ErA' }],
    ['of a side that only sends files', { ...hello, task: 'send' }],
    ['with its wish for the relay', { ...hello, relay: 'always' }],
    ['with a zone', { ...hello, hosts: [{ address: 'fe80::1%eth0.100', port: 40_000 }] }],
  ])('reads a hello %s', (_, message) => {
    expect(decodeSealedMessage(bytes(message))).toEqual(message);
  });

  test('reads the ports that a late probe has shown', () => {
    const observed = { t: 'observed', port: 5000, probePort: 5000, addressPort: 5001 } as const;
    expect(decodeSealedMessage(encodeSealedMessage(observed))).toEqual(observed);
    const forwarded = { t: 'forwarded', address: '50.0.1.2', port: 40_000 } as const;
    expect(decodeSealedMessage(encodeSealedMessage(forwarded))).toEqual(forwarded);
  });

  test('skips unknown fields', () => {
    const later = { ...hello, more: 1, hosts: [{ ...host, cost: 3 }] };
    expect(decodeSealedMessage(bytes(later))).toEqual({ ...hello, hosts: [host] });
  });

  test.each([['nat'], ['spray'], ['']])('skips a message of type %j', (t) => {
    expect(decodeSealedMessage(bytes({ t, mode: 7 }))).toBeUndefined();
  });

  test.each([
    ['a number', 7, 'without a type'],
    ['null', null, 'without a type'],
    ['a list', [], 'without a type'],
    ['no type', { mode: 'chat' }, 'without a type'],
    ['a type that is not a text', { t: 1 }, 'without a type'],
    ['no hosts', { t: 'hello', mode: 'chat' }, 'bad hosts'],
    ['nine hosts', { ...hello, hosts: hosts(9) }, 'bad hosts'],
    ['hosts that are not a list', { ...hello, hosts: {} }, 'bad hosts'],
    ['a third burst', { ...hello, bursts: 3 }, 'bad bursts'],
    ['a negative number of fans', { ...hello, fans: -1 }, 'bad fans'],
    ['half a burst', { ...hello, bursts: 0.5 }, 'bad bursts'],
    ['a mapped name', { ...hello, mapped: { address: 'example.org', port: 5000 } }, 'bad mapped.address'],
    ['a mapped port of 0', { ...hello, mapped: { address: '50.0.1.2', port: 0 } }, 'bad mapped.port'],
    ['a forwarded endpoint without an address', { t: 'forwarded', port: 5000 }, 'bad address'],
    ['a forwarded name', { t: 'forwarded', address: 'example.org', port: 5000 }, 'bad address'],
    ['a forwarded port of 0', { t: 'forwarded', address: '50.0.1.2', port: 0 }, 'bad port'],
    ['a late probe without its port', { t: 'observed', port: 5000 }, 'bad probePort'],
    ['a late probe of port 0', { t: 'observed', port: 0, probePort: 1 }, 'bad port'],
    ['another mode', { ...hello, mode: 'talk' }, 'bad mode'],
    ['another task', { ...hello, task: 'talk' }, 'bad task'],
    ['a short name of a session', { ...hello, session: 'npXJ' }, 'bad session'],
    ['a session with other characters', { ...hello, session: 'npXJ/PRRAwIYtFxt8o1ErA' }, 'bad session'],
    ['a name that is not a text', { ...hello, name: 1 }, 'bad name'],
    ['a name that is null', { ...hello, name: null }, 'bad name'],
    ['a name of 257 characters', { ...hello, name: 'x'.repeat(257) }, 'bad name'],
    ['a host without address', { ...hello, hosts: [{ port: 1 }] }, 'bad hosts.0.address'],
    ['a host by name', { ...hello, hosts: [{ address: 'localhost', port: 1 }] }, 'bad hosts.0.address'],
    [
      'an endless address',
      { ...hello, hosts: [{ address: '1'.repeat(81), port: 1 }] },
      'bad hosts.0.address',
    ],
    ['port 0', { ...hello, hosts: [host, { ...host, port: 0 }] }, 'bad hosts.1.port'],
    ['port 65536', { ...hello, hosts: [{ ...host, port: 65_536 }] }, 'bad hosts.0.port'],
    ['half a port', { ...hello, hosts: [{ ...host, port: 1.5 }] }, 'bad hosts.0.port'],
    ['a port as text', { ...hello, hosts: [{ ...host, port: '80' }] }, 'bad hosts.0.port'],
  ])('%s is a protocol error', (_, value, message) => {
    expect(() => decodeSealedMessage(bytes(value))).toThrow(ProtocolError);
    expect(() => decodeSealedMessage(bytes(value))).toThrow(message);
  });

  test.each([
    ['no bytes', new Uint8Array(0)],
    ['half a message', bytes(hello).subarray(0, 20)],
    ['bytes that are not UTF-8', bytes(hello).map((byte) => (byte === 0x41 ? 0xff : byte))],
    ['a plaintext of brackets only', new TextEncoder().encode('['.repeat(MAX_PLAINTEXT_BYTES))],
  ])('%s is a protocol error', (_, plaintext) => {
    expect(() => decodeSealedMessage(plaintext)).toThrow(ProtocolError);
  });
});

test('the longest hello fits one seal', () => {
  const longest: HelloMessage = {
    t: 'hello',
    name: '\0'.repeat(256),
    mode: 'chat',
    hosts: hosts(8, { address: `${'ffff:'.repeat(7)}ffff%${'x'.repeat(32)}`, port: 65_535 }),
  };
  const encoded = encodeSealedMessage(longest);
  expect(encoded.length).toBeLessThanOrEqual(MAX_PLAINTEXT_BYTES);
  expect(decodeSealedMessage(encoded)).toEqual(longest);
});

test.each([
  ['::ffff:192.168.1.20', '192.168.1.20'],
  ['FD00:0:0::1', 'fd00::1'],
  ['FE80::1%eth0', 'fe80::1%eth0'],
])('a host with the address %s is read with %s', (written, address) => {
  const read = decodeSealedMessage(bytes({ ...hello, hosts: [{ ...host, address: written }] }));
  expect(read).toMatchObject({ hosts: [{ ...host, address }] });
});

test('every hello is read as it was written', () => {
  const lists = fc.array(
    fc.record({
      address: fc.oneof(fc.ipV4(), fc.ipV6()).map(canonicalAddress),
      port: fc.integer({ min: 1, max: 65_535 }),
    }),
    { maxLength: 8 },
  );
  const name = fc.string({ unit: 'grapheme' }).map(safeName);
  fc.assert(
    fc.property(name, fc.constantFrom('chat', 'pipe'), lists, (own, mode, list) => {
      const message: HelloMessage = { t: 'hello', name: own, mode, hosts: list };
      expect(decodeSealedMessage(encodeSealedMessage(message))).toEqual(message);
    }),
  );
});

test('garbage raises only protocol errors', () => {
  const values = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.json().map((text) => new TextEncoder().encode(text)),
    fc
      .record({ t: fc.constant('hello'), name: fc.anything(), mode: fc.anything(), hosts: fc.jsonValue() })
      .map(bytes),
  );
  const decodes = fc.property(values, (value) =>
    raisesOnlyProtocolErrors(() => void decodeSealedMessage(value)),
  );
  expect(() => fc.assert(decodes)).not.toThrow();
});
