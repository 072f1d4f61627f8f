import { describe, expect, test } from 'vitest';
import { diagnoseByStun } from '../../source/doctor/diagnose-by-stun.ts';
import type { Family } from '../../source/events.ts';
import { expectNothingLeft } from '../helpers/nothing-left.ts';
import { recordDials } from '../helpers/record-dials.ts';
import { freePort } from '../helpers/servers/free-port.ts';
import { stunAnswer } from '../helpers/servers/stun-messages.ts';
import { startStunServer, truth, type ScriptedStun } from '../helpers/servers/stun-server.ts';

type Named = ScriptedStun | { readonly host: string; readonly port: number };

function ask(servers: readonly Named[], family?: Family, signal = new AbortController().signal) {
  return diagnoseByStun({
    servers: servers.map((one) =>
      'host' in one ? one : { host: one.server.address, port: one.server.port },
    ),
    family,
    signal,
  });
}

/** A server that sees us behind a NAT, at this port, and at others when it is asked again. */
function seesPort(port: number, host?: string, ...later: readonly number[]) {
  const ports = [port, ...later].values();
  let seen = port;
  return startStunServer(({ transaction }) => {
    seen = ports.next().value ?? seen;
    return stunAnswer(transaction, { address: '50.0.1.2', port: seen });
  }, host);
}

describe('the doctor, by STUN alone', () => {
  test('finds that there is no NAT, and does not know what gets in', async () => {
    expectNothingLeft();
    const dialled = recordDials();
    const servers = [await startStunServer(), await startStunServer(truth, '127.0.0.2')];
    const names = servers.map(({ server }) => server.name);
    const report = await ask(servers);
    const port = servers[0]?.questions[0]?.socket.remotePort;
    const mapped = { address: '127.0.0.1', port };
    expect(report).toMatchObject({
      v: 1,
      server: names.join(', '),
      ipv4: {
        tested: true,
        family: 4,
        local: mapped,
        mapped,
        mapping: 'none',
        portPreservation: true,
        filtering: 'unknown',
        unsolicited: 'unknown',
        hairpinning: null,
      },
      ipv6: { tested: false, reason: 'none of these STUN servers has an IPv6 address' },
      stun: names.map((server) => ({ server, family: 4, mapped })),
    });
    // Nobody else is asked, and each server once.
    expect(dialled.toSorted()).toEqual(names.toSorted());
    expect(servers.map(({ questions }) => questions.length)).toEqual([1, 1]);
  });

  test('tells a step, and which peers follow from it', async () => {
    const report = await ask([
      await seesPort(7001, '127.0.0.1', 7003),
      await seesPort(7002, '127.0.0.2', 7004),
    ]);
    expect(report.ipv4).toMatchObject({
      mapping: 'not endpoint-independent',
      sequence: 'step',
      step: 1,
      portPreservation: false,
    });
    expect(report.verdict).toMatch(/^Your NAT counts its ports up: direct chats with most/);
  });

  test('takes two random ports that are near to each other by chance for random', async () => {
    const dialled = recordDials();
    const servers = [
      await seesPort(7001, '127.0.0.1', 9000),
      await seesPort(7002, '127.0.0.2', 5000),
    ] as const;
    const report = await ask(servers);
    expect(report.ipv4).toMatchObject({
      mapping: 'not endpoint-independent',
      sequence: 'random',
      step: null,
    });
    expect(report.stun).toMatchObject([{ mapped: { port: 7001 } }, { mapped: { port: 7002 } }]);
    expect(dialled).toHaveLength(4);
    const [first, second] = servers.map(({ questions }) => questions.map(({ socket }) => socket.remotePort));
    expect(first).toEqual(second);
    expect(new Set(first).size).toBe(2);
  });

  test('asks over both families, each from a port of its own', async () => {
    const servers = [await startStunServer(), await startStunServer(truth, '::1')];
    const { ipv4, ipv6, stun } = await ask(servers);
    expect([ipv4, ipv6]).toMatchObject([
      { mapping: 'none', local: { address: '127.0.0.1' } },
      { mapping: 'none', local: { address: '::1' } },
    ]);
    expect(stun).toMatchObject([{ family: 4 }, { family: 6 }]);
    const only = await ask(servers, 6);
    expect(only.ipv4).toEqual({ tested: false, reason: 'not asked for' });
    expect(servers.map(({ questions }) => questions.length)).toEqual([1, 2]);
  });

  test('says what became of each server, and goes on with one that answers', async () => {
    const closed = { host: '127.0.0.1', port: await freePort() };
    const unknown = { host: 'no-such-host.invalid', port: 3478 };
    const { ipv4, stun, advice } = await ask([unknown, closed, await seesPort(7001)]);
    expect(stun).toEqual([
      {
        server: 'no-such-host.invalid:3478',
        reason: 'the name no-such-host.invalid cannot be resolved',
      },
      { server: `127.0.0.1:${closed.port}`, family: 4, reason: 'it refused the connection' },
      { server: expect.any(String), family: 4, mapped: { address: '50.0.1.2', port: 7001 } },
    ]);
    expect(ipv4).toMatchObject({ mapping: 'unknown', sequence: null });
    expect(advice.join()).toContain('Only one STUN server has said where it sees us');
  });

  test('fails if nobody answers, and names each reason once', async () => {
    const closed = { host: '127.0.0.1', port: await freePort() };
    await expect(ask([closed, closed])).rejects.toMatchObject({
      code: 'ERR_RENDEZVOUS_UNREACHABLE',
      message: `no STUN server has told where it sees us (127.0.0.1:${closed.port}: it refused the connection)`,
      hint: expect.stringContaining('--stun HOST[:PORT]'),
    });
  });

  test('ends with the signal', async () => {
    expectNothingLeft();
    const silent = await startStunServer(() => undefined);
    const controller = new AbortController();
    const reason = new Error('enough');
    const report = ask([silent], 4, controller.signal);
    setImmediate(() => controller.abort(reason));
    await expect(report).rejects.toBe(reason);
  });
});
