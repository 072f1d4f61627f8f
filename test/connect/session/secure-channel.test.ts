import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { getEventListeners, once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import { promisify } from 'node:util';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { PunchlineError } from '../../../source/errors.ts';
import type { Role } from '../../../source/events.ts';
import { secureChannel, type Channel } from '../../../source/connect/session/secure-channel.ts';
import { eventually } from '../../helpers/eventually.ts';
import { expectNothingLeft } from '../../helpers/nothing-left.ts';
import { socketPair } from '../../helpers/sessions/socket-pair.ts';

const psk = Buffer.alloc(32, 7);
const certificate = 'test/helpers/servers/certificate.pem';
const credentials = {
  cert: readFileSync(certificate),
  key: readFileSync('test/helpers/servers/certificate-key.pem'),
};
const identity = 'punchline/1';
function pskCallback() {
  return psk;
}
const suites = 'TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256';

interface Trial {
  readonly role: Role;
  readonly key?: Uint8Array;
  readonly proofMs?: number;
  readonly signal?: AbortSignal;
}

function secure(socket: Socket, { role, key = psk, proofMs = 10_000, signal }: Trial): Promise<Channel> {
  return secureChannel(socket, { role, psk: key, proofMs, signal: signal ?? new AbortController().signal });
}

/** The reason why our side gave up. Its socket must be gone by then. */
async function refusal(socket: Socket, trial: Trial): Promise<string> {
  try {
    const { socket: channel } = await secure(socket, trial);
    channel.destroy();
    return 'proven';
  } catch (error) {
    if (!(error instanceof PunchlineError) || error.code !== 'ERR_CONNECTION_LOST') {
      throw error;
    }
    return socket.destroyed ? error.message : 'refused, but its socket is open';
  }
}

const unproven = expect.stringMatching(/^a socket did not prove itself: ./);

/** The only plaintext that the other side of a test is ever sent. */
function heardBy(socket: tls.TLSSocket): Buffer[] {
  const heard: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => heard.push(chunk));
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  return heard;
}

function foreignClient(socket: Duplex, options: tls.ConnectionOptions) {
  return tls.connect({
    socket,
    minVersion: 'TLSv1.3',
    ciphers: suites,
    checkServerIdentity: () => undefined,
    pskCallback: () => ({ psk, identity }),
    ...options,
  });
}

function foreignServer(socket: Socket, options: tls.SecureContextOptions & Partial<tls.TLSSocketOptions>) {
  return new tls.TLSSocket(socket, {
    isServer: true,
    secureContext: tls.createSecureContext(options),
    ...options,
  });
}

describe('a channel', () => {
  test.each(['a', 'b'] as const)(
    'is proven by the key that both hold, when %s has dialled',
    async (dialler) => {
      expectNothingLeft();
      const [dialled, accepted] = await socketPair();
      const [a, b] = await Promise.all([
        secure(dialler === 'a' ? dialled : accepted, { role: 'a' }),
        secure(dialler === 'a' ? accepted : dialled, { role: 'b' }),
      ]);
      expect([a.cipher, b.cipher]).toEqual(['TLS_CHACHA20_POLY1305_SHA256', 'TLS_CHACHA20_POLY1305_SHA256']);
      expect(a.group).toMatch(/^X25519/);
      expect(b.group).toBeUndefined();
      a.socket.write('from a');
      b.socket.write('from b');
      expect(String((await once(b.socket, 'data'))[0])).toBe('from a');
      expect(String((await once(a.socket, 'data'))[0])).toBe('from b');
    },
  );

  test('that is reset after it was proven causes no uncaught error', async () => {
    const [dialled, accepted] = await socketPair();
    const [a, b] = await Promise.all([secure(dialled, { role: 'a' }), secure(accepted, { role: 'b' })]);
    // Bytes that arrived and were not read turn the close into a reset.
    a.socket.pause();
    b.socket.write(Buffer.alloc(10e6));
    await eventually(() => expect(a.socket.readableLength).toBeGreaterThan(0));
    a.socket.destroy();
    b.socket.resume();
    await eventually(() => expect(b.socket.closed).toBe(true));
    expect(b.socket.errored).toMatchObject({ code: expect.stringMatching(/^(ECONNRESET|EPIPE)$/) });
  });

  test.each(['a', 'b'] as const)(
    'is closed by %s as soon as one bit was changed on the way, which is not read',
    async (role) => {
      expectNothingLeft();
      const [[sending, fromSender], [toReader, reading]] = [await socketPair(), await socketPair()];
      let changes = false;
      fromSender.on('data', (chunk: Buffer) => {
        if (changes) {
          chunk[chunk.length - 1]! ^= 1;
        }
        toReader.write(chunk);
      });
      fromSender.resume();
      toReader.on('data', (chunk: Buffer) => fromSender.write(chunk));
      const [reader, sender] = await Promise.all([
        secure(reading, { role }),
        secure(sending, { role: role === 'a' ? 'b' : 'a' }),
      ]);
      const heard = heardBy(reader.socket);
      sender.socket.on('error', () => undefined);
      sender.socket.write('as it was');
      await eventually(() => expect(String(heard)).toBe('as it was'));
      changes = true;
      sender.socket.write('as it was not');
      await eventually(() => expect(reader.socket.closed).toBe(true));
      expect(reader.socket.errored?.message).toContain('something on the way changed');
      expect(String(heard)).toBe('as it was');
    },
  );

  test('leaves nothing behind at the signal', async () => {
    const [dialled, accepted] = await socketPair();
    const { signal } = new AbortController();
    await Promise.all([secure(dialled, { role: 'a', signal }), secure(accepted, { role: 'b', signal })]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('is dropped by both if the keys differ in one bit', async () => {
    expectNothingLeft();
    const [dialled, accepted] = await socketPair();
    const key = Buffer.from(psk);
    key[31] = 6;
    const refusals = await Promise.all([
      refusal(dialled, { role: 'a' }),
      refusal(accepted, { role: 'b', key }),
    ]);
    expect(refusals).toEqual([unproven, unproven]);
  });

  test.each(['a', 'b'] as const)('is dropped by %s when the other side says nothing', async (role) => {
    expectNothingLeft();
    const [dialled, accepted] = await socketPair();
    accepted.resume();
    expect(await refusal(dialled, { role, proofMs: 50 })).toContain('nothing within 50 ms');
  });

  test('is reset when it stalls, so that its port is free, and that is told', async () => {
    expectNothingLeft();
    const [dialled, accepted] = await socketPair();
    const reset = once(accepted.resume(), 'error');
    const onStalled = vi.fn<(hasKey: boolean) => void>();
    const { signal } = new AbortController();
    await expect(secureChannel(dialled, { role: 'a', psk, signal, proofMs: 50, onStalled })).rejects.toThrow(
      'nothing within 50 ms',
    );
    expect(onStalled.mock.calls).toEqual([[false]]);
    expect(await reset).toMatchObject([{ code: 'ECONNRESET' }]);
  });

  test('that stalls after the client has shown the key is of the peer', async () => {
    expectNothingLeft();
    const [dialled, accepted] = await socketPair();
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const onStalled = vi.fn<(hasKey: boolean) => void>();
    const { signal } = new AbortController();
    const server = secureChannel(accepted, { role: 'b', psk, signal, onStalled });
    // What the server says gets lost.
    const answer = once(dialled, 'data');
    const deaf = new Duplex({
      read: () => undefined,
      write: (bytes, _, done) => void dialled.write(bytes as Uint8Array, done),
    });
    heardBy(foreignClient(deaf, {}));
    await answer;
    vi.advanceTimersByTime(5000);
    await expect(server).rejects.toThrow('nothing within 5000 ms');
    expect(onStalled.mock.calls).toEqual([[true]]);
    deaf.destroy();
  });

  test.each(['a', 'b'] as const)(
    'is dropped by %s in time when a handshake comes byte by byte',
    async (role) => {
      expectNothingLeft();
      const [dialled, accepted] = await socketPair();
      accepted.resume();
      // The beginning of a message of 16 KiB (RFC 8446 section 4), as either side might send it.
      const handshake = Buffer.from(`16030100ff0${role === 'a' ? 2 : 1}0000fb0303`.padEnd(400, '0'), 'hex');
      let at = 0;
      const timer = setInterval(() => accepted.write(handshake.subarray(at, (at += 1))), 5);
      onTestFinished(() => clearInterval(timer));
      expect(await refusal(dialled, { role, proofMs: 150 })).toContain('nothing within 150 ms');
      expect(at).toBeGreaterThan(2);
    },
  );

  test.each(['a', 'b'] as const)('is dropped by %s when it is no longer wanted', async (role) => {
    expectNothingLeft();
    const [dialled, accepted] = await socketPair();
    accepted.resume();
    const abort = new AbortController();
    const drop = refusal(dialled, { role, signal: abort.signal });
    abort.abort();
    expect(await drop).toContain('no longer wanted');
    const [other] = await socketPair();
    expect(await refusal(other, { role, signal: abort.signal })).toContain('no longer wanted');
  });

  test.each<[Role, string, Uint8Array]>(
    (['a', 'b'] as const).flatMap((role): [Role, string, Uint8Array][] => [
      [role, 'random bytes', randomBytes(5000)],
      [role, 'an HTTP response', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
      [role, 'an SSH banner', Buffer.from('SSH-2.0-OpenSSH_9.6\r\n')],
      [role, 'a TLS alert', Buffer.from('15030300020228', 'hex')],
      [role, 'zeroes', Buffer.alloc(70_000)],
    ]),
  )('is dropped by %s when it is sent %s', async (role, _, bytes) => {
    const [dialled, accepted] = await socketPair();
    accepted.resume();
    accepted.write(bytes);
    expect(await refusal(dialled, { role })).toEqual(unproven);
  });

  test.each(['a', 'b'] as const)('is dropped by %s when the other side closes at once', async (role) => {
    const [dialled, accepted] = await socketPair();
    accepted.end();
    accepted.resume();
    expect(await refusal(dialled, { role })).toEqual(unproven);
  });
});

describe('role b refuses a client', () => {
  test.each<[string, tls.ConnectionOptions]>([
    ['without a key', { pskCallback: () => null }],
    ['with a certificate', { pskCallback: () => null, ...credentials }],
    ['with the key under another identity', { pskCallback: () => ({ psk, identity: 'punchline/2' }) }],
    [
      'of TLS 1.2',
      {
        minVersion: 'TLSv1.2',
        maxVersion: 'TLSv1.2',
        ciphers: 'PSK-AES128-GCM-SHA256:PSK-CHACHA20-POLY1305',
      },
    ],
    ['that wants AES-256', { ciphers: 'TLS_AES_256_GCM_SHA384' }],
  ])('%s', async (_, options) => {
    const [dialled, accepted] = await socketPair();
    const client = foreignClient(dialled, options);
    const heard = heardBy(client);
    expect(await refusal(accepted, { role: 'b' })).toEqual(unproven);
    expect(heard).toEqual([]);
  });

  test('and accepts one that does everything right (the control)', async () => {
    const [dialled, accepted] = await socketPair();
    const client = foreignClient(dialled, {});
    heardBy(client);
    await expect(secure(accepted, { role: 'b' })).resolves.toMatchObject({ group: undefined });
  });
});

describe('role a refuses a server', () => {
  test.each<[string, tls.SecureContextOptions & Partial<tls.TLSSocketOptions>]>([
    ['with a certificate instead of the key', { ...credentials }],
    ['that holds the key and prefers its certificate', { ...credentials, pskCallback: () => null } as object],
    ['with another key', { pskCallback: () => Buffer.alloc(32) } as object],
    [
      'of TLS 1.2',
      {
        minVersion: 'TLSv1.2',
        maxVersion: 'TLSv1.2',
        ciphers: 'PSK-AES128-GCM-SHA256',
        pskCallback,
      } as object,
    ],
    ['of TLS 1.2 with a certificate', { ...credentials, minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' }],
    ['that wants AES-256', { ciphers: 'TLS_AES_256_GCM_SHA384', pskCallback } as object],
  ])('%s', async (_, options) => {
    const [dialled, accepted] = await socketPair();
    const heard = heardBy(foreignServer(accepted, options));
    expect(await refusal(dialled, { role: 'a' })).toEqual(unproven);
    expect(heard).toEqual([]);
  });

  test('and accepts one that does everything right (the control)', async () => {
    const [dialled, accepted] = await socketPair();
    heardBy(foreignServer(accepted, { minVersion: 'TLSv1.3', ciphers: suites, pskCallback } as object));
    expect((await secure(dialled, { role: 'a' })).group).toMatch(/^X25519/);
  });
});

/** A server with a certificate and no key. Resolves with what the program says, and with all bytes that the server got. */
async function meet(mode: string, environment: Record<string, string>) {
  const heard: Buffer[] = [];
  const server = tls.createServer(credentials, (socket) => {
    socket.on('data', (chunk: Buffer) => heard.push(chunk));
    socket.on('error', () => undefined);
  });
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['test/helpers/programs/channel-program.ts', String(port), mode],
    { env: { ...process.env, NODE_NO_WARNINGS: '1', ...environment } },
  );
  server.close();
  return { said: stdout.trim(), heard: Buffer.concat(heard).toString() };
}

describe('role a in a process that trusts', () => {
  const untrusted = expect.stringMatching(/^a socket did not prove itself: self-signed certificate/);
  const trusting: [string, Record<string, string>][] = [
    ['everybody (NODE_TLS_REJECT_UNAUTHORIZED=0)', { NODE_TLS_REJECT_UNAUTHORIZED: '0' }],
    ['this very certificate (NODE_EXTRA_CA_CERTS)', { NODE_EXTRA_CA_CERTS: certificate }],
    ['both ways', { NODE_TLS_REJECT_UNAUTHORIZED: '0', NODE_EXTRA_CA_CERTS: certificate }],
  ];

  test.each(trusting)('%s refuses a certificate and says nothing to it', async (_, environment) => {
    expect(await meet('guarded', environment)).toEqual({ said: untrusted, heard: '' });
  });

  test.each(trusting)(
    '%s would speak to a stranger without our guards (the control)',
    async (_, environment) => {
      expect(await meet('unguarded', environment)).toEqual({ said: 'proven', heard: 'plaintext' });
    },
  );
});
