import { getEventListeners, once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { dial, type DialOptions } from '../../source/network/dial.ts';
import { listen, type Listener } from '../../source/network/listen.ts';
import { expectNothingLeft } from '../helpers/nothing-left.ts';
import { freePort } from '../helpers/servers/free-port.ts';
import type { Socket } from 'node:net';

async function open(port = 0): Promise<{ listener: Listener; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const listener = await listen({
    address: '127.0.0.1',
    port,
    family: 4,
    onSocket: (socket) => sockets.push(socket),
  });
  onTestFinished(() => {
    listener.close();
    for (const socket of sockets) {
      socket.destroy();
    }
  });
  return { listener, sockets };
}

function options(port: number): DialOptions {
  return {
    to: { address: '127.0.0.1', port },
    localPort: 0,
    patienceMs: 5000,
    signal: new AbortController().signal,
  };
}

describe('dial', () => {
  test('connects from the port that it is given, and tells the port before', async () => {
    expectNothingLeft();
    const { listener } = await open();
    const localPort = await freePort();
    const bound: number[] = [];
    const { signal } = new AbortController();
    const result = await dial({
      ...options(listener.endpoint.port),
      localPort,
      onBound: (port) => bound.push(port),
      signal,
    });
    expect(result).toMatchObject({ outcome: 'connected', socket: { localPort } });
    expect(bound).toEqual([localPort]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    result.socket?.destroy();
  });

  test('is refused if nobody listens', async () => {
    expectNothingLeft();
    expect(await dial(options(await freePort()))).toMatchObject({ outcome: 'refused' });
  });

  test('does not connect to itself', async () => {
    expectNothingLeft();
    const port = await freePort();
    const result = await dial({ ...options(port), localAddress: '127.0.0.1', localPort: port });
    expect(result.outcome).toBe('refused');
    expect(result.socket).toBeUndefined();
  });

  test('reports an address without a route as unreachable', async () => {
    expectNothingLeft();
    // A multicast address takes no connections; nothing leaves the machine.
    const result = await dial({ ...options(9), to: { address: '224.0.0.1', port: 9 } });
    expect(result.outcome).toBe('unreachable');
  });

  test('is abandoned when its signal aborts, before the dial or during it', async () => {
    expectNothingLeft();
    const { listener } = await open();
    const { port } = listener.endpoint;
    expect(await dial({ ...options(port), signal: AbortSignal.abort() })).toMatchObject({
      outcome: 'abandoned',
    });
    const abort = new AbortController();
    const dialling = dial({ ...options(port), signal: abort.signal });
    abort.abort();
    expect((await dialling).outcome).toBe('abandoned');
  });

  test('waits no longer than its patience', async () => {
    expectNothingLeft();
    const { listener } = await open();
    expect((await dial({ ...options(listener.endpoint.port), patienceMs: 0 })).outcome).toMatch(
      /^(timeout|connected)$/,
    );
  });

  test('returns a socket whose reset is not an uncaught error', async () => {
    const { listener, sockets } = await open();
    const { socket } = await dial(options(listener.endpoint.port));
    await expect.poll(() => sockets.length).toBe(1);
    sockets[0]?.resetAndDestroy();
    socket?.resume();
    await expect.poll(() => socket?.closed).toBe(true);
    expect(socket?.errored).toMatchObject({ code: 'ECONNRESET' });
  });
});

describe('listen', () => {
  test('hands over each connection unread, and keeps it open when the listener closes', async () => {
    expectNothingLeft();
    const { listener, sockets } = await open();
    const { socket } = await dial(options(listener.endpoint.port));
    socket?.write('early');
    await expect.poll(() => sockets.length).toBe(1);
    listener.close();
    const [accepted] = sockets;
    expect(accepted?.isPaused()).toBe(true);
    accepted?.resume();
    expect(String((await once(accepted!, 'data'))[0])).toBe('early');
    socket?.destroy();
    expect((await dial(options(listener.endpoint.port))).outcome).toBe('refused');
  });

  test('rejects if the port is taken', async () => {
    const { listener } = await open();
    await expect(open(listener.endpoint.port)).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
