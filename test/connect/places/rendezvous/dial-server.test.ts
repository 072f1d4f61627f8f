/** A rendezvous whose name has addresses at which nobody answers. */
import { expect, test, type TestContext } from 'vitest';
import type { Lab } from '../../../../source/lab/lab.ts';
import { labOrSkip } from '../../../helpers/lab/lab.ts';
import { named } from '../../../helpers/lab/named.ts';
import { runPunchline } from '../../../helpers/lab/punchline-inside.ts';

const filtering = 'address-and-port-dependent';
/** The system puts these before those of the lab, because their first bits are those of a private address. */
const dead = Array.from({ length: 5 }, (_, n) => `203.0.113.${n + 1}`);

async function aLab(context: TestContext): Promise<Lab> {
  const lab = await labOrSkip(context, {
    sites: {
      alice: { mapping: 'endpoint-independent', filtering, ipv6: 'open' },
      bob: { mapping: 'endpoint-independent', filtering, ipv6: 'open' },
    },
  });
  await runPunchline(lab.hosts['rendezvous']!, ['serve']).line('listening');
  // What goes there is lost, and nobody says so.
  await lab.routers['internet']!.exec(['ip', 'route', 'add', 'blackhole', '203.0.113.0/24']);
  return lab;
}

function chatIn(lab: Lab, context: TestContext, host: string, addresses: readonly string[]) {
  const words = ['chat', '--json', '--no-relay', '--server', 'meet.example', '--code', '4711-velvet-orbit'];
  const chat = runPunchline(lab.hosts[host]!, words, named('meet.example', addresses));
  context.onTestFinished(() => void chat.kill('SIGKILL'));
  return chat;
}

test('a rendezvous is found behind five addresses that do not answer, and its probe port, too', async (context) => {
  const lab = await aLab(context);
  const addresses = [...dead, lab.hosts['rendezvous']!.addresses[0]!];
  for (const peer of ['alice', 'bob'].map((host) => chatIn(lab, context, host, addresses))) {
    expect(await peer.line('nats', ({ peer: nat }) => nat !== 'unknown')).toMatchObject({
      own: expect.stringContaining('endpoint-independent'),
    });
    expect(await peer.line('connected')).toMatchObject({ path: 'direct', family: 4 });
  }
});

test('a machine without IPv4 comes to the one IPv6 address of a rendezvous, behind three of IPv4', async (context) => {
  const lab = await aLab(context);
  const ipv6 = lab.hosts['rendezvous']!.addresses.find((address) => address.includes(':'))!;
  for (const host of ['alice', 'bob']) {
    await lab.hosts[host]!.exec(['ip', '-4', 'route', 'del', 'default']);
  }
  const addresses = [...dead.slice(0, 3), ipv6];
  for (const peer of ['alice', 'bob'].map((host) => chatIn(lab, context, host, addresses))) {
    expect(await peer.line('connected')).toMatchObject({ family: 6 });
  }
});

test('a failure names each address with its reason', async (context) => {
  const lab = await aLab(context);
  const chat = chatIn(lab, context, 'alice', dead.slice(0, 2));
  expect(await chat.line('error')).toMatchObject({
    code: 'ERR_RENDEZVOUS_UNREACHABLE',
    message: expect.stringMatching(
      /203\.0\.113\.1: no answer within 8 s; 203\.0\.113\.2: no answer within 8 s/,
    ),
  });
});

test('a session resumes over another address if the one that has worked dies', async (context) => {
  const lab = await aLab(context);
  const [first = '', second = ''] = lab.hosts['rendezvous']!.addresses;
  const chats = ['alice', 'bob'].map((host) => chatIn(lab, context, host, [first, second]));
  const used = await Promise.all(chats.map((chat) => chat.line('connected')));
  expect(used.map(({ path }) => path)).toEqual(['direct', 'direct']);
  const died = await lab.routers['internet']!.exec(['ip', 'route', 'add', 'blackhole', `${first}/32`]);
  expect(died).toMatchObject({ code: 0 });
  // The NAT has forgotten everything, so that the old connection never comes back.
  await lab.rebind('alice');
  chats[0]!.type('still here');
  const heard = await chats[1]!.line('message', ({ from }) => from === 'peer');
  expect(heard).toMatchObject({ text: 'still here' });
  for (const { lines } of chats) {
    const matches = lines.filter(({ event, state }) => event === 'rendezvous' && state === 'matched');
    expect(matches).toHaveLength(2);
  }
});
