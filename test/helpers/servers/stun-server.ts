/** A STUN server over TCP on loopback. It answers as the test tells it to. */
import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import type { StunServer } from '../../../source/connect/stun/stun-servers.ts';
import { stunAnswer } from './stun-messages.ts';

export interface StunQuestion {
  readonly socket: Socket;
  readonly transaction: Uint8Array;
}

export interface ScriptedStun {
  readonly server: StunServer;
  /** Every request so far. */
  readonly questions: readonly StunQuestion[];
  /** From which port each connection came. */
  readonly ports: readonly (number | undefined)[];
  /** How the client has ended each connection. */
  readonly ends: ('open' | 'half-closed' | 'closed')[];
}

export type StunScript = (question: StunQuestion) => Uint8Array | undefined;

/** The honest answer. */
export function truth({ socket, transaction }: StunQuestion): Uint8Array {
  return stunAnswer(transaction, {
    address: socket.remoteAddress ?? '',
    port: socket.remotePort ?? 0,
  });
}

/** Listens until the test is over. */
export async function startStunServer(script: StunScript = truth, host = '127.0.0.1'): Promise<ScriptedStun> {
  const questions: StunQuestion[] = [];
  const ends: ScriptedStun['ends'] = [];
  const ports: (number | undefined)[] = [];
  const sockets: Socket[] = [];
  const listener = createServer({ noDelay: true, allowHalfOpen: true }, (socket) => {
    const n = ends.push('open') - 1;
    sockets.push(socket);
    ports.push(socket.remotePort);
    let asked = Buffer.alloc(0);
    socket.on('data', (chunk) => {
      for (asked = Buffer.concat([asked, chunk]); asked.length >= 20; asked = asked.subarray(20)) {
        const question = { socket, transaction: Uint8Array.from(asked.subarray(8, 20)) };
        questions.push(question);
        const answer = script(question);
        if (answer !== undefined) {
          socket.write(answer);
        }
      }
    });
    socket.on('error', () => undefined);
    socket.on('end', () => {
      ends[n] = 'half-closed';
      // A client that has closed answers with RST, which the next write finds. One that has only half-closed reads on.
      const asking = setInterval(() => socket.write('are you there?'), 20);
      socket.once('close', () => clearInterval(asking));
    });
    socket.on('close', () => {
      ends[n] = 'closed';
    });
  });
  listener.listen(0, host);
  await once(listener, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) {
      socket.destroy();
    }
    listener.close();
  });
  const { port } = listener.address() as AddressInfo;
  return { server: { name: `${host}:${port}`, address: host, port }, questions, ports, ends };
}
