import { connect, type Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { ForwardedPort, type Forwarded } from '../../../source/connect/forwarded/forwarded-port.ts';
import { eventually, Heard } from '../../helpers/eventually.ts';
import { expectNothingLeft } from '../../helpers/nothing-left.ts';
import { openRouter, pcpGrant } from '../../helpers/servers/scripted-router.ts';
import { ownAddresses } from '../../../source/network/sockets.ts';
import { addressClass, familyOf } from '../../../source/network/address.ts';

/** An address of this machine that is not loopback: for loopback no router is asked. */
const local = ownAddresses().find((one) => familyOf(one) === 4 && addressClass(one) !== 'loopback');

/** A port at a router on loopback, which knows nothing of the router of this machine. */
async function openPort() {
  let port = 40_000;
  const router = await openRouter({
    onDatagram: (one) => (one[0] === 2 ? [pcpGrant(one, { address: [50, 0, 1, 2], port: port++ })] : []),
  });
  const forwarded = new ForwardedPort(router.gateway);
  onTestFinished(() => forwarded.close());
  return { router, forwarded };
}

function useOf(forwarded: ForwardedPort) {
  const over = new AbortController();
  const mapped = new Heard<Forwarded>();
  const sockets = new Heard<Socket>();
  forwarded.use({
    onMapped: (one) => mapped.add(one),
    onSocket: (socket) => {
      onTestFinished(() => void socket.destroy());
      sockets.add(socket);
    },
    signal: over.signal,
  });
  return { mapped, sockets, over };
}

/** Dials our listener. `over` resolves when the connection has ended, or could not be made. */
function dialIt(port = 0): { readonly over: Promise<void> } {
  const socket = connect({ host: local, port });
  onTestFinished(() => void socket.destroy());
  return {
    over: new Promise((resolve) => {
      socket.on('error', () => undefined);
      socket.once('close', () => resolve());
    }),
  };
}

describe.skipIf(local === undefined)('a port that a router maps', () => {
  test('is told to a race that has begun before, and at once to one that begins later', async () => {
    const { forwarded, router } = await openPort();
    const early = useOf(forwarded);
    forwarded.ask(local!);
    const external = { address: '50.0.1.2', port: 40_000 };
    expect(await early.mapped.first(() => true)).toEqual({ protocol: 'pcp', external });
    expect(useOf(forwarded).mapped.all).toEqual([{ protocol: 'pcp', external }]);
    expect(forwarded.externalAt('50.0.1.2')).toEqual(external);
    expect(forwarded.externalAt('50.0.1.3')).toBeUndefined();
    forwarded.ask(local!);
    expect(router.datagrams.all).toHaveLength(1);
  });

  test('leads to the latest race, and to nobody between two', async () => {
    const { forwarded } = await openPort();
    const [first, second] = [useOf(forwarded), useOf(forwarded)];
    forwarded.ask(local!);
    await first.mapped.first(() => true);
    dialIt(forwarded.localPort);
    await second.sockets.first(() => true);
    expect(first.sockets.all).toEqual([]);
    second.over.abort();
    dialIt(forwarded.localPort);
    await first.sockets.first(() => true);
    first.over.abort();
    await dialIt(forwarded.localPort).over;
    expect([...first.sockets.all, ...second.sockets.all]).toHaveLength(2);
  });

  test('is given back when it is closed, and never asked for again', async () => {
    expectNothingLeft();
    const { forwarded, router } = await openPort();
    const { mapped } = useOf(forwarded);
    forwarded.ask(local!);
    await mapped.first(() => true);
    const { localPort } = forwarded;
    forwarded.close();
    expect((await router.datagrams.first((one) => one.readUInt32BE(4) === 0)).length).toBe(60);
    forwarded.ask(local!);
    expect(forwarded.localPort).toBeUndefined();
    await dialIt(localPort).over;
  });

  test('is asked for again from another address of ours, and then the old one is given back', async () => {
    const { forwarded, router } = await openPort();
    const { mapped } = useOf(forwarded);
    forwarded.ask(local!);
    await mapped.first(() => true);
    // There is no listener at an address of another machine, so nothing more is asked for.
    forwarded.ask('192.0.2.1');
    await router.datagrams.first((one) => one.readUInt32BE(4) === 0);
    expect(forwarded.externalAt('50.0.1.2')).toBeUndefined();
  });

  test('that the router refuses leaves no listener, and is not asked for again at once', async () => {
    expectNothingLeft();
    const router = await openRouter({});
    const forwarded = new ForwardedPort(router.gateway);
    onTestFinished(() => forwarded.close());
    forwarded.ask(local!);
    await eventually(() => expect(forwarded.localPort).toBeDefined());
    await eventually(() => expect(forwarded.localPort).toBeUndefined());
    forwarded.ask(local!);
    expect(forwarded.localPort).toBeUndefined();
  });

  test('is told to whoever watches, until that ends', async () => {
    const { forwarded } = await openPort();
    const told: unknown[] = [];
    const stop = [1, 2].map((one) =>
      forwarded.watch(() => told.push([one, forwarded.externalAt('50.0.1.2')?.port])),
    );
    stop[0]!();
    const { mapped } = useOf(forwarded);
    forwarded.ask(local!);
    await mapped.first(() => true);
    await eventually(() => expect(told).toEqual([[2, 40_000]]));
  });

  test('that the router maps only when it is asked again, 15 s later', async () => {
    const now = performance.now.bind(performance);
    let isReady = false;
    const router = await openRouter({
      onDatagram: (one) =>
        isReady && one[0] === 2 ? [pcpGrant(one, { address: [50, 0, 1, 2], port: 40_000 })] : [],
    });
    const forwarded = new ForwardedPort(router.gateway);
    onTestFinished(() => forwarded.close());
    const { mapped } = useOf(forwarded);
    forwarded.ask(local!);
    await eventually(() => expect(forwarded.localPort).toBeDefined());
    await eventually(() => expect(forwarded.localPort).toBeUndefined());
    isReady = true;
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + 15_000);
    onTestFinished(() => clock.mockRestore());
    forwarded.ask(local!);
    expect(await mapped.first(() => true)).toMatchObject({ external: { address: '50.0.1.2' } });
  });
});

test.each(['127.0.0.1', '::1', '2a00:5000::2'])('nobody is asked from %s', async (address) => {
  expectNothingLeft();
  const { forwarded, router } = await openPort();
  forwarded.ask(address);
  expect(forwarded.localPort).toBeUndefined();
  expect(router.datagrams.all).toEqual([]);
});
