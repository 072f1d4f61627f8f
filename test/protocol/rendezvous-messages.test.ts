import { describe, expect, test } from 'vitest';
import {
  formatMessage,
  parseClientMessage,
  parseProbeMessage,
  parseServerMessage,
  type ClientMessage,
  type ServerMessage,
} from '../../source/protocol/rendezvous-messages.ts';
import { ProtocolError } from '../../source/errors.ts';

function base64url(length: number) {
  return Buffer.alloc(length, 0xfb).toString('base64url');
}
const client = base64url(16);
const share = base64url(32);
const nonce = base64url(16);
const token = base64url(16);
const you = { address: '192.0.2.7', port: 4711, probePort: 4712 };
const join = { t: 'join', v: 1, number: 7, client, share, nonce, rttMs: 20.25 } as const;

const clientMessages: ClientMessage[] = [
  { t: 'open', v: 1, client },
  join,
  {
    ...join,
    number: 999_999_999,
    probeToken: token,
    token,
    nat: { mapping: 'endpoint-independent', step: -2 },
  },
  { t: 'candidate', sealed: base64url(4500) },
  { t: 'round', n: 1 },
  { t: 'round', n: 1000, rttMs: 0 },
  { t: 'relay' },
  { t: 'done', outcome: 'punched' },
  { t: 'ping' },
  { t: 'pong' },
];

const serverMessages: ServerMessage[] = [
  { t: 'opened', number: 1, you, token, probe: 8878 },
  { t: 'waiting', you: { address: '2001:db8::7', port: 1 } },
  { t: 'waiting', you, probe: 8878 },
  { t: 'matched', role: 'a', you, session: token, peer: { mapped: you, share, nonce }, startInMs: 0 },
  {
    t: 'matched',
    role: 'b',
    you,
    session: token,
    peer: { mapped: you, share, nonce, nat: {} },
    startInMs: 2000,
    probe: 1,
  },
  { t: 'candidate', sealed: 'AA' },
  { t: 'start', n: 3, startInMs: 12.5 },
  { t: 'relaying' },
  { t: 'relay-refused', code: 'ERR_RELAY_OFF', message: 'no relay here' },
  { t: 'ping' },
  { t: 'pong' },
  { t: 'retry', afterMs: 1000 },
  { t: 'redirect', server: 'b.example.org:8877' },
  { t: 'error', code: 'ERR_NO_SUCH_ROOM', message: 'nobody waits' },
];

describe('messages', () => {
  test.each(clientMessages)('of a client are read as they were written: $t', (message) => {
    const line = formatMessage(message);
    expect(line.endsWith('}\n')).toBe(true);
    expect(parseClientMessage(line.trimEnd())).toEqual(message);
  });

  test.each(serverMessages)('of the server are read as they were written: $t', (message) => {
    expect(parseServerMessage(formatMessage(message))).toEqual(message);
  });

  test('of a probe carry a token', () => {
    expect(parseProbeMessage(formatMessage({ t: 'probe', token }))).toEqual({ t: 'probe', token });
    expect(() => parseProbeMessage('{"t":"ping"}')).toThrow(ProtocolError);
  });

  test.each([
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:C000:207', '192.0.2.7'],
    ['2001:DB8:0::7', '2001:db8::7'],
    ['::192.0.2.7', '::c000:207'],
  ])('of the server with the address %s are read with %s', (written, address) => {
    const mapped = { address: written, port: 1 };
    const match = { t: 'matched', role: 'a', session: token, startInMs: 0, probeHost: written };
    const read = parseServerMessage(JSON.stringify({ ...match, you: mapped, peer: { mapped, nonce } }));
    const endpoint = { address, port: 1 };
    expect(read).toMatchObject({ you: endpoint, peer: { mapped: endpoint }, probeHost: address });
  });

  test('lose their unknown fields, except those of nat', () => {
    expect(parseClientMessage(JSON.stringify({ t: 'ping', later: { deep: [1] } }))).toEqual({ t: 'ping' });
    expect(parseClientMessage(JSON.stringify({ ...join, nat: { later: 'x' } }))).toMatchObject({
      nat: { later: 'x' },
    });
  });
});

describe('a bad line', () => {
  test.each([
    ['{"t":"ping"', 'not a line of JSON'],
    ['HTTP/1.1 400 Bad Request', 'HTTP/1.1 400 Bad Request'],
    ['', 'not a line of JSON'],
    ['null', 'not a JSON object'],
    ['[{"t":"ping"}]', 'not a JSON object'],
    ['"ping"', 'not a JSON object'],
    ['{}', 'without a type'],
    ['{"t":"hello"}', 'unknown message type "hello"'],
    ['{"t":"toString"}', 'unknown message type'],
    ['{"t":["open"]}', 'unknown message type'],
    ['{"t":"matched"}', 'unknown message type'],
  ])('%j is refused', (line, message) => {
    expect(() => parseClientMessage(line)).toThrow(ProtocolError);
    expect(() => parseClientMessage(line)).toThrow(message);
  });

  test.each<[string, unknown]>([
    ['v', 2],
    ['v', '1'],
    ['v', undefined],
    ['number', -1],
    ['number', 1.5],
    ['number', 1_000_000_000],
    ['number', '7'],
    ['client', base64url(15)],
    ['client', base64url(17)],
    ['client', 7],
    ['share', base64url(31)],
    ['share', base64url(33)],
    ['share', `${share.slice(0, -1)}=`],
    ['nonce', base64url(7)],
    ['nonce', base64url(65)],
    ['rttMs', -1],
    ['rttMs', 60_001],
    ['rttMs', null],
    ['rttMs', '20'],
    ['token', base64url(7)],
    ['token', null],
    ['probeToken', base64url(65)],
    ['nat', 'open'],
    ['nat', { deep: {} }],
    ['nat', Object.fromEntries(Array.from({ length: 10 }, (_, index) => [`k${index}`, 'x'.repeat(60)]))],
  ])('names its bad field: %s %j', (field, value) => {
    const line = JSON.stringify({ ...join, [field]: value });
    expect(() => parseClientMessage(line)).toThrow(ProtocolError);
    expect(() => parseClientMessage(line)).toThrow(`join: ${field}`);
  });

  test('of another version is refused with the version that is spoken, whatever else it holds', () => {
    expect(() => parseClientMessage('{"t":"join","v":2,"room":"x"}')).toThrow(
      '1, the only version spoken here',
    );
  });

  test.each(['192.0.2', '0x7f.1', 'example.org', 'fe80::1%eth0', ''])('refuses the address %j', (address) => {
    const line = JSON.stringify({ t: 'waiting', you: { address, port: 1 } });
    expect(() => parseServerMessage(line)).toThrow('waiting: you.address');
  });

  test('is quoted in short, in printable characters, and without secrets', () => {
    const noisy = JSON.stringify({ t: 'done', outcome: `\u001B]0;x\u0007\u202E${'y'.repeat(5000)}` });
    expect(() => parseClientMessage(noisy)).toThrow(/^[ -~…]{1,200}$/);
    const strange = JSON.stringify({ ...join, nat: { [`\u001B]0;x\u0007${'y'.repeat(5000)}`]: 1 } });
    expect(() => parseClientMessage(strange)).toThrow(/^join: nat\.[ -~…]{1,200}$/);
    const secret = base64url(31);
    for (const line of [JSON.stringify({ ...join, share: secret }), `{"share":"${secret}`]) {
      expect(() => parseClientMessage(line)).not.toThrow(secret.slice(0, 8));
    }
  });
});
