import { serveHere, type HostServer } from '../../../../source/server/hosted/serve-here.ts';
import { expectNothingLeft } from '../../../helpers/nothing-left.ts';
import { startCuttableLine } from '../../../helpers/servers/cuttable-line.ts';
import { WireClient } from '../../../helpers/servers/wire-client.ts';
import { strangersJoin } from '../../../helpers/strangers/strangers-share.ts';
import { chatsAt, describePlace, type StartedPlace } from '../contract.ts';
import { atHost, hostFirst } from '../otherwise.ts';

async function startHere(): Promise<StartedPlace> {
  expectNothingLeft();
  let server: HostServer | undefined;
  // Neither this machine's network nor its router is told of a test.
  const host = chatsAt({
    portMapping: false,
    here: {
      announced: false,
      port: 0,
      start: async (wanted) => {
        server = await serveHere(wanted);
        return server;
      },
    },
  });
  function port() {
    return server?.port ?? 0;
  }
  const line = await startCuttableLine(port);
  return {
    host,
    guest: chatsAt(() => ({ server: { host: '127.0.0.1', port: port() } })),
    overLine: { host, guest: chatsAt({ server: line.address }) },
    cut: async (during) => {
      line.drop();
      await during();
    },
    stranger: async (number) => {
      const client = await WireClient.connect(port());
      client.send(strangersJoin(number));
      await client.expect('matched');
      return { leave: () => client.socket.destroy() };
    },
  };
}

describePlace({
  name: 'here',
  kinds: { host: 'here', guest: 'rendezvous' },
  through: 'lan',
  start: startHere,
  otherwise: { ...atHost, atOnce: hostFirst },
});
