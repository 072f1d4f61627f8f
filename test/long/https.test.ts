/** Networks that let out nothing but HTTPS, and a rendezvous at one port for everything. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, type TestContext } from 'vitest';
import { proxyIn } from '../../source/lab/lab.ts';
import { parseSite } from '../../source/lab/plan/site-words.ts';
import { loadRules, sharedLab } from '../helpers/lab/lab.ts';
import { startSquid } from '../helpers/lab/proxies.ts';
import { runPunchline } from '../helpers/lab/punchline-inside.ts';
import { makeCertificate } from '../helpers/servers/certificates.ts';

const timeout = 240_000;
const MIB = 1024 * 1024;

/** At the rendezvous, port 443 leads to the one port that it has. */
const atHttps = [
  'table ip door {',
  'chain door { type nat hook prerouting priority dstnat; tcp dport 443 redirect to :8877; }',
  '}',
  '',
].join('\n');
/** Out of a network whose firewall lets out nothing but HTTPS. */
const onlyHttps = [
  'table ip wall {',
  'chain wall { type filter hook forward priority -10; iifname "lan" tcp dport != 443 drop; }',
  '}',
  '',
].join('\n');

/** Out of a network in which only one host gets out. */
function onlyFrom(address: string): string {
  return [
    'table ip wall {',
    `chain wall { type filter hook forward priority -10; iifname "lan" ip saddr != ${address} drop; }`,
    '}',
    '',
  ].join('\n');
}

const ends: (() => void | Promise<void>)[] = [];
afterAll(async () => {
  for (const end of ends) {
    await end();
  }
});
/** What is made for it stays until the last test has ended. */
const wholeFile = { onTestFinished: (end: () => void | Promise<void>) => void ends.push(end) };

const start = sharedLab(
  {
    sites: {
      office: parseSite('port-restricted,delay=5'),
      hotel: parseSite('port-restricted,delay=5'),
      proxied: parseSite('proxied,delay=5'),
      company: parseSite('port-restricted,delay=5,hosts=desk+gate'),
      bob: parseSite('counting,delay=5'),
      home: parseSite('port-restricted,delay=5'),
    },
  },
  async (lab) => {
    const { rendezvous } = lab.hosts;
    const [server = ''] = rendezvous!.addresses;
    const { certificate, key } = makeCertificate(wholeFile, { names: `IP:${server}` });
    const words = ['--tls-cert', certificate, '--tls-key', key, '--relay-rate', '1000000'];
    await runPunchline(rendezvous!, ['serve', ...words]).line('listening');
    await loadRules(rendezvous!, atHttps);
    await loadRules(lab.routers['company']!, onlyFrom(lab.hosts['gate']!.addresses[0] ?? ''));
    for (const site of ['office', 'hotel']) {
      await loadRules(lab.routers[site]!, onlyHttps);
    }
    const trusting = ['env', `NODE_EXTRA_CA_CERTS=${certificate}`];
    return {
      lab,
      server,
      chat: (context: TestContext, host: string, ...args: string[]) => {
        const program = runPunchline(lab.hosts[host]!, ['chat', '--json', '--name', host, ...args], trusting);
        context.onTestFinished(() => void program.kill('SIGKILL'));
        return program;
      },
    };
  },
);

type Started = Awaited<ReturnType<typeof start>>;

/** Two meet: the first opens a room at a place. */
async function meet(
  { chat }: Started,
  context: TestContext,
  first: readonly [host: string, place: string, ...args: string[]],
  second: readonly [host: string, ...args: string[]],
) {
  const [host, place, ...args] = first;
  const one = chat(context, host, '--server', place, ...args);
  const { invite } = await one.line('invite');
  await one.line('rendezvous', ({ state }) => state === 'waiting');
  const [otherHost, ...otherArgs] = second;
  const other = chat(context, otherHost, String(invite), ...otherArgs);
  const connected = [await one.line('connected'), await other.line('connected')];
  one.type('from the first');
  other.type('from the second');
  await other.line('message', ({ from, text }) => from === 'peer' && text === 'from the first');
  await one.line('message', ({ from, text }) => from === 'peer' && text === 'from the second');
  return { one, other, connected };
}

test('who cannot reach port 8877 goes by https, says so, and is relayed', { timeout }, async (context) => {
  const started = await start(context);
  const { one, other, connected } = await meet(started, context, ['office', started.server], ['hotel']);
  expect(connected).toMatchObject([{ path: 'relay' }, { path: 'relay' }]);
  for (const side of [one, other]) {
    const told = side.lines.filter((line) => 'unreachedPort' in line);
    expect(told).toMatchObject([{ event: 'rendezvous', unreachedPort: 8877 }]);
  }
});

test('where more gets out, two at https are punched through to each other', { timeout }, async (context) => {
  const started = await start(context);
  const place = `https://${started.server}`;
  const { one, connected } = await meet(
    started,
    context,
    ['bob', place, '--no-relay'],
    ['home', '--no-relay'],
  );
  expect(connected).toMatchObject([
    { path: 'direct', strategy: 'predicted' },
    { path: 'direct', strategy: 'predicted' },
  ]);
  const { server } = await one.line('rendezvous', ({ state }) => state === 'matched');
  expect(server).toBe(place);
});

test('a side at https meets one at the plain port', { timeout }, async (context) => {
  const started = await start(context);
  const { connected } = await meet(started, context, ['bob', started.server], ['office']);
  expect(connected).toMatchObject([{ path: 'relay' }, { path: 'relay' }]);
});

test('https goes through a SOCKS5 proxy that is the only way out', { timeout }, async (context) => {
  const started = await start(context);
  const proxy = proxyIn(started.lab, 'proxied') ?? '';
  const place = `https://${started.server}`;
  const { connected } = await meet(started, context, ['bob', place], ['proxied', '--proxy', proxy]);
  expect(connected).toMatchObject([{ path: 'relay' }, { path: 'relay' }]);
});

test('https goes through squid, which connects to port 443 alone', { timeout }, async (context) => {
  const started = await start(context);
  const { clear } = await startSquid(context, started.lab.hosts['gate']!, { ports: [443] });
  const { other, connected } = await meet(
    started,
    context,
    ['bob', started.server],
    ['desk', '--proxy', clear],
  );
  expect(connected).toMatchObject([{ path: 'relay' }, { path: 'relay' }]);
  expect(other.lines.filter((line) => 'unreachedPort' in line)).toMatchObject([{ unreachedPort: 8877 }]);
});

test('a file of 200 MB is handed over by https, through a cut', { timeout }, async (context) => {
  const started = await start(context);
  const folder = mkdtempSync(join(tmpdir(), 'punchline-https-'));
  context.onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'large.bin');
  const bytes = Buffer.alloc(200 * MIB);
  for (let at = 0; at < bytes.length; at += MIB) {
    bytes.set(randomBytes(MIB), at);
  }
  writeFileSync(file, bytes);
  const { one, other } = await meet(
    started,
    context,
    ['office', `https://${started.server}`, '--send', file],
    ['hotel', '--accept-files', folder],
  );
  await other.line('file', ({ state }) => state === 'progress');
  await started.lab.cut('hotel');
  await other.line('lost');
  await started.lab.restore('hotel');
  expect(await other.line('resumed')).toMatchObject({ path: 'relay' });
  const done = await other.line('file', ({ state }) => state === 'done');
  const received = createHash('sha256')
    .update(readFileSync(String(done['path'])))
    .digest('hex');
  expect(received).toBe(createHash('sha256').update(bytes).digest('hex'));
  one.endInput();
  other.endInput();
});
