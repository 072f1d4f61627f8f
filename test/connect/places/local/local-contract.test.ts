/** Hosts and guests on one switch without internet. */
import type { TestContext } from 'vitest';
import { formatCode } from '../../../../source/protocol/code.ts';
import { FIRST_OWN_NUMBER } from '../../../../source/protocol/rendezvous-messages.ts';
import { runIn } from '../../../helpers/lab/changes.ts';
import { oneSwitch } from '../../../helpers/lab/one-switch.ts';
import { startAgent } from '../../../helpers/programs/agent.ts';
import { LinkChat } from '../../../helpers/programs/link-chat.ts';
import { sharedInFile } from '../../../helpers/shared.ts';
import { strangersJoin } from '../../../helpers/strangers/strangers-share.ts';
import { describePlace, type SideOptions, type StartedPlace } from '../contract.ts';
import { atHost } from '../otherwise.ts';

const theLab = sharedInFile((owner) => oneSwitch(owner));

async function startOnLink(context: TestContext): Promise<StartedPlace> {
  const lab = await theLab(context);
  const { alice, mallory } = lab.hosts;
  let waiting: LinkChat | undefined;
  let guests = 0;
  function start(name: 'alice' | 'bob' | 'mallory', { code, ...options }: SideOptions, hosts: boolean) {
    const chat = new LinkChat(lab.hosts[name]!, {
      ...options,
      ...(code !== undefined && { code: formatCode(code) }),
      hosts,
      // Two that have agreed on a code are hosts, and look for each other.
      looks: !hosts || code !== undefined,
    });
    context.onTestFinished(() => chat.stop());
    return chat;
  }
  const sides = {
    host: (options: SideOptions = {}) => {
      waiting = start('alice', options, true);
      return waiting;
    },
    guest: (options: SideOptions) => {
      guests += 1;
      const isAgreed = (options.code?.number ?? 0) >= FIRST_OWN_NUMBER;
      return start(guests === 1 ? 'bob' : 'mallory', options, isAgreed);
    },
  };
  return {
    ...sides,
    overLine: sides,
    cut: async (during) => {
      await runIn(alice, 'ip link set dev eth0 down');
      await during();
      await runIn(alice, 'ip link set dev eth0 up');
    },
    stranger: async (number) => {
      const agent = startAgent(mallory!);
      const port = waiting?.all('rendezvous').find(({ mapped }) => mapped !== undefined)?.mapped?.port;
      await agent.meet({ address: alice!.addresses[0]!, port: port! });
      await agent.say(`${JSON.stringify(strangersJoin(number))}\n`);
      for (let heard = ''; !heard.includes('"matched"');) {
        heard += await agent.hear();
      }
      return { leave: () => agent.hangUp() };
    },
  };
}

describePlace({
  name: 'local',
  kinds: { host: 'here', guest: 'local' },
  through: 'lan',
  start: startOnLink,
  otherwise: atHost,
});
