import { expect, onTestFinished, test } from 'vitest';
import type { Observer } from '../../../../source/connect/places/rendezvous/observe-port.ts';
import { PortBeside } from '../../../../source/connect/places/rendezvous/port-beside.ts';
import { eventually } from '../../../helpers/eventually.ts';
import { startTwoStunServers } from '../../../helpers/servers/mailbox-place.ts';
import { TestServer } from '../../../helpers/servers/rendezvous-server.ts';
import { startRawServer } from '../../../helpers/strangers/raw-server.ts';

const never = new AbortController().signal;

function beside(port: number, probePort?: number) {
  const found = new PortBeside({
    server: { host: '127.0.0.1', port },
    probePort,
    asksServer: true,
    stun: undefined,
  });
  onTestFinished(() => found.close());
  found.connected();
  return found;
}

/** Looks for as long as the observation may take, however busy the machine is. */
function observerOf(found: PortBeside): Promise<Observer> {
  return eventually(async () => {
    await found.settled(never);
    const { observer } = found;
    if (observer === undefined) {
      throw new Error('nothing is observed');
    }
    return observer;
  });
}

test('a port is observed past the proxy, and stays open', async () => {
  const server = await TestServer.start();
  const { observed, rendezvous } = await observerOf(beside(server.port, server.probePort));
  expect(observed.mapped).toMatchObject({ address: '127.0.0.1', port: observed.local.port });
  expect(observed.mapped.probePort).toBe(observed.local.port);
  expect(rendezvous.failed).toBe(false);
});

test('a port whose connection has ended is not told, and another one is observed', async () => {
  const server = await TestServer.start();
  const found = beside(server.port, server.probePort);
  const first = await observerOf(found);
  first.rendezvous.destroy();
  expect(found.observer).toBeUndefined();
  const second = await observerOf(found);
  expect(second.rendezvous).not.toBe(first.rendezvous);
  expect(second.rendezvous.failed).toBe(false);
});

test('where a firewall swallows what goes past the proxy, nothing is known, and the end ends the dial', async () => {
  const silent = await startRawServer();
  const found = beside(silent.port);
  const connection = await silent.next();
  await found.settled(never);
  expect(found.observed).toBeUndefined();
  found.close();
  await connection.closed();
});

test('STUN servers tell where a port is seen if the server does not', async () => {
  const silent = await startRawServer();
  const found = new PortBeside({
    server: { host: '127.0.0.1', port: silent.port },
    asksServer: true,
    stun: await startTwoStunServers(),
  });
  onTestFinished(() => found.close());
  found.connected();
  const told = await eventually(async () => {
    await found.settled(never);
    return found.told ?? Promise.reject(new Error('nothing is told'));
  });
  expect(found.observer).toBeUndefined();
  expect(found.observed).toEqual(told);
  expect(told.mapped).toMatchObject({ address: '127.0.0.1', port: told.local.port });
});
