import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server as Listener, type Socket } from 'node:net';
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

/**
 * What a forward costs: its throughput beside that of a pipe, and how long a small request takes.
 *
 * Both carry the same zeros over one connection on loopback, from one connection of TCP to another: the pipe has them as its
 * stdin and stdout. So the ratio is what the streams cost. A pipe that reads from a pipe of the system and writes to
 * /dev/null is spared the work of two connections, on the same cores. Its ratio has no bound, and is told beside.
 */
export async function forward(): Promise<Figure[]> {
  const toPipe: number[] = [];
  const toBarePipe: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const barePipe = (await timePipe(MEGABYTES)) - (await timePipe(0));
    const ours = await timeForward();
    const overTcp = await timePipeOverTcp();
    process.stdout.write(
      `      pipe ${Math.round(overTcp)} ms, forward ${Math.round(ours)} ms; pipe to /dev/null ${Math.round(barePipe)} ms\n`,
    );
    toPipe.push(overTcp / ours);
    toBarePipe.push(barePipe / ours);
  }
  process.stdout.write(`      ratio to the pipe to /dev/null: ${median(toBarePipe).toFixed(2)}\n`);
  const { alone, besideBulk } = await latencies();
  return [
    { name: 'forward: throughput, ratio to pipe', value: median(toPipe), atLeast: 0.85 },
    { name: 'forward: a small request, ratio to the round trip', value: alone, atMost: 1.2 },
    {
      name: 'forward: a small request beside a bulk stream, ratio to the round trip',
      value: besideBulk,
      atMost: 2,
    },
  ];
}

/** Over loopback. The time from the first byte to the last, in ms. */
async function timeForward(): Promise<number> {
  await using sides = await startServer();
  const sink = createServer({ pauseOnConnect: true });
  await once(sink.listen(0, '127.0.0.1'), 'listening');
  try {
    const target = `127.0.0.1:${portOf(sink)}`;
    sides.start(['forward', '--allow', target]);
    const said = await sides.connected(sides.start(['forward', `0:${target}`]));
    const [, at = ''] = /listening at 127\.0\.0\.1:(\d+)/.exec(said) ?? [];
    const accepted = once(sink, 'connection') as Promise<[Socket]>;
    const source = connect(Number(at), '127.0.0.1');
    await once(source, 'connect');
    return await timeFlow(source, (await accepted)[0]);
  } finally {
    sink.close();
  }
}

/** The same for two pipes, whose stdin and stdout are connections of TCP. */
async function timePipeOverTcp(): Promise<number> {
  await using sides = await startServer();
  const [source, stdin] = await tcpPair();
  const [sink, stdout] = await tcpPair();
  sides.start(['pipe'], ['ignore', stdout, 'pipe']);
  await sides.connected(sides.start(['pipe'], [stdin, 'ignore', 'pipe']));
  stdin.destroy();
  stdout.destroy();
  return await timeFlow(source, sink);
}

/**
 * Sends zeros, and resolves when all have come out, with the time in ms. The same program of the system makes them as for a
 * pipe, and another one takes them, so that the ends cost little.
 */
async function timeFlow(source: Socket, sink: Socket): Promise<number> {
  const startedAt = performance.now();
  const taker = spawn('cat', { stdio: [sink, 'ignore', 'inherit'] });
  const taken = once(taker, 'exit');
  const maker = spawn('head', ['-c', `${MEGABYTES}M`, '/dev/zero'], { stdio: ['ignore', source, 'inherit'] });
  const made = once(maker, 'exit');
  source.destroy();
  sink.destroy();
  await made;
  await taken;
  return performance.now() - startedAt;
}

/** Both ends of a connection on loopback. */
async function tcpPair(): Promise<readonly [Socket, Socket]> {
  const listener = createServer({ pauseOnConnect: true });
  await once(listener.listen(0, '127.0.0.1'), 'listening');
  const accepted = once(listener, 'connection') as Promise<[Socket]>;
  const dialled = connect(portOf(listener), '127.0.0.1');
  const [other] = await accepted;
  listener.close();
  return [dialled, other];
}

function portOf(listener: Listener): number {
  return (listener.address() as AddressInfo).port;
}

/** Programs that meet at a rendezvous of their own. They end with its disposal. */
async function startServer() {
  const children: ChildProcess[] = [];
  function run(args: readonly string[], stdio: StdioOptions = ['ignore', 'pipe', 'pipe']): ChildProcess {
    const child = spawn(process.execPath, [program, ...args], {
      stdio,
      env: { ...process.env, XDG_CONFIG_HOME: '/nonexistent' },
    });
    children.push(child);
    return child;
  }
  const server = run(['serve', '--port', '0', '--host', '127.0.0.1']);
  const [line] = (await once(server.stdout!, 'data')) as [Buffer];
  const { port } = JSON.parse(String(line)) as { port: number };
  const common = ['--no-lan', '--code', '5000-velvet-orbit', '--server', `127.0.0.1:${port}`];
  return {
    start: (args: readonly string[], stdio?: StdioOptions) => run([...args, ...common], stdio),
    /** Resolves with what the program has said when it is connected. */
    connected: async ({ stderr }: ChildProcess): Promise<string> => {
      let said = '';
      stderr!.on('data', (text) => (said += String(text)));
      while (!said.includes('connected')) {
        await once(stderr!, 'data');
      }
      return said;
    },
    async [Symbol.asyncDispose]() {
      for (const child of children.filter(({ exitCode }) => exitCode === null)) {
        const exited = once(child, 'exit');
        child.kill('SIGKILL');
        await exited;
      }
    },
  };
}

const servers = `
const { createServer } = require('node:net');
createServer((socket) => socket.on('error', () => 0).resume()).listen(7001, '127.0.0.1');
createServer((socket) => socket.on('error', () => 0).pipe(socket)).listen(7000, '127.0.0.1', () => console.log('ready'));`;
/** Each request has a connection of its own, as most of HTTP does. */
const ask = `
const { connect } = require('node:net');
const { once } = require('node:events');
async function requests() {
  const times = [];
  for (let n = 0; n < ${REQUESTS}; n += 1) {
    const startedAt = performance.now();
    const socket = connect(7000, '127.0.0.1');
    socket.write('x');
    await once(socket, 'data');
    times.push(performance.now() - startedAt);
    socket.destroy();
  }
  return times;
}
(async () => {
  const alone = await requests();
  const bulk = connect(7001, '127.0.0.1');
  const chunk = Buffer.alloc(${MEGABYTE});
  function feed() {
    while (bulk.write(chunk));
  }
  bulk.on('drain', feed);
  feed();
  await new Promise((resolve) => setTimeout(resolve, 2000));
  console.log(JSON.stringify({ alone, besideBulk: await requests() }));
  process.exit();
})();`;

interface Latencies<Value> {
  readonly alone: Value;
  readonly besideBulk: Value;
}

/** As ratios to the round trip. The lines of the lab delay, and carry as much as the machine does. */
async function latencies(): Promise<Latencies<number>> {
  const lab = await createLab({ sites: { alice: ordinarySite, bob: ordinarySite } });
  try {
    const { alone, besideBulk } = await requestTimes(lab);
    for (const [name, times] of Object.entries({ alone, besideBulk })) {
      process.stdout.write(`      requests ${name}: ${times.map(Math.round).join(', ')} ms\n`);
    }
    return { alone: median(alone) / ROUND_TRIP_MS, besideBulk: median(besideBulk) / ROUND_TRIP_MS };
  } finally {
    await lab.close();
  }
}

async function requestTimes({ hosts: { alice, bob, rendezvous } }: Lab): Promise<Latencies<number[]>> {
  await runPunchline(rendezvous!, ['serve']).line('listening');
  await once(bob!.spawn([process.execPath, '-e', servers]).stdout, 'data');
  const common = ['--code', '5000-velvet-orbit', '--server', rendezvous!.addresses[0]!];
  const env = bareEnvironment;
  const ports = [7000, 7001];
  const allowed = ports.flatMap((port) => ['--allow', `localhost:${port}`]);
  bob!.spawn([process.execPath, builtProgram, 'forward', ...allowed, ...common], { env });
  const words = ['forward', ...ports.map((port) => `${port}:localhost:${port}`), ...common];
  const taker = alice!.spawn([process.execPath, builtProgram, ...words], { env });
  for await (const text of taker.stderr) {
    if (String(text).includes('connected')) {
      break;
    }
  }
  const { stdout } = await alice!.exec([process.execPath, '-e', ask]);
  return JSON.parse(stdout) as Latencies<number[]>;
}
