import { reach } from '../../helpers/chats/recorded-chat.ts';
import { expectNothingLeft } from '../../helpers/nothing-left.ts';
import { startCuttableLine } from '../../helpers/servers/cuttable-line.ts';
import { TestServer } from '../../helpers/servers/rendezvous-server.ts';
import { strangersJoin } from '../../helpers/strangers/strangers-share.ts';
import { chatsAt, describePlace } from './contract.ts';

describePlace({
  name: 'rendezvous',
  kinds: { host: 'rendezvous', guest: 'rendezvous' },
  through: 'relay',
  start: async () => {
    expectNothingLeft();
    const server = await TestServer.start({}, { returnMs: 60_000 });
    const line = await startCuttableLine(server.port);
    const chat = chatsAt(reach(server));
    const overLine = chatsAt({ ...reach(server), server: line.address });
    return {
      host: chat,
      guest: chat,
      overLine: { host: overLine, guest: overLine },
      cut: async (during) => {
        line.drop();
        await during();
      },
      stranger: async (number) => {
        const stranger = await server.connect();
        stranger.send(strangersJoin(number));
        await stranger.expect('matched');
        return { leave: () => stranger.socket.destroy() };
      },
    };
  },
});
