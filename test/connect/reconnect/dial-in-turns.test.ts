import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { Worker } from 'node:worker_threads';
import process from 'node:process';
import { describe, expect, onTestFinished, test } from 'vitest';
import { randomBytes } from 'node:crypto';
import { createMeetingContext } from '../../../source/connect/meeting-context.ts';
import { reconnect } from '../../../source/connect/reconnect/reconnect.ts';
import { eventually } from '../../helpers/eventually.ts';

/** Listens with a queue for one connection. Accepts none until it is woken, and then tells what each one says. */
const busyServer = `
  const { createServer } = require('node:net');
  const { parentPort, workerData } = require('node:worker_threads');
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => parentPort.postMessage(String(chunk)));
  });
  server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(workerData, 0, 0);
  });
`;

/** The local ports from which a SYN to this port is unanswered, as the kernel lists them. */
function unanswered(port: number): string[] {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  const rows = readFileSync('/proc/net/tcp', 'utf8').split('\n');
  return rows
    .map((row) => row.trim().split(/\s+/))
    .filter(([, , remote, state]) => state === '02' && remote === `0100007F:${hex}`)
    .map(([, local = '']) => local);
}

async function startBusyServer() {
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const worker = new Worker(busyServer, { eval: true, workerData: gate });
  const said: string[] = [];
  const [port] = (await once(worker, 'message')) as [number];
  worker.on('message', (line: string) => said.push(line));
  function wake() {
    Atomics.store(gate, 0, 1);
    Atomics.notify(gate, 0);
  }
  onTestFinished(async () => {
    wake();
    await worker.terminate();
  });
  // These fill its queue, and then the kernel answers no further SYN.
  const fillers = Array.from({ length: 8 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
  onTestFinished(() => fillers.forEach((one) => one.destroy()));
  await eventually(() => expect(unanswered(port).length).toBeGreaterThan(0));
  return { port, said, wake, fillers: unanswered(port) };
}

describe.runIf(process.platform === 'linux')(
  'a search for the peer at a rendezvous that does not answer',
  () => {
    test('dials each second from another port, and speaks on one connection alone', async () => {
      const { port, said, wake, fillers } = await startBusyServer();
      const search = new AbortController();
      const context = createMeetingContext({ server: { host: '127.0.0.1', port } }, () => undefined);
      const session = { role: 'a', keys: { root: randomBytes(32) } } as const;
      const gone = reconnect(context, session, undefined, search.signal).catch(() => undefined);
      onTestFinished(async () => {
        search.abort();
        await gone;
      });
      function dials() {
        return unanswered(port).filter((local) => !fillers.includes(local));
      }
      const startedAt = performance.now();
      await eventually(() => expect(dials()).toHaveLength(3));
      expect(performance.now() - startedAt).toBeGreaterThan(1900);
      wake();
      function joins() {
        return said.filter((line) => line.includes('"t":"join"'));
      }
      await eventually(() => expect(joins()).toHaveLength(1));
      await eventually(() => expect(dials()).toEqual([]));
      expect(joins()).toHaveLength(1);
    });
  },
);
