/** A host whose network changes while it waits: the guest finds it where it is now. */
import { describe, expect, test } from 'vitest';
import { formatCode } from '../../../../source/protocol/code.ts';
import { parseInvite } from '../../../../source/protocol/invite.ts';
import { moveAddress } from '../../../helpers/lab/changes.ts';
import { labOrSkip } from '../../../helpers/lab/lab.ts';
import { LinkChat } from '../../../helpers/programs/link-chat.ts';
import { Neighbour } from '../../../helpers/programs/link.ts';

describe('a host that gets another address while it waits', { concurrent: true }, () => {
  test('says so on the local network, and is found there by the code alone', async (context) => {
    const hosts = ['alice', 'bob', 'mallory'];
    const { alice, bob, mallory } = (
      await labOrSkip(context, {
        sites: { home: { mapping: 'endpoint-independent', filtering: 'address-and-port-dependent', hosts } },
      })
    ).hosts;
    const host = new LinkChat(alice!, { name: 'alice', hosts: true, looks: false });
    const listener = new Neighbour(mallory!);
    await Promise.all([listener.hear(), host.event('rendezvous', ({ state }) => state === 'waiting')]);
    const { code } = await host.event('invite');
    await moveAddress(alice);
    const moved = alice!.addresses[0]!.replace(/\d+$/, '77');
    await host.event('rendezvous', ({ state, mapped }) => state === 'waiting' && mapped?.address === moved);
    await listener.first((told) => ('heard' in told && told.address === moved ? told : undefined));
    const guest = new LinkChat(bob!, { name: 'bob', code, hosts: false, looks: true });
    const [{ remote }] = await Promise.all([guest.event('connected'), host.event('connected')]);
    expect(remote.address).toBe(moved);
  });

  test('tells the invite anew if the one before does not lead there any more', async (context) => {
    const open = { mapping: 'none', filtering: 'endpoint-independent' } as const;
    const { alice, bob } = (await labOrSkip(context, { sites: { alice: open, bob: open } })).hosts;
    const [old = ''] = alice!.addresses;
    const host = new LinkChat(alice!, { name: 'alice', hosts: true, looks: false });
    await host.event('rendezvous', ({ state }) => state === 'waiting');
    const first = await host.event('invite');
    expect(first.invite).toContain(`@${old}:`);
    await moveAddress(alice);
    const second = await host.event('invite', ({ invite }) => invite !== first.invite);
    expect(second).toMatchObject({
      code: first.code,
      reach: 'anywhere',
      invite: first.invite.replace(old, old.replace(/\d+$/, '77')),
    });
    const { code, server } = parseInvite(second.invite);
    const guest = new LinkChat(bob!, { code: formatCode(code), server, hosts: false, looks: false });
    await Promise.all([guest.event('connected'), host.event('connected')]);
  });
});
