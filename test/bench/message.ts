import { createLab } from '../../source/lab/lab.ts';
import type { Host } from '../../source/lab/host.ts';
import { runPunchline } from '../helpers/lab/punchline-inside.ts';
import { median, type Figure } from './figure.ts';

const MESSAGES = 100;
/** The time that the programs of both sides may take in any network. Times are reported in whole milliseconds. */
const PROGRAM_MS = 1;
const line = { delayMs: 20 };

/**
 * The time from sending a message to the peer's acknowledgement, one message at
 * a time, as a ratio to a bare TCP echo of the same bytes over the same lines.
 */
export async function message(): Promise<Figure[]> {
  const site = { mapping: 'endpoint-independent', filtering: 'address-and-port-dependent', line } as const;
  const open = { mapping: 'none', filtering: 'endpoint-independent', line } as const;
  const lab = await createLab({ sites: { alice: site, bob: site, open } });
  try {
    const { alice, bob, rendezvous, open: echoing } = lab.hosts;
    if (!alice || !bob || !rendezvous || !echoing) {
      throw new Error('the lab lacks a host');
    }
    const echo = await echoMs(alice, echoing);
    const chat = await chatMs(alice, bob, rendezvous);
    process.stdout.write(`      echo ${echo.toFixed(1)} ms, chat ${chat} ms\n`);
    return [
      {
        name: `message: round trip less ${PROGRAM_MS} ms, ratio to a bare TCP echo`,
        value: (chat - PROGRAM_MS) / echo,
        atMost: 1.1,
      },
    ];
  } finally {
    await lab.close();
  }
}

function textOf(n: number): string {
  return `message ${n}`;
}

async function chatMs(one: Host, other: Host, rendezvous: Host): Promise<number> {
  const server = runPunchline(rendezvous, ['serve', '--log-level', 'silent']);
  await server.line('listening');
  const common = ['chat', '--json', '--code', '5000-velvet-orbit', '--server', `${rendezvous.addresses[0]}`];
  const sender = runPunchline(one, common);
  const reader = runPunchline(other, common);
  await Promise.all([sender.line('connected'), reader.line('connected')]);
  const times: number[] = [];
  for (let n = 1; n <= MESSAGES; n += 1) {
    sender.type(textOf(n));
    const { ms } = await sender.line('delivered', ({ id }) => id === `me-${n}`);
    times.push(Number(ms));
  }
  return median(times);
}

const listenerScript = `
require('net')
  .createServer({ noDelay: true }, (socket) => socket.pipe(socket))
  .listen(9, '0.0.0.0', () => console.log('up'));`;

function echoScript(address: string) {
  return `
const times = [];
let sentAt = 0;
const socket = require('net').connect({ host: '${address}', port: 9, noDelay: true });
const send = () => {
  sentAt = performance.now();
  socket.write('message ' + times.length);
};
socket.on('connect', send);
socket.on('data', () => {
  times.push(performance.now() - sentAt);
  if (times.length < ${MESSAGES}) return send();
  console.log(JSON.stringify(times));
  socket.destroy();
});`;
}

async function echoMs(from: Host, to: Host): Promise<number> {
  const server = to.spawn([process.execPath, '-e', listenerScript]);
  try {
    await new Promise((resolve) => server.stdout.once('data', resolve));
    const { stdout, stderr } = await from.exec([process.execPath, '-e', echoScript(`${to.addresses[0]}`)]);
    if (stdout === '') {
      throw new Error(`no echo: ${stderr}`);
    }
    return median(JSON.parse(stdout) as number[]);
  } finally {
    server.kill('SIGTERM');
  }
}
