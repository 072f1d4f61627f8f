import { expectNothingLeft } from '../../../helpers/nothing-left.ts';
import { startMailboxPlace } from '../../../helpers/servers/mailbox-place.ts';
import { chatsAt, describePlace } from '../contract.ts';
import { spentRoom } from '../otherwise.ts';

describePlace({
  name: 'mailbox',
  kinds: { host: 'mailbox', guest: 'mailbox' },
  through: 'relay',
  start: async (context) => {
    expectNothingLeft();
    const { reach, drop, stranger } = await startMailboxPlace(context);
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
