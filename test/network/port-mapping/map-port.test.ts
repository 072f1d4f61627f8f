import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Endpoint } from '../../../source/events.ts';
import { findGateway } from '../../../source/network/port-mapping/gateway.ts';
import {
  mapPort,
  type MapPortOptions,
  type PortMapping,
} from '../../../source/network/port-mapping/map-port.ts';
import { eventually } from '../../helpers/eventually.ts';
import { expectNothingLeft } from '../../helpers/nothing-left.ts';
import {
  descriptionOf,
  natPmpAnswers,
  openRouter,
  pcpGrant,
  searchAnswer,
  upnpFault,
  upnpScript,
  type RouterScript,
} from '../../helpers/servers/scripted-router.ts';

const outside = { address: [50, 0, 1, 2], port: 40_123 } as const;
/** RFC 6887, section 9.4: what a router of PCP alone says to NAT-PMP. */
const noNatPmp = Buffer.from([2, 0x80, 0, 1, 0, 0, 0, 0]);
const external: Endpoint = { address: '50.0.1.2', port: 40_123 };
const internalPort = 40_000;

async function mapAt(script: RouterScript, options: Partial<MapPortOptions> = {}) {
  const router = await openRouter(script);
  const { gateway } = router;
  const mapping = await mapPort({ internalPort, gateway, signal: new AbortController().signal, ...options });
  return { router, mapping };
}

function expectMapping(mapping: PortMapping | string): PortMapping {
  if (typeof mapping === 'string') {
    throw new Error(`no mapping: ${mapping}`);
  }
  onTestFinished(() => mapping.close());
  return mapping;
}

/** The lifetime that a PCP or NAT-PMP request asks for. */
function lifetimeOf(request: Buffer): number {
  return request.readUInt32BE(request[0] === 2 ? 4 : 8);
}

function pcpRouter(request: Buffer): Buffer[] {
  return request[0] === 2 ? [pcpGrant(request, outside)] : [];
}

describe('a port is mapped', () => {
  test('by PCP, and nothing else is asked', async () => {
    expectNothingLeft();
    const { router, mapping } = await mapAt({ onDatagram: pcpRouter, ...upnpScript() });
    expect(expectMapping(mapping)).toMatchObject({ protocol: 'pcp', external });
    expect(router.datagrams.all.map((one) => [one[0], lifetimeOf(one), one.readUInt16BE(40)])).toEqual([
      [2, 600, internalPort],
    ]);
    expect([...router.searches.all, ...router.requests.all]).toEqual([]);
  });

  test('by NAT-PMP, where the router speaks no PCP', async () => {
    expectNothingLeft();
    const { mapping } = await mapAt({ onDatagram: (one) => natPmpAnswers(one, outside.address, 40_123) });
    expect(expectMapping(mapping)).toMatchObject({ protocol: 'nat-pmp', external });
  });

  test('by NAT-PMP, where the router is silent on PCP', async () => {
    const { mapping } = await mapAt({
      onDatagram: (one) => (one[0] === 2 ? [] : natPmpAnswers(one, outside.address, 40_123)),
    });
    expect(expectMapping(mapping)).toMatchObject({ protocol: 'nat-pmp', external });
  });

  test('by UPnP, where nothing answers at the port of the two', async () => {
    expectNothingLeft();
    const { router, mapping } = await mapAt(upnpScript());
    expect(expectMapping(mapping)).toMatchObject({
      protocol: 'upnp',
      external: { address: '50.0.1.2', port: internalPort },
    });
    const added = await router.requests.first(({ action }) => action === 'AddPortMapping');
    expect(added.body).toContain('<NewLeaseDuration>600</NewLeaseDuration>');
    expect(added.body).toContain('<NewInternalClient>127.0.0.1</NewInternalClient>');
  });

  test('by UPnP, where the two are silent, and what was asked by PCP is given back', async () => {
    const { router, mapping } = await mapAt({ onDatagram: () => [], ...upnpScript() });
    expect(expectMapping(mapping).protocol).toBe('upnp');
    const back = await router.datagrams.first((one) => one[0] === 2 && lifetimeOf(one) === 0);
    expect(back.readUInt16BE(40)).toBe(internalPort);
  });

  test('by UPnP at another port, if a neighbour has the first', async () => {
    let tries = 0;
    const script = upnpScript((request, response) => {
      tries += request.action === 'AddPortMapping' ? 1 : 0;
      return request.action === 'AddPortMapping' && tries === 1 && upnpFault(response, 718);
    });
    const { mapping } = await mapAt(script);
    const { external: mapped } = expectMapping(mapping);
    expect(mapped.port).toBeGreaterThanOrEqual(1024);
    expect(mapped.port).not.toBe(internalPort);
  });
});

describe('a mapped port is given back', () => {
  test.each<{ name: string; script: RouterScript }>([
    { name: 'PCP', script: { onDatagram: pcpRouter } },
    { name: 'NAT-PMP', script: { onDatagram: (one) => natPmpAnswers(one, outside.address, 40_123) } },
  ])('by $name, with a lifetime of 0', async ({ script }) => {
    expectNothingLeft();
    const { router, mapping } = await mapAt(script);
    await expectMapping(mapping).close();
    const last = router.datagrams.all.at(-1) ?? Buffer.alloc(60);
    expect(lifetimeOf(last)).toBe(0);
    expect(last.readUInt16BE(last[0] === 2 ? 40 : 4)).toBe(internalPort);
  });

  test('by UPnP', async () => {
    expectNothingLeft();
    const { router, mapping } = await mapAt(upnpScript());
    await expectMapping(mapping).close();
    expect(router.requests.all.at(-1)).toMatchObject({ action: 'DeletePortMapping' });
    expect(router.requests.all.at(-1)?.body).toContain(`<NewExternalPort>${internalPort}</NewExternalPort>`);
  });

  test('when the signal is aborted', async () => {
    const over = new AbortController();
    const { router, mapping } = await mapAt({ onDatagram: pcpRouter }, { signal: over.signal });
    expectMapping(mapping);
    over.abort();
    expect(await router.datagrams.first((one) => lifetimeOf(one) === 0)).toHaveLength(60);
  });

  test('when it is granted after it was given up', async () => {
    const over = new AbortController();
    const { router, mapping } = await mapAt(
      {
        onDatagram: (request) => {
          over.abort();
          return pcpRouter(request);
        },
      },
      { signal: over.signal },
    );
    expect(mapping).toBe('it is not wanted any more');
    await router.datagrams.first((one) => lifetimeOf(one) === 0);
  });

  test('within a second, if the router does not answer any more', async () => {
    expectNothingLeft();
    const { mapping } = await mapAt({
      onDatagram: (one) => (lifetimeOf(one) === 0 ? [] : pcpRouter(one)),
    });
    expect(await expectMapping(mapping).close()).toBeUndefined();
  });
});

function fakeClock() {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => {
    vi.useRealTimers();
  });
}

describe('a mapping is renewed', () => {
  test('at half of what was granted, with the same nonce and the same port', async () => {
    fakeClock();
    const changes: unknown[] = [];
    const { router, mapping } = await mapAt(
      { onDatagram: (one) => [pcpGrant(one, outside, lifetimeOf(one) === 0 ? 0 : 400)] },
      { onChange: (one) => changes.push(one) },
    );
    expectMapping(mapping);
    vi.advanceTimersByTime(199_999);
    expect(router.datagrams.all).toHaveLength(1);
    vi.advanceTimersByTime(1);
    const [first] = router.datagrams.all;
    const again = await router.datagrams.first((one) => one !== first);
    expect(again.subarray(24, 36)).toEqual(first?.subarray(24, 36));
    expect(again.readUInt16BE(42)).toBe(outside.port);
    expect(changes).toEqual([]);
  });

  test('and tells where the router has moved it', async () => {
    fakeClock();
    const changed = Promise.withResolvers<Endpoint | undefined>();
    let port = outside.port as number;
    const { mapping } = await mapAt(
      { onDatagram: (one) => [pcpGrant(one, { ...outside, port: port++ })] },
      { onChange: changed.resolve },
    );
    const { external: before } = expectMapping(mapping);
    expect(before.port).toBe(outside.port);
    vi.advanceTimersByTime(300_000);
    expect(await changed.promise).toEqual({ ...external, port: outside.port + 1 });
    expect(mapping).toMatchObject({ external: { port: outside.port + 1 } });
  });

  test('until the router refuses for so long that its time is over', async () => {
    fakeClock();
    const changed = Promise.withResolvers<Endpoint | undefined>();
    let isOpen = true;
    const { router, mapping } = await mapAt(
      {
        onDatagram: (one) => {
          const answer = pcpGrant(one, outside);
          // NO_RESOURCES.
          answer.writeUInt8(isOpen ? 0 : 8, 3);
          return [answer];
        },
      },
      { onChange: changed.resolve },
    );
    expectMapping(mapping);
    isOpen = false;
    let isLost = false;
    void changed.promise.then(() => {
      isLost = true;
    });
    let waitedMs = 0;
    await eventually(() => {
      vi.advanceTimersByTime(1000);
      waitedMs += 1000;
      expect(isLost).toBe(true);
    });
    expect(await changed.promise).toBeUndefined();
    expect(waitedMs).toBeGreaterThanOrEqual(600_000 - 4000);
    // At 300, 450, 525 s and so on, at last every 4 s: eight times, each sent four times at most.
    expect(router.datagrams.all.length).toBeGreaterThan(8);
    expect(router.datagrams.all.length).toBeLessThanOrEqual(1 + 8 * 4);
  });
});

describe('a router that lies', () => {
  // All at once, because after each lie the other ways are tried for seconds.
  test('about where the port is maps nothing, and gets it back', async () => {
    const lies = Object.entries({
      'port 0': { ...outside, port: 0 },
      'this machine': { address: [127, 0, 0, 1], port: 40_123 },
      'no address': { address: [0, 0, 0, 0], port: 40_123 },
      'a group': { address: [224, 0, 0, 1], port: 40_123 },
      'a broadcast': { address: [255, 255, 255, 255], port: 40_123 },
    });
    const told = await Promise.all(
      lies.map(async ([, lie]) =>
        mapAt({ onDatagram: (one) => (one[0] === 2 ? [pcpGrant(one, lie)] : [noNatPmp]) }),
      ),
    );
    const sentence = expect.stringContaining('which nobody can dial') as string;
    expect(lies.map(([name], n) => [name, told[n]?.mapping])).toEqual(lies.map(([name]) => [name, sentence]));
    for (const { router } of told) {
      await router.datagrams.first((one) => one[0] === 2 && lifetimeOf(one) === 0);
    }
  });

  test('with answers that are not for us is not heard', async () => {
    const { mapping } = await mapAt({
      onDatagram: (one) => {
        if (one[0] !== 2) {
          return [];
        }
        const [nonce, port, udp] = [24, 40, 36].map((at) => {
          const other = pcpGrant(one, { ...outside, port: 666 });
          other.writeUInt8((other[at] ?? 0) ^ 0xff, at);
          return other;
        });
        return [Buffer.from('garbage'), nonce, port, udp, pcpGrant(one, outside)].filter(
          (bytes) => bytes !== undefined,
        );
      },
    });
    expect(expectMapping(mapping).external).toEqual(external);
  });

  test('is not replaced by somebody else who answers in its place', async () => {
    const stranger = createSocket('udp4');
    stranger.bind(0, '127.0.0.2');
    await once(stranger, 'listening');
    onTestFinished(() => void stranger.close());
    // The stranger has read our questions, knows the port of our socket, and answers as the router would.
    const { router, mapping } = await mapAt({
      onDatagram: (request, { port }) => {
        const answers = request[0] === 2 ? pcpRouter(request) : natPmpAnswers(request, outside.address, 666);
        for (const answer of answers) {
          stranger.send(answer, port, '127.0.0.1');
        }
        return [];
      },
      onSearch: (http, { port }) => {
        stranger.send(searchAnswer(`${http}/description.xml`), port, '127.0.0.1');
        return '';
      },
    });
    expect(mapping).toBe('the router answers neither PCP nor NAT-PMP nor UPnP');
    expect(router.datagrams.all.length).toBeGreaterThan(0);
    expect(router.searches.all.length).toBeGreaterThan(0);
    expect(router.requests.all).toEqual([]);
  });

  test.each([
    ['a LOCATION', (elsewhere: string): RouterScript => ({ onSearch: () => searchAnswer(elsewhere) })],
    [
      'a control URL',
      (elsewhere: string): RouterScript =>
        upnpScript(({ path }, response) => {
          if (path === '/description.xml') {
            response.end(descriptionOf(elsewhere));
          }
          return path === '/description.xml';
        }),
    ],
    [
      'a redirect',
      (elsewhere: string): RouterScript =>
        upnpScript((_, response) => {
          response.writeHead(302, { location: elsewhere });
          response.end();
          return true;
        }),
    ],
  ])('with %s that leads elsewhere sends us nowhere', async (_, script) => {
    const asked: string[] = [];
    const elsewhere = createServer(({ url = '' }, response) => {
      asked.push(url);
      response.end(descriptionOf('/control'));
    });
    elsewhere.listen(0, '127.0.0.2');
    await once(elsewhere, 'listening');
    onTestFinished(() => void elsewhere.close());
    const { port } = elsewhere.address() as AddressInfo;
    const { mapping } = await mapAt(script(`http://127.0.0.2:${port}/description.xml`));
    expect(mapping).toBeTypeOf('string');
    expect(asked).toEqual([]);
  });

  test.each(['/description.xml', '/control'])('with 10 MB at %s is cut off', async (where) => {
    let written = 0;
    const { mapping } = await mapAt(
      upnpScript(({ path }, response) => {
        if (path !== where) {
          return false;
        }
        const chunk = Buffer.alloc(64 * 1024, '<service>');
        function more() {
          while (written < 10_000_000 && !response.destroyed) {
            written += chunk.length;
            if (!response.write(chunk)) {
              response.once('drain', more);
              return;
            }
          }
        }
        more();
        return true;
      }),
    );
    expect(mapping).toBeTypeOf('string');
    expect(written).toBeLessThan(10_000_000);
  });

  test('by a lease that never ends is not taken', async () => {
    const { router, mapping } = await mapAt(
      upnpScript(({ action }, response) => action === 'AddPortMapping' && upnpFault(response, 725)),
    );
    expect(mapping).toBe('the router would keep the port open for ever, by UPnP');
    expect(router.requests.all.filter(({ body }) => body.includes('<NewLeaseDuration>0<'))).toEqual([]);
  });

  test('by refusing every port is asked three times', async () => {
    const { router, mapping } = await mapAt(
      upnpScript(({ action }, response) => action === 'AddPortMapping' && upnpFault(response, 718)),
    );
    expect(mapping).toBe('the router refuses, by UPnP: error 718');
    expect(router.requests.all.filter(({ action }) => action === 'AddPortMapping')).toHaveLength(3);
  });

  test('by accepting a connection and saying nothing is left after 3 s', async () => {
    expectNothingLeft();
    const { mapping } = await mapAt(upnpScript(() => true));
    expect(mapping).toBe('the router answers neither PCP nor NAT-PMP nor UPnP');
  });
});

describe('without a router', () => {
  test('that listens, a sentence says so', async () => {
    expectNothingLeft();
    const { mapping } = await mapAt({});
    expect(mapping).toBe('the router answers neither PCP nor NAT-PMP nor UPnP');
  });

  test('that refuses, a sentence says why', async () => {
    const { mapping } = await mapAt({
      onDatagram: (one) => {
        const [answer] = pcpRouter(one);
        answer?.writeUInt8(2, 3);
        return [answer ?? noNatPmp];
      },
    });
    expect(mapping).toBe('the router refuses, by PCP: NOT_AUTHORIZED');
  });

  test('between us and loopback, nobody is asked', async () => {
    expect(await findGateway(4, '127.0.0.1')).toBeUndefined();
    expect(await findGateway(6, '::1')).toBeUndefined();
    const options = { internalPort, local: '127.0.0.1', signal: new AbortController().signal };
    expect(await mapPort(options)).toBe('this machine has no router that could be asked');
  });
});
