import { createLab } from '../../source/lab/lab.ts';
import type { Host } from '../../source/lab/host.ts';
import { parseSite } from '../../source/lab/plan/site-words.ts';
import { runPunchline } from '../helpers/lab/punchline-inside.ts';
import { mailboxArguments, startTwistedInside } from '../helpers/servers/twisted-server.ts';
import { median, type Figure } from './figure.ts';

const RUNS = 10;
/** One way. What grows with the delay are the round trips; the rest is what clients and server compute. */
const DELAYS_MS = [20, 100] as const;
/** One for the WebSocket, and one for the nameplate. */
const MORE_ROUND_TRIPS = 2;
/** A mailbox server in Python takes some milliseconds for each answer. */
const MORE_COMPUTING_MS = 50;
/** The clocks of the two lines differ by some milliseconds, and so do the medians. */
const TOLERANCE = 0.1;
const STUN_PORT = 3478;

/** One pair for each strategy that needs no luck. */
const pairs = [
  ['port-restricted', 'port-restricted'],
  ['counting', 'port-restricted'],
] as const;

/** How much longer a guest takes at a real mailbox server than at our rendezvous, as both run in one lab. */
export async function mailbox(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [one, other] of pairs) {
    const [near, far] = [await compare(one, other, DELAYS_MS[0]), await compare(one, other, DELAYS_MS[1])];
    const trips = (far.addedMs - near.addedMs) / (far.roundTripMs - near.roundTripMs);
    const name = `a mailbox, ${one} and ${other}:`;
    figures.push(
      {
        name: `${name} more round trips than at the rendezvous`,
        value: trips,
        atMost: MORE_ROUND_TRIPS + TOLERANCE,
      },
      {
        name: `${name} computing besides, ms`,
        value: near.addedMs - trips * near.roundTripMs,
        atMost: MORE_COMPUTING_MS,
      },
    );
  }
  return figures;
}

interface Comparison {
  /** The median at the mailbox less that at the rendezvous. */
  readonly addedMs: number;
  readonly roundTripMs: number;
}

async function compare(one: string, other: string, delayMs: number): Promise<Comparison> {
  const line = { delayMs };
  const lab = await createLab({
    sites: { alice: { ...parseSite(one), line }, bob: { ...parseSite(other), line } },
  });
  const { alice, bob, rendezvous } = lab.hosts;
  try {
    if (alice === undefined || bob === undefined || rendezvous === undefined) {
      throw new Error('the lab lacks a host');
    }
    const [first = '', second = ''] = rendezvous.addresses;
    await Promise.all([
      startStun(rendezvous),
      startTwistedInside(rendezvous, mailboxArguments(`tcp:4000:interface=${first}`)),
      runPunchline(rendezvous, ['serve', '--log-level', 'silent']).line('listening'),
    ]);
    const places = [
      ['--server', first],
      [
        '--server',
        `ws://${first}:4000/v1`,
        ...[first, second].flatMap((host) => ['--stun', `${host}:${STUN_PORT}`]),
      ],
    ];
    const times: [number[], number[]] = [[], []];
    for (let run = 0; run < RUNS; run += 1) {
      for (const [n, place] of places.entries()) {
        times[n]?.push(await guestMs(alice, bob, place));
      }
    }
    const addedMs = median(times[1]) - median(times[0]);
    return { addedMs, roundTripMs: await roundTripMs(bob, first) };
  } finally {
    await lab.close();
  }
}

/** From the first event of the guest, who comes with the code of a room that was opened, to its channel. Infinity if there was none. */
async function guestMs(alice: Host, bob: Host, options: readonly string[]): Promise<number> {
  const chat = ['chat', '--json', '--no-relay', ...options];
  const host = runPunchline(alice, chat);
  const { code } = await host.line('invite');
  await host.line('rendezvous', ({ state }) => state === 'waiting');
  const guest = runPunchline(bob, [...chat, String(code)]);
  const [started, connected] = await Promise.all([
    guest.line('rendezvous'),
    guest.line('connected').catch(() => undefined),
  ]);
  for (const side of [host, guest]) {
    side.endInput();
  }
  await Promise.all([host.exited, guest.exited]);
  return connected === undefined ? Infinity : Number(connected['at']) - Number(started['at']);
}

/** coturn as a STUN server over TCP on all addresses of a host. It ends with the lab. */
async function startStun(host: Host): Promise<void> {
  const options = `-n --no-cli --no-auth --stun-only --no-udp --no-dtls --no-tls --listening-port ${STUN_PORT}`;
  const listens = host.addresses.flatMap((address) => ['-L', address]);
  host.spawn([
    'turnserver',
    '--log-file',
    'stdout',
    '--pidfile',
    '/dev/null',
    ...options.split(' '),
    ...listens,
  ]);
  const { code } = await host.exec([
    'timeout',
    '20',
    'sh',
    '-c',
    `until ss -Hltn | grep -q ":${STUN_PORT} "; do sleep 0.05; done`,
  ]);
  if (code !== 0) {
    throw new Error('coturn does not listen (Debian package coturn)');
  }
}

/** How long TCP handshakes with the mailbox server take: the median of a few. */
async function roundTripMs(host: Host, server: string): Promise<number> {
  const program = `
    const { connect } = require('node:net');
    const { once } = require('node:events');
    (async () => {
      for (let n = 0; n < 7; n += 1) {
        const startedAt = performance.now();
        const socket = connect(4000, '${server}');
        await once(socket, 'connect');
        console.log(performance.now() - startedAt);
        socket.destroy();
      }
    })();`;
  const { stdout } = await host.exec([process.execPath, '-e', program]);
  return median(stdout.trim().split('\n').map(Number));
}
