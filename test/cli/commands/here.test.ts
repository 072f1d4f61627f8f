/** The command line without any server, between two machines on one switch. */
import { expect, test, type TestContext } from 'vitest';
import { labOrSkip } from '../../helpers/lab/lab.ts';
import { program } from '../../helpers/programs/punchline.ts';
import { openTerminal } from '../../helpers/terminal/terminal.ts';
import { runPunchline } from '../../helpers/lab/punchline-inside.ts';

async function oneSwitch(context: TestContext) {
  const lab = await labOrSkip(context, { sites: { home: { ...kind, hosts: ['alice', 'bob'] } } });
  await lab.cut('home');
  function run(name: 'alice' | 'bob', ...words: readonly string[]) {
    return runPunchline(lab.hosts[name]!, words);
  }
  function onTerminal(name: 'alice' | 'bob', ...words: readonly string[]) {
    const [command = '', ...args] = lab.hosts[name]!.command([process.execPath, program, ...words]);
    const env = { XDG_CONFIG_HOME: '/nonexistent', PUNCHLINE_SERVER: '' };
    return openTerminal({ command, args, columns: 80, rows: 24, env });
  }
  return { run, onTerminal, address: lab.hosts['alice']!.addresses[0]! };
}

const kind = { mapping: 'endpoint-independent', filtering: 'address-and-port-dependent' } as const;
const port = 4711;

test.concurrent('chat --here is found with the code alone, and reached at the place that an invite names', async (context) => {
  const { run, address } = await oneSwitch(context);
  for (const place of ['', `@[fd00::1]:1,${address}:${port}`]) {
    const host = run('alice', 'chat', '--json', `--here=${port}`, '--name', 'Ada');
    const { code } = await host.line('invite');
    const guest = run('bob', 'chat', '--json', `${String(code)}${place}`, '--name', 'Bob');
    expect(await host.line('connected')).toMatchObject({ path: 'lan', peer: { name: 'Bob' } });
    guest.type('hello');
    expect(await host.line('message')).toMatchObject({ text: 'hello' });
    guest.endInput();
    expect((await guest.exited).code).toBe(0);
    expect((await host.exited).code).toBe(0);
  }
});

test.concurrent('two with an agreed code and no place meet, whoever comes first', async (context) => {
  const { run } = await oneSwitch(context);
  const words = ['chat', '--json', '--code', '4711-velvet-orbit'];
  const one = run('alice', ...words);
  await one.line('rendezvous', ({ state }) => state === 'waiting');
  const other = run('bob', ...words);
  await Promise.all([one.line('connected'), other.line('connected')]);
  other.endInput();
  expect((await other.exited).code).toBe(0);
  expect((await one.exited).code).toBe(0);
});

test.concurrent('a code without a place that nobody announces ends with exit 4, and the next step', async (context) => {
  const { run } = await oneSwitch(context);
  const guest = run('bob', 'chat', '--json', '7-velvet-orbit');
  expect(await guest.line('error')).toMatchObject({
    message: 'nobody on the local network waits under the number 7',
    hint: expect.stringContaining('CODE@HOST') as string,
  });
  expect((await guest.exited).code).toBe(4);
});

test.concurrent('pipe --here meets whoever has agreed on the code', async (context) => {
  const { run } = await oneSwitch(context);
  const words = ['--code', '5000-velvet-orbit'];
  const [one, other] = [run('alice', 'pipe', '--here', ...words), run('bob', 'pipe', ...words)];
  one.endInput();
  other.endInput();
  expect([(await one.exited).code, (await other.exited).code]).toEqual([0, 0]);
});

test.concurrent.for<[string, string[], string[]]>([
  ['host', [`--here=${port}`], ['--server', 'ADDRESS']],
  ['guest', [`--here=${port}`], ['--server', 'ADDRESS']],
  ['host', [], []],
  ['guest', [], []],
])(
  'a %s that is killed comes back where the two have met (%j, %j)',
  async ([who, hosts, guests], context) => {
    const { run, address } = await oneSwitch(context);
    const code = ['--code', '5000-velvet-orbit'];
    const toHost = guests.map((word) => (word === 'ADDRESS' ? `${address}:${port}` : word));
    function host() {
      return run('alice', 'chat', '--json', ...code, ...hosts);
    }
    function guest() {
      return run('bob', 'chat', '--json', ...code, ...toHost);
    }
    const first = host();
    await first.line('rendezvous', ({ state }) => state === 'waiting');
    const second = guest();
    await Promise.all([first.line('connected'), second.line('connected')]);
    const [killed, living, start] = who === 'host' ? [first, second, host] : [second, first, guest];
    let dead = killed;
    for (const text of ['one', 'two']) {
      const since = Date.now();
      dead.kill('SIGKILL');
      await living.line('lost', ({ at }) => Number(at) >= since);
      living.type(text);
      const again = start();
      expect(await again.line('message', (line) => line['text'] === text)).toMatchObject({ again: true });
      dead = again;
    }
    dead.endInput();
    living.endInput();
    expect([(await dead.exited).code, (await living.exited).code]).toEqual([0, 0]);
  },
);

test.concurrent('a port for --here that is taken is named, exit 8', async (context) => {
  const { run } = await oneSwitch(context);
  const host = run('alice', 'chat', '--json', `--here=${port}`);
  await host.line('rendezvous', ({ state }) => state === 'waiting');
  const second = run('alice', 'chat', '--json', `--here=${port}`);
  expect(await second.line('error')).toMatchObject({
    message: expect.stringContaining(String(port)) as string,
  });
  expect((await second.exited).code).toBe(8);
});

test.concurrent('in a terminal, a code that nobody announces leads to the question where the peer waits', async (context) => {
  const { run, onTerminal } = await oneSwitch(context);
  await using terminal = onTerminal('bob', 'chat', '7-velvet-orbit');
  const asked = await terminal.waitFor(/Where does your friend wait\?[^]*own server/);
  expect(asked).toContain('nobody on the local network waits under the number 7');
  expect(asked).toMatch(/› 1 local network +look once more/);
  expect(asked).toContain('2 public mailbox');
  // The friend begins to wait, and is found now.
  const host = run('alice', 'chat', '--json', '--here', '--code', '7-velvet-orbit');
  await host.line('rendezvous', ({ state }) => state === 'waiting');
  terminal.write('\r');
  await host.line('connected');
});

test.concurrent('a host is reachable again by /again with the agreed code', async (context) => {
  const { run, onTerminal, address } = await oneSwitch(context);
  const code = '4711-velvet-orbit';
  await using host = onTerminal('alice', 'chat', '--code', code, `--here=${port}`);
  async function meet(name: string): Promise<void> {
    await host.waitFor('Pass this');
    const guest = run('bob', 'chat', '--json', `${code}@${address}:${port}`, '--name', name);
    await guest.line('connected');
    guest.endInput();
    expect((await guest.exited).code).toBe(0);
    await host.waitFor(`○ ${name} has left`);
  }
  await meet('Bob');
  await host.waitFor('Enter tries again');
  host.write(`/again ${code}\r`);
  await meet('Bert');
});

test.concurrent('with --plain, a terminal is asked line by line, and the chat goes on there', async (context) => {
  const { run, onTerminal } = await oneSwitch(context);
  await using terminal = onTerminal('bob', 'chat', '--plain', '7-velvet-orbit');
  const asked = await terminal.waitFor(/Number \(empty: 1\):\s*$/);
  expect(asked).toContain('nobody on the local network waits under the number 7');
  expect(asked).toContain('Where does your friend wait?');
  expect(asked).toMatch(/1 local network: look once more/);
  const host = run('alice', 'chat', '--json', '--here', '--code', '7-velvet-orbit');
  await host.line('rendezvous', ({ state }) => state === 'waiting');
  terminal.write('\r');
  await terminal.waitFor('encrypted:');
  terminal.write('after the question\r');
  expect(await host.line('message')).toMatchObject({ text: 'after the question' });
  terminal.write('/quit\r');
  expect((await terminal.exit).exitCode).toBe(0);
});

test.concurrent('a screen reader asks, too, but nobody who has ended the input: exit 4', async (context) => {
  const { onTerminal } = await oneSwitch(context);
  await using heard = onTerminal('bob', 'chat', '--screen-reader', '7-velvet-orbit');
  await using ended = onTerminal('alice', 'chat', '--plain', '7-velvet-orbit');
  await ended.waitFor('local network');
  ended.write('\u0004');
  expect((await ended.exit).exitCode).toBe(4);
  expect(ended.raw()).not.toContain('Where does your friend wait?');
  expect(await heard.waitFor(/Number \(empty: 1\):\s*$/)).toContain('Where does your friend wait?');
  heard.write('\u0004');
  expect((await heard.exit).exitCode).toBe(130);
});
