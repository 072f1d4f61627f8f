import { describe, expect, test } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { floods } from '../../helpers/strangers/floods.ts';
import { expectNothingLeft } from '../../helpers/nothing-left.ts';
import { TestServer } from '../../helpers/servers/rendezvous-server.ts';

/** `npm run bench:server` does the same with thousands. */
const count = 30;
const limits = { maxConnectionsPerAddress: 20, connectionsPerMinutePerAddress: 24, firstLineMs: 300 };

describe.each(Object.entries(floods))('clients of one address that %s', (_, start) => {
  test('do not keep other pairs from meeting, and leave nothing behind', async () => {
    expectNothingLeft();
    const server = await TestServer.start({}, limits);
    const flood = start({ port: server.port, count, addresses: ['127.0.0.66'], again: true });
    for (let pair = 0; pair < 5; pair += 1) {
      const { a, b } = await server.pair();
      expect(a.matched.session).toBe(b.matched.session);
    }
    // The ten clients of the pairs count, too.
    expect(server.counts().connections).toBeLessThanOrEqual(30);
    flood.stop();
    await eventually(() => expect(server.counts().connections).toBe(10));
  });
});

test.each(['say half a line', 'send one endless line'])(
  'clients that %s are closed when their time is over',
  async (name) => {
    const server = await TestServer.start({}, { ...limits, lingerMs: 100 });
    const flood = floods[name]?.({ port: server.port, count: 20, addresses: ['127.0.0.66'] });
    await flood?.complete;
    await eventually(() => expect(server.counts().connections).toBe(0));
    flood?.stop();
  },
);
