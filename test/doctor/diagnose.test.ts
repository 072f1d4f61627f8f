import { connect, type Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import type { DoctorReport } from '../../source/nat/doctor-report.ts';
import { createLineDecoder } from '../../source/protocol/framing/line-decoder.ts';
import { parseClientMessage, type ClientMessage } from '../../source/protocol/rendezvous-messages.ts';
import { diagnose, type DiagnoseOptions } from '../../source/doctor/diagnose.ts';
import { makeCertificate, trustCertificate } from '../helpers/servers/certificates.ts';
import { freePort } from '../helpers/servers/free-port.ts';
import { startHttpsFront } from '../helpers/servers/https-front.ts';
import { recordDials } from '../helpers/record-dials.ts';
import { startRawServer } from '../helpers/strangers/raw-server.ts';
import { behindBalancer, TestServer } from '../helpers/servers/rendezvous-server.ts';

function at(port: number, options: Omit<DiagnoseOptions, 'server'> = {}) {
  return diagnose({ server: { host: '127.0.0.1', port }, ...options });
}

function verdicts({ reach }: DoctorReport) {
  return Object.fromEntries(reach.map(({ peer, verdict }) => [peer, verdict]));
}

describe('with a rendezvous on this machine', () => {
  test('there is no NAT and no firewall', async () => {
    const server = await TestServer.start({ probeHost: '127.0.0.2' });
    const report = await at(server.port);
    expect(report).toMatchObject({ v: 1, server: `127.0.0.1:${server.port}` });
    expect(report.ipv4).toMatchObject({
      tested: true,
      family: 4,
      mapping: 'none',
      filtering: 'endpoint-independent',
      unsolicited: 'unknown',
      hairpinning: null,
    });
    expect(report.ipv6).toMatchObject({ tested: false, reason: expect.stringContaining('no IPv6 address') });
    expect(verdicts(report)).toMatchObject({ open: 'yes', ordinary: 'yes', counting: 'yes', random: 'yes' });
    await server.settled();
    expect(server.counts().observations).toBeLessThanOrEqual(2);
  });

  test('a rendezvous with one address shows less', async () => {
    const server = await TestServer.start();
    const { ipv4, advice } = await at(server.port);
    expect(ipv4).toMatchObject({ mapping: 'none', filtering: 'not address-and-port-dependent' });
    expect(advice.join()).toContain('--probe-host');
  });

  test('it is seen by https, too, and no probe port is guessed', async (context) => {
    const dialled = recordDials();
    const files = makeCertificate(context);
    trustCertificate(files, context);
    const server = await TestServer.start({ ...behindBalancer, probeHost: '127.0.0.2' });
    const front = await startHttpsFront(server.port, files);
    const report = await at(front.port, { https: true });
    expect(report).toMatchObject({
      server: `https://127.0.0.1:${front.port}`,
      ipv4: { tested: true, mapping: 'none', filtering: 'endpoint-independent' },
    });
    expect(dialled).not.toContain(`127.0.0.1:${front.port + 1}`);
  });

  test('only IPv6 is tested if the server has nothing else', async () => {
    const server = await TestServer.start({ host: '::1' });
    const report = await diagnose({ server: { host: '::1', port: server.port } });
    expect(report.ipv6).toMatchObject({ tested: true, family: 6, mapping: 'none' });
    expect(report.ipv4).toMatchObject({ tested: false, reason: expect.stringContaining('no IPv4 address') });
    expect(verdicts(report)).toEqual({ ipv6: 'yes' });
  });

  test('a family that was not asked for is not tested', async () => {
    const server = await TestServer.start();
    expect((await at(server.port, { family: 4 })).ipv6).toEqual({ tested: false, reason: 'not asked for' });
    await expect(at(server.port, { family: 6 })).rejects.toMatchObject({
      code: 'ERR_RENDEZVOUS_UNREACHABLE',
    });
  });

  test('an idle connection is tested as long as was asked, and the report comes before', async () => {
    const server = await TestServer.start();
    const told: unknown[] = [];
    const report = await at(server.port, {
      lifetimeUpToMs: 1100,
      onReport: ({ ipv4, lifetime }) => told.push([ipv4.tested, lifetime]),
      onLifetime: (idleMs, isAlive) => told.push([idleMs, isAlive]),
    });
    expect(told).toEqual([
      [true, undefined],
      [1000, true],
      [1100, true],
    ]);
    expect(report.lifetime).toEqual({ atLeastMs: 1100, lessThanMs: null });
  });

  test('a server that does not send its line looks like a NAT that has forgotten the connection', async () => {
    const { port } = await startScripted({
      observe: observed,
      'dial-back': ({ from }) => ({ t: 'dialled-back', from, outcome: 'unavailable', ms: 0 }),
      wake: ({ afterMs }) => (afterMs > 1000 ? undefined : { t: 'awake' }),
    });
    const report = await at(port, { lifetimeUpToMs: 1500 });
    expect(report.lifetime).toEqual({ atLeastMs: 1000, lessThanMs: 1500 });
  });

  test.each(['before it begins', 'as it tests the lifetime'])('it ends with the signal, %s', async (when) => {
    const server = await TestServer.start();
    const controller = new AbortController();
    const reason = new Error('enough');
    if (when === 'before it begins') {
      controller.abort(reason);
    }
    const report = at(server.port, {
      signal: controller.signal,
      lifetimeUpToMs: 100_000,
      onReport: () => controller.abort(reason),
    });
    await expect(report).rejects.toBe(reason);
    await server.settled();
  });
});

type Script = {
  [T in ClientMessage['t']]?: (
    message: Extract<ClientMessage, { t: T }>,
    socket: Socket,
  ) => object | string | undefined;
};

/** A server that answers as its script says, and leaves all other messages unanswered. */
async function startScripted(script: Script) {
  return startRawServer((socket) => {
    const decoder = createLineDecoder();
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      decoder.push(chunk);
      for (let line = decoder.next(); line !== undefined; line = decoder.next()) {
        const message = parseClientMessage(line);
        const answer = (
          script[message.t] as ((message: ClientMessage, socket: Socket) => unknown) | undefined
        )?.(message, socket);
        if (answer !== undefined) {
          socket.write(typeof answer === 'string' ? answer : `${JSON.stringify(answer)}\n`);
        }
      }
    });
  });
}

function observed(_: unknown, { remotePort = 0 }: Socket) {
  return {
    t: 'observed',
    you: { address: '127.0.0.1', port: remotePort },
  };
}
/** The answer that a client behind a NAT would get. */
function shifted(_: unknown, { remotePort = 0 }: Socket) {
  return {
    t: 'observed',
    you: { address: '127.0.0.3', port: remotePort },
  };
}

describe('a server that misbehaves', () => {
  test.each<[string, object | string, string]>([
    ['speaks HTTP', 'HTTP/1.1 400 Bad Request\r\n\r\n', 'ERR_RENDEZVOUS_PROTOCOL'],
    ['speaks the classic protocol', 'first\n\0\n', 'ERR_RENDEZVOUS_REFUSED'],
    [
      'is older than the doctor',
      { t: 'error', code: 'ERR_PROTOCOL', message: 'unknown message type "observe"' },
      'ERR_RENDEZVOUS_PROTOCOL',
    ],
    ['refuses us', { t: 'error', code: 'ERR_LIMIT', message: 'too many' }, 'ERR_RENDEZVOUS_REFUSED'],
    ['is restarting', { t: 'retry', afterMs: 1000 }, 'ERR_RENDEZVOUS_CLOSED'],
    [
      'answers a question that was not asked',
      { t: 'dialled-back', from: 'port', outcome: 'connected', ms: 1 },
      'ERR_RENDEZVOUS_PROTOCOL',
    ],
    [
      'names no valid endpoint',
      { t: 'observed', you: { address: 'here', port: 0 } },
      'ERR_RENDEZVOUS_PROTOCOL',
    ],
  ])('%s: %j', async (_, answer, code) => {
    const { port } = await startScripted({ observe: () => answer });
    await expect(at(port)).rejects.toMatchObject({ code });
  });

  test('takes us for a classic client because our first line was lost: we try again', async () => {
    let isFirst = true;
    const { port } = await startScripted({
      observe: (_, socket) => {
        const answer = isFirst ? 'first\n\0\n' : observed(_, socket);
        isFirst = false;
        return answer;
      },
      'dial-back': ({ from }) => ({ t: 'dialled-back', from, outcome: 'unavailable', ms: 1 }),
    });
    expect((await at(port)).ipv4).toMatchObject({ tested: true, mapping: 'none' });
  });

  test('refuses connections', async () => {
    await expect(at(await freePort())).rejects.toMatchObject({ code: 'ERR_RENDEZVOUS_UNREACHABLE' });
  });

  test('stays silent: that is reported', async () => {
    const { port } = await startScripted({});
    await expect(at(port)).rejects.toMatchObject({
      code: 'ERR_RENDEZVOUS_UNREACHABLE',
      message: expect.stringContaining('did not answer'),
    });
  });

  test('claims a connection that never arrived: the filtering stays unknown', async () => {
    const { port } = await startScripted({
      observe: observed,
      'dial-back': ({ from }) => ({ t: 'dialled-back', from, outcome: 'connected', ms: 1 }),
    });
    expect((await at(port)).ipv4).toMatchObject({ filtering: 'unknown', unsolicited: 'unknown' });
  });

  test('dials from the address that we know instead of another', async () => {
    const { port } = await startScripted({
      observe: observed,
      'dial-back': ({ from }, socket) => {
        const back = connect({ host: '127.0.0.1', port: socket.remotePort ?? 0 }, () => back.destroy());
        back.on('error', () => undefined);
        return { t: 'dialled-back', from, outcome: 'connected', ms: 1 };
      },
    });
    expect((await at(port)).ipv4).toMatchObject({ filtering: 'not address-and-port-dependent' });
  });

  test('dials a hundred times: few connections are kept, and the rest are closed at once', async () => {
    let closed = 0;
    const { port } = await startScripted({
      observe: observed,
      'dial-back': ({ from }, socket) => {
        if (from !== 'port') {
          return { t: 'dialled-back', from, outcome: 'unavailable', ms: 1 };
        }
        for (let n = 0; n < 100; n += 1) {
          const back = connect({ host: '127.0.0.1', port: socket.remotePort ?? 0 });
          back.on('error', () => undefined);
          back.on('close', () => {
            closed += 1;
            const answer = { t: 'dialled-back', from, outcome: 'connected', ms: 1 };
            if (closed === 80) {
              socket.write(`${JSON.stringify(answer)}\n`);
            }
          });
        }
        return undefined;
      },
    });
    const { ipv4 } = await at(port);
    // Connections that are kept are closed at the end, and those events have not arrived here yet.
    expect(closed).toBeGreaterThanOrEqual(80);
    expect(ipv4).toMatchObject({ filtering: 'not address-and-port-dependent' });
  });

  test('answers another question than was asked', async () => {
    const { port } = await startScripted({
      observe: observed,
      'dial-back': () => ({ t: 'dialled-back', from: 'address', outcome: 'timeout', ms: 1 }),
    });
    expect((await at(port)).ipv4).toMatchObject({ filtering: 'not endpoint-independent' });
  });

  test('closes when it should dial: earlier findings stay', async () => {
    const { port } = await startScripted({
      observe: observed,
      'dial-back': (_, socket) => void socket.destroy(),
    });
    expect((await at(port)).ipv4).toMatchObject({ mapping: 'none', filtering: 'unknown' });
  });

  test('sees us through a NAT and has a blocked probe port: the mapping is unknown', async () => {
    const { port } = await startScripted({
      observe: shifted,
      'dial-back': ({ from }) => ({ t: 'dialled-back', from, outcome: 'refused', ms: 1 }),
    });
    const probePort = await freePort();
    const { ipv4, advice } = await at(port, { probePort });
    expect(ipv4).toMatchObject({ mapping: 'unknown', portPreservation: true, unsolicited: 'refuse' });
    expect(advice.join()).toContain(`TCP port ${probePort}`);
  });

  test.each<[string, { address: string; port: number }]>([
    ['far away', { address: '50.0.0.9', port: 4001 }],
    ['on the port of a service', { address: '127.0.0.3', port: 22 }],
    ['at its own address', { address: '127.0.0.1', port: 2 }],
  ])('claims to see us %s: we do not dial there', async (_, you) => {
    const { port } = await startScripted({
      observe: () => ({ t: 'observed', you, probeHost: '50.0.0.10', probe: 1 }),
      'dial-back': ({ from }) => ({ t: 'dialled-back', from, outcome: 'unavailable', ms: 1 }),
    });
    const dialled = recordDials();
    const { ipv4 } = await at(port);
    expect(ipv4).toMatchObject({ mapped: you, mapping: 'unknown', hairpinning: null });
    expect(dialled).toContain(`127.0.0.1:${port}`);
    expect(dialled).not.toContain(`${you.address}:${you.port}`);
  });
});
