// A client of the old exercise that punches: one port for everything, and both sides dial.
// node punch-client.mjs SERVER-ADDRESS [PERIOD-MS [JITTER-MS]]
import { connect } from 'node:net';

const [server = '50.0.0.2', period = '300', jitter = '200'] = process.argv.slice(2);

// Decimal numbers in ASCII; each message ends with a newline and a NUL.
const meeting = connect({ host: server, port: 8877 });
let told = '';
let role = 'second';
meeting.on('data', (bytes) => {
  told += bytes;
  if (told.startsWith('first\n')) {
    role = 'first';
  }
  const [, address, port] = /(\d+\.\d+\.\d+\.\d+) (\d+)/.exec(told) ?? [];
  if (address !== undefined && told.endsWith('\0')) {
    meeting.removeAllListeners('data');
    dial(address, Number(port), meeting.localPort);
  }
});

/** Dials from the port that the server has seen, until one attempt comes through. */
function dial(host, port, localPort) {
  const socket = connect({ host, port, localPort });
  // A dial that the peer's router refuses is tried again. Without chance in the waiting, two sides
  // that refuse each other with the same period would never cross.
  function again() {
    setTimeout(dial, Number(period) + Math.random() * Number(jitter), host, port, localPort);
  }
  socket.once('error', again);
  socket.once('connect', () => {
    socket.off('error', again).on('error', () => process.exit(1));
    if (role === 'first') {
      setInterval(() => {
        socket.write('Hello, world\n\0');
        console.log('send message: Hello, world');
      }, 1000);
    }
    socket.on('data', (bytes) =>
      console.log(
        `recv message: ${String(bytes)
          .replaceAll(/[\0\n]+/g, ' ')
          .trim()}`,
      ),
    );
    socket.on('close', () => process.exit(0));
  });
}
