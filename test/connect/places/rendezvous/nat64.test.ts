/** A side in a network with IPv6 alone. More pairs are in test/long. */
import { expect, test, type TestContext } from 'vitest';
import type { DoctorReport } from '../../../../source/nat/doctor-report.ts';
import { rendezvousName } from '../../../../source/lab/plan/router/nat64.ts';
import { parseSite } from '../../../../source/lab/plan/site-words.ts';
import { sharedLab } from '../../../helpers/lab/lab.ts';
import { runPunchline } from '../../../helpers/lab/punchline-inside.ts';

const timeout = 120_000;

const start = sharedLab(
  {
    sites: {
      alice: parseSite('port-restricted,nat64,delay=5'),
      bob: parseSite('counting,delay=5'),
      dave: parseSite('port-restricted,delay=5'),
      carol: parseSite('counting/nat64,delay=5'),
    },
  },
  async (lab) => {
    const [first = '', second = ''] = lab.hosts['rendezvous']!.addresses;
    await runPunchline(lab.hosts['rendezvous']!, ['serve', '--probe-host', second]).line('listening');
    return {
      lab,
      server: first,
      chat: (context: TestContext, host: string, ...args: string[]) => {
        const program = runPunchline(lab.hosts[host]!, ['chat', '--json', ...args]);
        context.onTestFinished(() => void program.kill('SIGKILL'));
        return program;
      },
    };
  },
);

test.for([
  ['the IPv4 address of the rendezvous', undefined],
  ['its name', rendezvousName],
] as const)('two chat out of a network with IPv6 alone, by %s', { timeout }, async ([, name], context) => {
  const { lab, server, chat } = await start(context);
  const first = chat(context, 'alice', '--no-relay', '--server', name ?? server);
  const { invite } = await first.line('invite');
  await first.line('rendezvous', ({ state }) => state === 'waiting');
  // The resolver of the other network does not know the name.
  const second = chat(context, 'bob', '--no-relay', String(invite).replace(rendezvousName, server));
  const [external] = lab.routers['alice']!.addresses;
  expect(await first.line('connected')).toMatchObject({ path: 'direct', family: 4 });
  expect(await second.line('connected')).toMatchObject({ path: 'direct', remote: { address: external } });
  first.type('from IPv6');
  second.type('from IPv4');
  await second.line('message', ({ text }) => text === 'from IPv6');
  await first.line('message', ({ text }) => text === 'from IPv4');
});

test('two chat out of a network with IPv6 alone by the old protocol', { timeout }, async (context) => {
  const { server, chat } = await start(context);
  const first = chat(context, 'alice', '--classic', '--server', server);
  await first.line('rendezvous', ({ state }) => state === 'waiting');
  const second = chat(context, 'dave', '--classic', '--server', server);
  expect(await first.line('connected')).toMatchObject({ path: 'direct', family: 4 });
  expect(await second.line('connected')).toMatchObject({ path: 'direct', family: 4 });
  first.type('from IPv6');
  await second.line('message', ({ text }) => text === 'from IPv6');
});

test.for([
  ['alice', 'endpoint-independent'],
  ['carol', 'address-and-port-dependent'],
] as const)(
  'the doctor of %s tells the NAT64, and the NAT behind it',
  { timeout },
  async ([host, mapping], context) => {
    const { lab, server } = await start(context);
    const words = [process.execPath, 'dist/punchline.cjs', 'doctor', '--server', server];
    const { stdout } = await lab.hosts[host]!.exec([...words, '--json']);
    const report = JSON.parse(stdout) as DoctorReport;
    expect(report).toMatchObject({
      nat64: '64:ff9b::/96',
      ipv4: { tested: true, mapping, mapped: { address: lab.routers[host]!.addresses[0] } },
      ipv6: { tested: false },
    });
    const shown = await lab.hosts[host]!.exec(words);
    expect(shown.stdout.replaceAll(/\s+/g, ' ')).toContain(
      'this network has IPv6 alone, and 64:ff9b::/96 leads to IPv4',
    );
  },
);

test('outside of such a network the doctor tells of no NAT64', { timeout }, async (context) => {
  const { lab, server } = await start(context);
  const words = [process.execPath, 'dist/punchline.cjs', 'doctor', '--json', '--server', server];
  const { stdout } = await lab.hosts['bob']!.exec(words);
  expect(JSON.parse(stdout)).toMatchObject({ nat64: null });
});
