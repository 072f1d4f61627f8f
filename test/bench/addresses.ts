import type { Host } from '../../source/lab/host.ts';
import { createLab } from '../../source/lab/lab.ts';
import { named } from '../helpers/lab/named.ts';
import { runPunchline } from '../helpers/lab/punchline-inside.ts';
import { median, type Figure } from './figure.ts';

const RUNS = 7;
/** RFC 8305, section 8: the next address is dialled after 250 ms. The rest is for this machine. */
const AT_MOST_MS = 300;
const dead = Array.from({ length: 3 }, (_, n) => `203.0.113.${n + 1}`);

/** How long a client takes to its room at a rendezvous whose name has addresses at which nobody answers. */
export async function addresses(): Promise<Figure[]> {
  const site = {
    mapping: 'endpoint-independent',
    filtering: 'address-and-port-dependent',
    ipv6: 'open',
  } as const;
  const lab = await createLab({ sites: { alice: site, six: site } });
  try {
    const { alice, six, rendezvous } = lab.hosts;
    const { internet } = lab.routers;
    const [ipv4 = ''] = rendezvous?.addresses ?? [];
    const ipv6 = rendezvous?.addresses.find((address) => address.includes(':')) ?? '';
    const server = runPunchline(rendezvous!, ['serve', '--log-level', 'silent']);
    await server.line('listening');
    await internet!.exec(['ip', 'route', 'add', 'blackhole', '203.0.113.0/24']);
    await six!.exec(['ip', '-4', 'route', 'del', 'default']);
    const alone = await timeToRoom(alice!, [ipv4]);
    const behindThree = await timeToRoom(alice!, [...dead, ipv4]);
    const sixAlone = await timeToRoom(six!, [ipv6]);
    const sixBehindThree = await timeToRoom(six!, [...dead, ipv6]);
    return [
      {
        name: 'each dead address of a rendezvous costs, ms',
        value: (behindThree - alone) / dead.length,
        atMost: AT_MOST_MS,
      },
      {
        name: 'three IPv4 addresses cost a machine without IPv4, ms',
        value: sixBehindThree - sixAlone,
        atMost: AT_MOST_MS,
      },
    ];
  } finally {
    await lab.close();
  }
}

/** The median, in ms. */
async function timeToRoom(host: Host, all: readonly string[]): Promise<number> {
  const times: number[] = [];
  for (let run = 0; run < RUNS; run += 1) {
    const chat = runPunchline(
      host,
      ['chat', '--json', '--server', 'meet.example'],
      named('meet.example', all),
    );
    const { at: from } = await chat.line('rendezvous', ({ state }) => state === 'connecting');
    const { at: to } = await chat.line('invite');
    times.push(Number(to) - Number(from));
    chat.endInput();
    chat.kill('SIGTERM');
    await chat.exited;
  }
  return median(times);
}
