/** The rendezvous at https, behind a front that ends TLS and WebSocket. */
import { makeCertificate, trustCertificate } from '../../helpers/servers/certificates.ts';
import { startCuttableLine } from '../../helpers/servers/cuttable-line.ts';
import { startHttpsFront } from '../../helpers/servers/https-front.ts';
import { behindBalancer, TestServer } from '../../helpers/servers/rendezvous-server.ts';
import { expectNothingLeft } from '../../helpers/nothing-left.ts';
import { sharedInFile } from '../../helpers/shared.ts';
import { strangersJoin } from '../../helpers/strangers/strangers-share.ts';
import { chatsAt, describePlace } from './contract.ts';

const theCertificate = sharedInFile(async (owner) => {
  const files = makeCertificate(owner);
  trustCertificate(files, owner);
  return files;
});

describePlace({
  name: 'rendezvous at https',
  kinds: { host: 'rendezvous', guest: 'rendezvous' },
  through: 'relay',
  start: async (context) => {
    const files = await theCertificate(context);
    expectNothingLeft();
    const server = await TestServer.start(behindBalancer, { returnMs: 60_000 });
    const front = await startHttpsFront(server.port, files);
    const line = await startCuttableLine(front.port);
    const chat = chatsAt({ server: { https: { host: '127.0.0.1', port: front.port } } });
    const overLine = chatsAt({ server: { https: line.address } });
    return {
      host: chat,
      guest: chat,
      overLine: { host: overLine, guest: overLine },
      cut: async (during) => {
        line.drop();
        await during();
      },
      stranger: async (number) => {
        const stranger = await server.connectFrom('127.0.0.1');
        stranger.send(strangersJoin(number));
        await stranger.expect('matched');
        return { leave: () => stranger.socket.destroy() };
      },
    };
  },
});
