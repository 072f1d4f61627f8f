import { reach } from '../../helpers/chats/recorded-chat.ts';
import { startCuttableLine } from '../../helpers/servers/cuttable-line.ts';
import { joinMessage, TestServer } from '../../helpers/servers/rendezvous-server.ts';
import { describePlace } from './contract.ts';
import { strangersShare } from '../../helpers/strangers/mailbox-guest.ts';

describePlace({
  kind: 'rendezvous',
  afterVanishing: 'waits again',
  start: async () => {
    const server = await TestServer.start({}, { returnMs: 60_000 });
    const line = await startCuttableLine(server.port);
    return {
      reach: reach(server),
      overLine: { ...reach(server), server: line.address },
      drop: line.drop,
      vanish: async (number) => {
        const stranger = await server.connect();
        const share = Buffer.from(strangersShare()).toString('base64url');
        stranger.send(joinMessage({ number, share }));
        await stranger.expect('matched');
        stranger.socket.destroy();
      },
    };
  },
});
