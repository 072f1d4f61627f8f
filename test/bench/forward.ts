import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo } from 'node:net';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { createLab, type Lab } from '../../source/lab/lab.ts';
import { ordinarySite } from '../helpers/chats/talk.ts';
import { bareEnvironment } from '../helpers/programs/bare-environment.ts';
import { builtProgram, runPunchline } from '../helpers/lab/punchline-inside.ts';
import { median, type Figure } from './figure.ts';
import { timePipe } from './pipe.ts';

const RUNS = 5;
const MEGABYTES = 1024;
const MEGABYTE = 1024 * 1024;
/** Four lines of 20 ms, there and back. */
const ROUND_TRIP_MS = 80;
const REQUESTS = 30;

const program = fileURLToPath(new URL('../../dist/punchline.cjs', import.meta.url));

/** What a forward costs: its throughput beside that of a pipe, and how long a small request takes. */
export async function forward(): Promise<Figure[]> {
  const ratios: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const pipe = (await timePipe(MEGABYTES)) - (await timePipe(0));
    const ours = await timeForward();
    process.stdout.write(`      pipe ${Math.round(pipe)} ms, forward ${Math.round(ours)} ms\n`);
    ratios.push(pipe / ours);
  }
  return [
    { name: 'forward: throughput, ratio to pipe', value: median(ratios), atLeast: 0.85 },
    { name: 'forward: a small request, ratio to the round trip', value: await latency(), atMost: 1.2 },
  ];
}

/** Over loopback. The time from the first byte to the last. */
async function timeForward(): Promise<number> {
  const over = new AbortController();
  const server = start(['serve', '--port', '0', '--host', '127.0.0.1'], over.signal);
  const sink = createServer((socket) => socket.resume());
  try {
    const [line] = (await once(server.stdout, 'data')) as [Buffer];
    const { port } = JSON.parse(String(line)) as { port: number };
    await once(sink.listen(0, '127.0.0.1'), 'listening');
    const target = `127.0.0.1:${(sink.address() as AddressInfo).port}`;
    const common = ['--no-lan', '--code', '5000-velvet-orbit', '--server', `127.0.0.1:${port}`];
    start(['forward', '--allow', target, ...common], over.signal);
    const taker = start(['forward', `0:${target}`, ...common], over.signal);
    let said = '';
    for await (const text of taker.stderr) {
      said += String(text);
      if (said.includes('connected')) {
        break;
      }
    }
    const [, at = ''] = /listening at 127\.0\.0\.1:(\d+)/.exec(said) ?? [];
    const ended = once(sink, 'connection').then(async ([socket]) =>
      once(socket as NodeJS.EventEmitter, 'end'),
    );
    const socket = connect(Number(at), '127.0.0.1');
    await once(socket, 'connect');
    const startedAt = performance.now();
    const chunk = Buffer.alloc(MEGABYTE);
    for (let sent = 0; sent < MEGABYTES; sent += 1) {
      if (!socket.write(chunk)) {
        await once(socket, 'drain');
      }
    }
    socket.end();
    await ended;
    return performance.now() - startedAt;
  } finally {
    over.abort();
    sink.close();
  }
}

function start(args: readonly string[], signal: AbortSignal) {
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, XDG_CONFIG_HOME: '/nonexistent' },
  });
  signal.addEventListener('abort', () => child.kill('SIGKILL'), { once: true });
  return child;
}

const echo = `require('node:net').createServer((socket) => socket.pipe(socket)).listen(7000, '127.0.0.1', () => console.log('ready'))`;
/** Each request has a connection of its own, as most of HTTP does. */
const ask = `
const { connect } = require('node:net');
const { once } = require('node:events');
(async () => {
  const times = [];
  for (let n = 0; n < ${REQUESTS}; n += 1) {
    const startedAt = performance.now();
    const socket = connect(7000, '127.0.0.1');
    socket.write('x');
    await once(socket, 'data');
    times.push(performance.now() - startedAt);
    socket.destroy();
  }
  console.log(JSON.stringify(times));
})();`;

async function latency(): Promise<number> {
  const lab = await createLab({ sites: { alice: ordinarySite, bob: ordinarySite } });
  try {
    const times = await requestTimes(lab);
    process.stdout.write(`      requests: ${times.map(Math.round).join(', ')} ms\n`);
    return median(times) / ROUND_TRIP_MS;
  } finally {
    await lab.close();
  }
}

async function requestTimes({ hosts: { alice, bob, rendezvous } }: Lab): Promise<number[]> {
  await runPunchline(rendezvous!, ['serve']).line('listening');
  await once(bob!.spawn([process.execPath, '-e', echo]).stdout, 'data');
  const common = ['--code', '5000-velvet-orbit', '--server', rendezvous!.addresses[0]!];
  const env = bareEnvironment;
  bob!.spawn([process.execPath, builtProgram, 'forward', '--allow', 'localhost:7000', ...common], { env });
  const words = ['forward', '7000:localhost:7000', ...common];
  const taker = alice!.spawn([process.execPath, builtProgram, ...words], { env });
  for await (const text of taker.stderr) {
    if (String(text).includes('connected')) {
      break;
    }
  }
  const { stdout } = await alice!.exec([process.execPath, '-e', ask]);
  return JSON.parse(stdout) as number[];
}
