/** Beside mDNS of another maker (the library multicast-dns), between hosts on one switch. */
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Host } from '../../../../source/lab/host.ts';
import { eventually, Heard } from '../../../helpers/eventually.ts';
import { oneSwitch } from '../../../helpers/lab/one-switch.ts';
import { runPunchline } from '../../../helpers/lab/punchline-inside.ts';
import { Neighbour } from '../../../helpers/programs/link.ts';
import { typescriptNode } from '../../../helpers/programs/typescript-program.ts';

const program = fileURLToPath(new URL('../../../helpers/strangers/foreign-mdns-program.ts', import.meta.url));
const id = '1'.repeat(16);
const service = '_punchline._tcp.local';
const name = `${id}.${service}`;

/** The other program in a host, when it listens. It ends with the lab. */
async function startForeign(host: Host, ...args: string[]): Promise<Heard<object>> {
  const child = host.spawn([...typescriptNode, program, ...args]);
  const told = new Heard<object>();
  createInterface({ input: child.stdout }).on('line', (line) => told.add(JSON.parse(line) as object));
  await told.first((one) => 'ready' in one);
  return told;
}

describe('mDNS of another maker', { concurrent: true }, () => {
  test('lists a host with its port and number, and learns that it has ended', async (context) => {
    const { alice, bob } = (await oneSwitch(context)).hosts;
    const host = new Neighbour(alice!);
    // It speaks only when it is asked.
    host.answer(id, 7, 4000);
    const told = await startForeign(bob!, 'browse');
    const records = [
      { type: 'PTR', name: service, data: name },
      { type: 'SRV', name, data: expect.objectContaining({ port: 4000, target: `${id}.local` }) },
      { type: 'TXT', name, data: ['number=7'] },
    ];
    for (const record of records) {
      await eventually(() => expect(told.all).toContainEqual(expect.objectContaining(record)));
    }
    expect(told.all).not.toContainEqual(expect.objectContaining({ ttl: 0 }));
    await host.end();
    await eventually(() =>
      expect(told.all).toContainEqual({ type: 'PTR', name: service, ttl: 0, data: name }),
    );
  });

  test('announces a host that is found, whatever else it says of it', async (context) => {
    const { alice, bob } = (await oneSwitch(context)).hosts;
    await startForeign(alice!, 'serve', id, '7', '4000');
    const guest = new Neighbour(bob!);
    guest.find(7);
    expect(await guest.host(id)).toEqual({ id, endpoint: { address: alice!.addresses[0], port: 4000 } });
  });

  test('may serve both machines, and two chats on them still find each other', async (context) => {
    const { alice, bob } = (await oneSwitch(context)).hosts;
    await Promise.all([alice!, bob!].map((host) => startForeign(host, 'serve', id, '999999999', '4000')));
    const host = runPunchline(alice!, ['chat', '--here', '--json']);
    const { code } = await host.line('invite');
    const guest = runPunchline(bob!, ['chat', String(code), '--json']);
    expect(await guest.line('connected')).toMatchObject({ path: 'lan' });
    host.type('from the host');
    expect(await guest.line('message', ({ from }) => from === 'peer')).toMatchObject({
      text: 'from the host',
    });
  });
});
