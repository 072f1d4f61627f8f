/**
 * `node bare-tls.ts PORT listen|dial`: the dialling side sends its stdin to the
 * listener's stdout over TLS 1.3 with a PSK on a TCP socket. `punchline pipe`
 * is measured against this. The listener takes one connection, and ends with
 * it.
 */
import { connect, createServer } from 'node:net';
import tls from 'node:tls';
import { pipeline } from 'node:stream/promises';

const psk = Buffer.alloc(32, 7);
const common = {
  minVersion: 'TLSv1.3',
  maxVersion: 'TLSv1.3',
  ciphers: 'TLS_CHACHA20_POLY1305_SHA256',
} as const;
const [, , port, side] = process.argv;

if (side === 'listen') {
  const server = createServer((socket) => {
    server.close();
    const secured = new tls.TLSSocket(socket, {
      ...common,
      isServer: true,
      pskCallback: () => psk,
    } as tls.TLSSocketOptions);
    void pipeline(secured, process.stdout);
  });
  server.listen(Number(port), '127.0.0.1', () => process.stderr.write('listening\n'));
} else {
  const raw = connect({ port: Number(port), host: '127.0.0.1' }, () => {
    const socket = tls.connect({
      ...common,
      socket: raw,
      ca: [],
      pskCallback: () => ({ psk, identity: 'bench' }),
    } as tls.ConnectionOptions);
    void pipeline(process.stdin, socket);
  });
}
