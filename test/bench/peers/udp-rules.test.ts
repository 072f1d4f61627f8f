import { expect, test } from 'vitest';
import { parseSite } from '../../../source/lab/plan/site-words.ts';
import { labOrSkip } from '../../helpers/lab/lab.ts';
import { translateUdp } from './udp-rules.ts';

/** Sends from one port to each of these endpoints in turn, and tells the ports under which it was seen. */
const program = `
const { createSocket } = require('node:dgram');
const { once } = require('node:events');
(async () => {
  const [task, ...addresses] = process.argv.slice(1);
  const socket = createSocket('udp4').bind(5555);
  await once(socket, 'listening');
  if (task === 'answer') {
    for (const port of [9001, 9002]) {
      for (const address of addresses) {
        const other = createSocket('udp4');
        other.on('message', (_, from) => other.send(String(from.port), from.port, from.address));
        other.bind(port, address);
        await once(other, 'listening');
      }
    }
    console.log('ready');
    return;
  }
  const ports = [];
  for (const address of addresses) {
    for (const port of [9001, 9002]) {
      socket.send('?', port, address);
      const [answer] = await once(socket, 'message');
      ports.push(Number(answer));
    }
  }
  socket.close();
  console.log(JSON.stringify(ports));
})();`;

test('UDP is translated as the words of the site say of TCP', async (context) => {
  const sites = {
    plain: parseSite('port-restricted'),
    counting: parseSite('counting'),
    random: parseSite('random'),
    address: parseSite('address-dependent'),
  };
  const lab = await labOrSkip(context, { sites });
  const { rendezvous } = lab.hosts;
  const addresses = rendezvous?.addresses ?? [];
  const answering = rendezvous?.spawn([process.execPath, '-e', program, 'answer', ...addresses]);
  await new Promise<void>((resolve) => {
    answering?.stdout.once('data', () => resolve());
  });
  const seen: Record<string, number[]> = {};
  for (const [name, site] of Object.entries(sites)) {
    const [host, router] = [lab.hosts[name], lab.routers[name]];
    if (host === undefined || router === undefined) {
      throw new Error(`the lab has no ${name}`);
    }
    await translateUdp(router, site);
    const { stdout } = await host.exec([process.execPath, '-e', program, 'ask', ...addresses]);
    seen[name] = JSON.parse(stdout) as number[];
  }
  const { plain, counting = [], random, address = [] } = seen;
  expect(plain).toEqual([5555, 5555, 5555, 5555]);
  const [first = 0] = counting;
  expect(counting).toEqual([first, first + 1, first + 2, first + 3]);
  expect(new Set(random).size).toBe(4);
  expect(address[1]).toBe(address[0]);
  expect(address[3]).toBe(address[2]);
  expect(address[2]).not.toBe(address[0]);
});
