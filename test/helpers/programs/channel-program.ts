/**
 * Runs as a process of its own. It dials 127.0.0.1:PORT, tries to prove the
 * code as role `a`, sends a message, and prints the outcome in one line. With
 * the word `unguarded` it behaves like a PSK client without our guards.
 */
import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';
import { secureChannel } from '../../../source/connect/session/secure-channel.ts';

const [port, mode] = process.argv.slice(2);
const psk = Buffer.alloc(32, 7);

async function attempt(): Promise<string> {
  const raw = net.connect(Number(port), '127.0.0.1');
  await once(raw, 'connect');
  try {
    if (mode === 'unguarded') {
      const socket = tls.connect({ socket: raw, pskCallback: () => ({ psk, identity: 'punchline/1' }) });
      await once(socket, 'secureConnect');
      socket.end('plaintext');
    } else {
      const { signal } = new AbortController();
      const { socket } = await secureChannel(raw, { role: 'a', psk, signal });
      socket.end('plaintext');
    }
    return 'proven';
  } catch (error) {
    raw.destroy();
    return error instanceof Error ? error.message : String(error);
  }
}

process.stdout.write(`${await attempt()}\n`);
