import { createLab, type Lab } from '../../source/lab/lab.ts';
import type { Site } from '../../source/lab/plan/description.ts';
import { timedChannel } from './channel-time.ts';
import { median, type Figure } from './figure.ts';

const RUNS = 10;
/** Each peer's line delays by 20 ms one way: 40 ms to the server and back, 80 ms between the peers and back. */
const line = { delayMs: 20 };

/**
 * The time from the second peer's start to its proven channel, as a ratio to
 * what the network alone takes: two round trips to the server (its handshake,
 * the match), one between the peers to punch, one for TLS. Both round trips are
 * measured as TCP handshakes in the same lab.
 */
export async function limit(): Promise<Figure[]> {
  const ordinary = {
    mapping: 'endpoint-independent',
    filtering: 'address-and-port-dependent',
    line,
  } as const;
  const counting = { ...ordinary, mapping: 'address-and-port-dependent', ports: 'sequential' } as const;
  return [
    {
      name: 'to a proven channel, ratio to the limit, endpoint-independent',
      value: await ratio(ordinary),
      atMost: 1.1,
    },
    {
      name: 'to a proven channel, ratio to the limit, counted ports on both sides',
      value: await ratio(counting),
      atMost: 1.3,
    },
  ];
}

async function ratio(site: Site): Promise<number> {
  const lab = await createLab({
    sites: { alice: site, bob: site, open: { mapping: 'none', filtering: 'endpoint-independent', line } },
  });
  try {
    const toServer = await handshakeMs(lab, 'rendezvous');
    const toPeer = await handshakeMs(lab, 'open');
    const network = 2 * toServer + 2 * toPeer;
    const times: number[] = [];
    for (let run = 0; run < RUNS; run += 1) {
      times.push((await timedChannel(lab)).ms);
    }
    process.stdout.write(
      `      server ${toServer.toFixed(0)} ms, peer ${toPeer.toFixed(0)} ms, limit ${network.toFixed(0)} ms; took ${times.join(', ')} ms\n`,
    );
    return median(times) / network;
  } finally {
    await lab.close();
  }
}

const listenerScript = `require('net').createServer((s) => s.end()).listen(9, '0.0.0.0', () => console.log('{"event":"up"}'))`;
function handshakeScript(address: string) {
  return `
const net = require('net');
const times = [];
const next = () => {
  const at = performance.now();
  const socket = net.connect({ host: '${address}', port: 9 }, () => {
    times.push(performance.now() - at);
    socket.destroy();
    if (times.length < 15) next();
    else console.log(times.sort((a, b) => a - b)[7]);
  });
};
next();`;
}

/** The median time of a TCP handshake from one peer to another host of the lab. */
async function handshakeMs(lab: Lab, to: string): Promise<number> {
  const from = lab.hosts['alice'];
  const host = lab.hosts[to];
  if (from === undefined || host === undefined) {
    throw new Error('the lab lacks a host');
  }
  const server = host.spawn([process.execPath, '-e', listenerScript]);
  try {
    await new Promise((resolve) => server.stdout.once('data', resolve));
    const { stdout, stderr } = await from.exec([
      process.execPath,
      '-e',
      handshakeScript(host.addresses[0] ?? ''),
    ]);
    const ms = Number(stdout);
    if (!(ms > 0)) {
      throw new Error(`no handshake: ${stderr}`);
    }
    return ms;
  } finally {
    server.kill('SIGTERM');
  }
}
