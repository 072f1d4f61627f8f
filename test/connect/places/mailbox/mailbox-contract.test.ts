import { expectNothingLeft } from '../../../helpers/nothing-left.ts';
import { reachMailboxServers, startMailboxServers } from '../../../helpers/servers/mailbox-place.ts';
import { sharedInFile } from '../../../helpers/shared.ts';
import { chatsAt, describePlace } from '../contract.ts';
import { spentRoom } from '../otherwise.ts';

const theServers = sharedInFile(startMailboxServers);

describePlace({
  name: 'mailbox',
  kinds: { host: 'mailbox', guest: 'mailbox' },
  through: 'relay',
  start: async (context) => {
    const servers = await theServers(context);
    expectNothingLeft();
    const { reach, drop, stranger } = await reachMailboxServers(servers);
    const chat = chatsAt(reach);
    const sides = { host: chat, guest: chat };
    return {
      ...sides,
      overLine: sides,
      cut: async (during) => {
        drop();
        await during();
      },
      stranger,
    };
  },
  otherwise: { vanished: spentRoom },
});
