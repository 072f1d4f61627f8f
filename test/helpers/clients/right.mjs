/** A client of the classic protocol that punches. */
import { connect, createServer } from 'node:net';

const [, , host] = process.argv;
// Only a socket that is bound explicitly shares its port.
const server = connect({ host, port: 8877, family: 4, localAddress: '0.0.0.0' });
let words = '';
server.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
});
server.on('data', (data) => {
  words += data;
  const [, first, address, port] = /^(first\n\0)?([\d.]+) (\d+)(?: \d+)?\n\0$/.exec(words) ?? [];
  if (address !== undefined) {
    punch(
      { host: address, port: Number(port), family: 4, localAddress: '0.0.0.0', localPort: server.localPort },
      first !== undefined,
    );
  }
});

/** Dials again and again, and listens meanwhile, until one of the two gives a connection. */
function punch(peer, isFirst) {
  const listener = createServer((socket) => talk(socket));
  let connected = false;
  function talk(socket) {
    if (connected) {
      return;
    }
    connected = true;
    listener.close();
    socket.on('data', (data) => process.stdout.write(String(data).replaceAll('\0', '')));
    socket.on('error', () => process.exit(1));
    socket.on('close', () => process.exit(0));
    if (isFirst) {
      setInterval(() => socket.write('Hello, world\n\0'), 1000);
    }
  }
  function dial() {
    if (connected) {
      return;
    }
    const socket = connect(peer);
    socket.on('connect', () => talk(socket));
    socket.on('error', () => {
      // A port on which somebody listens dials no more, so the listener ends before the next dial.
      listener.close();
      // Two that wait equally long never cross.
      setTimeout(dial, 20 + 130 * Math.random());
    });
    listener.listen(peer.localPort, '0.0.0.0');
  }
  listener.on('error', () => undefined);
  dial();
}
