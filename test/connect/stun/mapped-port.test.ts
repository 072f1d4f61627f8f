import { describe, expect, test } from 'vitest';
import { MappedPort, peerRefusal } from '../../../source/connect/stun/mapped-port.ts';
import { expectNothingLeft } from '../../helpers/nothing-left.ts';
import { startTwoStunServers } from '../../helpers/servers/mailbox-place.ts';
import { truth, type StunScript } from '../../helpers/servers/stun-server.ts';

/** A port that these servers observe, until the test is over. */
async function observe(script?: StunScript) {
  expectNothingLeft();
  const over = new AbortController();
  const servers = await startTwoStunServers(script);
  const port = new MappedPort({ servers, family: 4, signal: over.signal }, Promise.resolve());
  return { port, over };
}

describe('the port that we punch from', () => {
  test('is known once two servers have seen it', async () => {
    const { port, over } = await observe();
    const observed = await port.known();
    const local = observed?.local.port;
    expect(observed).toMatchObject({
      family: 4,
      mapped: { address: '127.0.0.1', port: local, probePort: local },
    });
    over.abort();
  });

  test('stays known where the servers close their connections, as coturn does', async () => {
    const { port, over } = await observe((question) => {
      question.socket.end(truth(question));
      return undefined;
    });
    const observed = await port.known();
    expect(observed?.mapped.port).toBe(observed?.local.port);
    expect(port.observed).toEqual(observed);
    over.abort();
  });

  test('is not known where nobody answers', async () => {
    const over = new AbortController();
    expectNothingLeft();
    const servers = [{ host: '127.0.0.1', port: 1 }];
    const port = new MappedPort({ servers, family: 4, signal: over.signal }, Promise.resolve());
    expect(await port.known()).toBeUndefined();
    over.abort();
  });

  test('is not asked for before its turn, and not at all once it is over', async () => {
    expectNothingLeft();
    let questions = 0;
    const servers = await startTwoStunServers(() => {
      questions += 1;
      return undefined;
    });
    const turn = Promise.withResolvers<undefined>();
    const over = new AbortController();
    const port = new MappedPort({ servers, family: 4, signal: over.signal }, turn.promise);
    over.abort();
    turn.resolve(undefined);
    expect(await port.known()).toBeUndefined();
    expect(questions).toBe(0);
  });
});

describe('an endpoint of the peer', () => {
  const servers = [{ address: '50.0.0.2', port: 3478 }];
  function refusal(address: string, mailbox = '50.0.0.9') {
    return peerRefusal({ address, port: 2000 }, { mailbox: { address: mailbox, port: 443 }, servers });
  }

  test.each([['50.0.1.2'], ['2a00:5000::7']])('%s may be dialled', (address) => {
    expect(refusal(address)).toBeUndefined();
  });

  test.each([
    ['192.168.1.7'],
    ['10.0.0.1'],
    ['100.64.0.1'],
    ['127.0.0.1'],
    ['169.254.169.254'],
    ['224.0.0.251'],
    ['255.255.255.255'],
    ['0.0.0.0'],
    ['fd00::1'],
    ['fe80::1'],
    ['ff02::fb'],
    ['64:ff9b::c0a8:107'],
    ['2002:c0a8:107::1'],
  ])('%s is no address on the internet', (address) => {
    expect(refusal(address)).toMatch(/, which is no address on the internet$/);
  });

  test('is refused at the address of a STUN server, whatever the port', () => {
    expect(refusal('50.0.0.2')).toBe('50.0.0.2:2000, which is the address of a STUN server');
  });

  test('may be in the kind of network in which the mailbox server is, as in a lab', () => {
    expect(refusal('192.168.1.7', '10.0.0.1')).toBeUndefined();
    expect(refusal('127.0.0.1', '127.0.0.1')).toBeUndefined();
    expect(refusal('127.0.0.1', '10.0.0.1')).toMatch(/no address on the internet/);
  });
});
