import type { Socket } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { formatMessage } from '../../../../source/protocol/rendezvous-messages.ts';
import { Rendezvous } from '../../../../source/connect/places/rendezvous/rendezvous.ts';
import { secondAddress, sendProbe } from '../../../../source/connect/places/rendezvous/probe.ts';
import { expectNothingLeft } from '../../../helpers/nothing-left.ts';
import { startRawServer } from '../../../helpers/strangers/raw-server.ts';

const you = { address: '192.0.2.7', port: 4711 };
const observed = formatMessage({ t: 'observed', you });

/** Probes a port that gives this answer. Returns where the probe was seen, and when the prober has gone. */
async function probing(answer: (socket: Socket) => void) {
  expectNothingLeft();
  const server = await startRawServer((socket) => socket.once('data', () => answer(socket)));
  const target = { host: '127.0.0.1', port: server.port, localAddress: '127.0.0.1', localPort: 0 };
  const { seen } = sendProbe(target, 'A'.repeat(22));
  return { seen, prober: await server.next() };
}

test('a probe is seen at the endpoint that the port names, and the port closes first', async () => {
  const { seen, prober } = await probing((socket) => socket.end(observed));
  expect(await seen).toEqual(you);
  await prober.closed();
  expect(prober.received).toBe(formatMessage({ t: 'probe', token: 'A'.repeat(22) }));
});

test('a probe is not seen if the port closes without an answer', async () => {
  const { seen } = await probing((socket) => socket.end());
  expect(await seen).toBeUndefined();
});

test('a probe that nobody answers ends with the connection to the rendezvous, not with its own time', async () => {
  expectNothingLeft();
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
  const [server, mute] = [await startRawServer(), await startRawServer()];
  const rendezvous = await Rendezvous.dial({
    server: { host: '127.0.0.1', port: server.port },
    probePort: mute.port,
    signal: new AbortController().signal,
  });
  rendezvous.close();
  expect(await rendezvous.probing.seen).toBeUndefined();
  rendezvous.destroy();
});

function atServer(address: string, family: 4 | 6) {
  return { remote: { address, port: 8877 }, family };
}

describe('a second address of a rendezvous is probed', () => {
  test.each([
    ['in its own network', '198.51.100.9', atServer('198.51.100.2', 4)],
    ['in its private network', '10.1.2.3', atServer('192.168.1.2', 4)],
    ['in its family', '2001:db8::9', atServer('2001:db8::2', 6)],
  ])('%s', (_, named, server) => {
    expect(secondAddress(named, server)).toBe(named);
  });

  test.each([
    ['in a private network of ours', '192.168.1.1', atServer('198.51.100.2', 4)],
    ['at this machine', '127.0.0.1', atServer('198.51.100.2', 4)],
    ['on the internet, named in a private network', '198.51.100.2', atServer('192.168.1.2', 4)],
    ['in the other family', '2001:db8::9', atServer('198.51.100.2', 4)],
    ['that is the first one in another spelling', '::ffff:198.51.100.2', atServer('198.51.100.2', 4)],
    ['in a private network behind NAT64', '64:ff9b::c0a8:101', atServer('2001:db8::2', 6)],
    ['that has no name', undefined, atServer('198.51.100.2', 4)],
  ])('never %s', (_, named, server) => {
    expect(secondAddress(named, server)).toBeUndefined();
  });
});

describe('a port that says more than one line is left at once', () => {
  test.each([
    ['in lines behind its answer', observed, observed, you],
    ['without a line', '', 'x', undefined],
    ['in lines that are none of ours', '', 'HTTP/1.1 400 Bad Request\r\n', undefined],
  ])('%s', async (_, first, rest, expected) => {
    const { seen, prober } = await probing((socket) => {
      socket.write(first);
      function talk() {
        if (socket.destroyed) {
          return;
        }
        socket.write(rest.repeat(100));
        setImmediate(talk);
      }
      talk();
    });
    expect(await seen).toEqual(expected);
    await prober.closed();
  });
});
