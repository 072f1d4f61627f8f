/** Two machines on one switch without internet meet: by the code of a host, or by a code that both have agreed on. */
import { describe, expect, test, type TestContext } from 'vitest';
import { parseLinkMessage } from '../../../../source/connect/places/local/link-messages.ts';
import { LinkChat, type LinkChatOptions } from '../../../helpers/programs/link-chat.ts';
import { Neighbour } from '../../../helpers/programs/link.ts';
import { sharedInFile } from '../../../helpers/shared.ts';
import { oneSwitch } from '../../../helpers/lab/one-switch.ts';

const agreed = '4711-velvet-orbit';

const theLab = sharedInFile((owner) => oneSwitch(owner));
const theLabWithIpv6 = sharedInFile((owner) => oneSwitch(owner, true));

/** They end with the test. */
async function chatsOnSwitch(context: TestContext, startLab = theLab) {
  const lab = await startLab(context);
  function chat(name: 'alice' | 'bob' | 'mallory', options: LinkChatOptions) {
    const started = new LinkChat(lab.hosts[name]!, { name, ...options });
    context.onTestFinished(() => started.stop());
    return started;
  }
  async function listen() {
    const listener = new Neighbour(lab.hosts['mallory']!);
    context.onTestFinished(() => listener.end());
    await listener.hear();
    return listener;
  }
  return { lab, chat, listen, address: (name: string) => lab.hosts[name]!.addresses[0]! };
}

async function talk(one: LinkChat, other: LinkChat): Promise<void> {
  one.say('from one');
  other.say('from the other');
  const [atOther, atOne] = await Promise.all([
    other.event('message', ({ from }) => from === 'peer'),
    one.event('message', ({ from }) => from === 'peer'),
  ]);
  expect([atOther.text, atOne.text]).toEqual(['from one', 'from the other']);
}

describe('a guest that knows a code and no place', () => {
  test('finds the host, and talks to it', async (context) => {
    const { chat, address } = await chatsOnSwitch(context);
    const host = chat('alice', { hosts: true, looks: false });
    const { code, invite, reach } = await host.event('invite');
    expect([invite, reach]).toEqual([code, 'local network']);
    const guest = chat('bob', { code, hosts: false, looks: true });
    const [atGuest, atHost] = await Promise.all([guest.event('connected'), host.event('connected')]);
    expect([atGuest.path, atGuest.remote.address, atHost.remote.address]).toEqual([
      'lan',
      address('alice'),
      address('bob'),
    ]);
    expect((await guest.event('rendezvous', ({ state }) => state === 'matched')).place).toBe('local');
    await talk(host, guest);
  });

  test('finds the host by IPv6 alone, at its link-local address', async (context) => {
    const { chat } = await chatsOnSwitch(context, theLabWithIpv6);
    const host = chat('alice', { hosts: true, looks: false, family: 6, code: agreed });
    await host.event('rendezvous', ({ state }) => state === 'waiting');
    const guest = chat('bob', { code: agreed, hosts: false, looks: true, family: 6 });
    const { path, remote } = await guest.event('connected');
    expect([path, remote.address.slice(0, 4)]).toEqual(['lan', 'fe80']);
    await talk(host, guest);
  });

  test('finds it beside a stranger that has the same number and other words', async (context) => {
    const { chat } = await chatsOnSwitch(context);
    const stranger = chat('mallory', { hosts: true, looks: false, code: '4711-abandon-ability' });
    await stranger.event('rendezvous', ({ state }) => state === 'waiting');
    const host = chat('alice', { hosts: true, looks: false, code: agreed });
    await host.event('rendezvous', ({ state }) => state === 'waiting');
    const guest = chat('bob', { code: agreed, hosts: false, looks: true });
    expect((await guest.event('connected')).peer.name).toBe('alice');
    await talk(host, guest);
  });
});

describe('two that have agreed on a code, and know no place', () => {
  const either = { code: agreed, hosts: true, looks: true } as const;

  test('meet where both come at once: the one with the smaller id waits', async (context) => {
    const { chat, lab, listen } = await chatsOnSwitch(context);
    const listener = await listen();
    const [one, other] = [chat('alice', either), chat('bob', either)];
    await Promise.all([one.event('connected'), other.event('connected')]);
    const roles = [(await one.event('peer')).role, (await other.event('peer')).role];
    expect(roles.toSorted()).toEqual(['a', 'b']);
    function idsOf(name: string): string[] {
      return listener.heard
        .filter((heard) => heard.address === lab.hosts[name]!.addresses[0])
        .flatMap(({ datagram }) => {
          const message = parseLinkMessage(datagram);
          return message?.t === 'answer' ? message.announcements.map(({ id }) => id) : [];
        });
    }
    // A run that has looked in vain for 3 s takes a smaller id. Any that was told may have decided.
    const isAliceSmaller = idsOf('alice').flatMap((alice) => idsOf('bob').map((bob) => alice < bob));
    expect(isAliceSmaller).toContain(roles[0] === 'b');
    await talk(one, other);
  });

  test('meet where one comes when the other has stopped looking', async (context) => {
    const { chat, listen } = await chatsOnSwitch(context);
    const listener = await listen();
    const one = chat('alice', either);
    // From now on it only waits.
    await listener.first((told) => {
      const message = 'heard' in told ? parseLinkMessage(Buffer.from(told.heard, 'hex')) : undefined;
      return message?.t === 'answer' && message.announcements[0]?.id.startsWith('0') ? told : undefined;
    });
    const other = chat('bob', either);
    await Promise.all([one.event('connected'), other.event('connected')]);
    expect((await one.event('peer')).role).toBe('b');
    await talk(one, other);
  });

  test('meet where one of them waits by --here', async (context) => {
    const { chat } = await chatsOnSwitch(context);
    const host = chat('alice', { code: agreed, hosts: true, looks: false });
    await host.event('rendezvous', ({ state }) => state === 'waiting');
    const other = chat('bob', either);
    await Promise.all([host.event('connected'), other.event('connected')]);
    expect((await host.event('peer')).role).toBe('b');
    await talk(host, other);
  });

  test('meet beside a stranger that waits under the same number with other words', async (context) => {
    const { chat } = await chatsOnSwitch(context);
    const stranger = chat('mallory', { hosts: true, looks: false, code: '4711-abandon-ability' });
    await stranger.event('rendezvous', ({ state }) => state === 'waiting');
    const [one, other] = [chat('alice', either), chat('bob', either)];
    const [atOne, atOther] = await Promise.all([one.event('connected'), other.event('connected')]);
    expect([atOne.peer.name, atOther.peer.name]).toEqual(['bob', 'alice']);
  });
});
