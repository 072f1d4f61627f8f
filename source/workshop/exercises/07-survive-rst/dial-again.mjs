// Dials one endpoint from one port again and again, until it connects. It begins WAIT-MS after a full
// second of the clock, so that two sides on one machine are apart by exactly what their waits differ.
// node dial-again.mjs ADDRESS PORT LOCAL-PORT WAIT-MS PERIOD-MS JITTER-MS
import { connect } from 'node:net';

const [host, port, localPort, wait, period, jitter] = process.argv
  .slice(2)
  .map((word, index) => (index === 0 ? word : Number(word)));
const begin = 1000 - (Date.now() % 1000) + wait;
const started = performance.now() + begin;

function dial() {
  const socket = connect({ host, port, localPort });
  socket.once('error', ({ code }) => {
    console.log(`${Math.round(performance.now() - started)} ms: ${code}`);
    setTimeout(dial, period + Math.random() * jitter);
  });
  socket.once('connect', () => {
    console.log(`${Math.round(performance.now() - started)} ms: connected`);
    socket.on('error', () => process.exit(1));
    setTimeout(() => socket.end(), 1000);
    socket.on('close', () => process.exit(0));
  });
}
setTimeout(dial, begin);
