/** A real server under a real limit of open files. */
import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { eventually } from '../../helpers/eventually.ts';
import { startServer } from '../../helpers/programs/punchline.ts';
import { WireClient } from '../../helpers/servers/wire-client.ts';
import { base64url, joinMessage } from '../../helpers/servers/wire-messages.ts';

/** More than the program and its reserve need, and less than `guests` more. */
const limit = 64;
const guests = 100;

/** The line of the log that tells of it. */
interface Told {
  readonly level: number;
  readonly msg: string;
  readonly refused: number;
  readonly limit: number;
}

async function startLimited() {
  const under = ['sh', '-c', `ulimit -n ${limit}; exec "$@"`, 'sh'];
  const server = await startServer(['--metrics', '0'], { under });
  const [, metricsPort] = await server.process.waitForText(/"metricsPort":(\d+)/);
  return {
    port: server.port,
    process: server.process,
    told: (): Told[] =>
      server.process.stderr
        .split('\n')
        .filter((line) => line.includes('no file descriptors'))
        .map((line) => JSON.parse(line) as Told),
    sample: async (name: string) => {
      const page = await fetch(`http://127.0.0.1:${metricsPort}/metrics`).catch((cause: unknown) => {
        throw new Error(`no page of metrics: ${server.process.stderr}`, { cause });
      });
      const line = (await page.text()).split('\n').find((one) => one.startsWith(`${name} `));
      return Number(line?.split(' ').at(-1));
    },
  };
}

interface Guest {
  readonly socket: Socket;
  heard: string;
  isClosed: boolean;
}

function startGuest(port: number): Guest {
  const socket = connect(port, '127.0.0.1');
  const guest: Guest = { socket, heard: '', isClosed: false };
  socket.on('data', (chunk) => (guest.heard += chunk.toString()));
  socket.on('error', () => undefined);
  socket.on('close', () => (guest.isClosed = true));
  // It is modern: a classic one would be paired, and closed.
  socket.write(' ');
  onTestFinished(() => void socket.destroy());
  return guest;
}

const counter = 'punchline_refusals_total{reason="descriptors"}';

test('a server without descriptors counts and tells the clients that it refuses, and serves the others', async () => {
  const { port, process, told, sample } = await startLimited();
  expect(await sample(counter)).toBe(0);
  const early = await WireClient.connect(port);
  onTestFinished(() => void early.socket.destroy());
  early.send(joinMessage({ number: 5000 }));
  await early.expect('waiting');

  const all = Array.from({ length: guests }, () => startGuest(port));
  await eventually(async () => {
    const closed = all.filter(({ isClosed }) => isClosed).length;
    expect(closed).toBeGreaterThan(guests / 2);
    expect(closed + (await sample('punchline_now{kind="connections"}'))).toBe(guests + 1);
    // All of them were counted: none was closed behind our back.
    expect(await sample(counter)).toBe(closed);
  });
  for (const { heard } of all.filter(({ isClosed }) => isClosed)) {
    expect(JSON.parse(heard)).toEqual({
      t: 'error',
      code: 'ERR_RENDEZVOUS_REFUSED',
      message: 'this rendezvous has no file descriptors left for more clients; come again in 60 s',
    });
  }
  await process.waitForText(/"msg":"no file descriptors are left/);
  early.send({ t: 'ping' });
  await early.expect('pong');

  const late = startGuest(port);
  await eventually(() => expect(late.isClosed).toBe(true));
  // A line a minute is enough.
  expect(told()).toHaveLength(1);

  for (const { socket } of all) {
    socket.destroy();
  }
  const again = await eventually(async () => {
    const client = await WireClient.connect(port);
    onTestFinished(() => void client.socket.destroy());
    client.send({ t: 'open', v: 1, client: base64url(16) });
    await client.expect('opened');
    return client;
  });
  again.socket.destroy();
  const refused = await sample(counter);
  early.socket.destroy();

  process.kill('SIGTERM');
  expect((await process.ended()).code).toBe(0);
  // What the minute kept back comes at the end.
  expect(told().length).toBeGreaterThan(1);
  expect(told().reduce((sum, one) => sum + one.refused, 0)).toBe(refused);
  expect(told()[0]).toMatchObject({
    level: 50,
    limit,
    msg: expect.stringMatching(/LimitNOFILE.*ulimit -n.*--max-connections/) as string,
  });
});
