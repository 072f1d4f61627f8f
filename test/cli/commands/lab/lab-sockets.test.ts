import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import type { Host } from '../../../../source/lab/host.ts';
import { createPlace } from '../../../helpers/lab/named-labs.ts';
import { runPunchline } from '../../../helpers/lab/punchline-inside.ts';
import { program, startPunchline } from '../../../helpers/programs/punchline.ts';
import { runHere } from '../../../helpers/programs/run-here.ts';

interface Told {
  readonly event: string;
  readonly state: string;
  readonly [field: string]: unknown;
}

function linesOf(stdout: string): Told[] {
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Told);
}

test('sockets dial and listen in hosts, from chosen ports, and tell what came back', async (context) => {
  const { done, folder, host, programDone } = await createPlace(context);
  await done('up', 'class', 'alice=port-restricted', 'bob=open', 'carol=port-restricted/icmp');
  function start(...args: string[]) {
    return startPunchline(['lab', ...args, '--json'], { input: '', env: { XDG_RUNTIME_DIR: folder } });
  }

  const bob = start('listen', 'class', 'bob', '--from', '4000');
  await bob.waitForText(/"listening"/);
  const dialled = linesOf(
    await programDone('dial', 'class', 'alice', '50.1.2.2:4000', '--from', '4001', '--json'),
  );
  expect(dialled).toMatchObject([
    { v: 1, event: 'dial', state: 'dialling', remote: '50.1.2.2:4000', port: 4001 },
    { state: 'connected', local: '192.168.1.2:4001', remote: '50.1.2.2:4000', by: null },
  ]);
  const { code, stdout } = await bob.ended();
  expect(code).toBe(0);
  expect(linesOf(stdout)).toMatchObject([
    { v: 1, event: 'listen', state: 'listening', local: '0.0.0.0:4000' },
    { state: 'accepted', remote: '50.0.1.2:4001', local: '50.1.2.2:4000' },
  ]);

  // A program inside needs no names.
  const alice = await host('class', 'alice');
  const refused = await inside(alice, 'dial', '50.1.2.2:4000');
  expect(refused).toMatchObject({ code: 6, stderr: '' });
  expect(refused.stdout).toMatch(
    /^dialling 50\.1\.2\.2:4000 from port \d+\nrefused after \d+ ms: the answer was an RST\n$/,
  );
  const unreachable = await inside(alice, 'dial', '50.0.3.2:4000', '--json');
  expect(linesOf(unreachable.stdout)).toMatchObject([{}, { state: 'refused', by: 'icmp' }]);
  expect(await inside(await host('class', 'bob'), 'dial', '50.0.1.2:4000', '--wait', '0.3')).toMatchObject({
    code: 6,
    stderr: '',
    stdout: expect.stringMatching(
      /^dialling 50\.0\.1\.2:4000 from port \d+\nno answer after \d+ ms\n$/,
    ) as string,
  });
});

/** Runs the built program in a host. */
function inside(host: Host, ...words: readonly string[]) {
  return host.exec([process.execPath, program, 'lab', ...words]);
}

test('a listener to whom nobody comes ends, and asks no lab for it', async () => {
  const { code, stdout } = await runHere(['lab', 'listen', '--wait', '0.3']);
  expect(code).toBe(4);
  expect(stdout).toMatch(/^listening on port \d+\nnobody has connected within 0\.3 s\n$/);
});

test('a port that another socket listens on takes no dial', async (context) => {
  const listener = createServer().listen(0, '0.0.0.0');
  context.onTestFinished(() => void listener.close());
  await once(listener, 'listening');
  const { port } = listener.address() as AddressInfo;
  const { code, stderr } = await runHere(['lab', 'dial', '127.0.0.1:9', '--from', String(port)]);
  expect(code).toBe(8);
  expect(stderr).toMatch(/another socket uses port \d+ already\nA socket may listen on a port from which/);
});

test('a dial opens the NAT for a listener at the same port', async (context) => {
  const { done, host } = await createPlace(context);
  await done('up', 'class', 'alice=full-cone', 'bob=port-restricted');
  const words = ['dial', '50.0.2.2:4010', '--from', '4001', '--listen', '--wait', '60', '--json'];
  const alice = runPunchline(await host('class', 'alice'), ['lab', ...words]);
  await alice.line('dial', ({ state }) => state === 'listening');
  const answer = ['dial', '50.0.1.2:4001', '--from', '4009', '--wait', '60', '--json'];
  const bob = await inside(await host('class', 'bob'), ...answer);
  expect(bob).toMatchObject({ code: 0, stderr: '' });
  expect(linesOf(bob.stdout).at(-1)).toMatchObject({ state: 'connected', local: '192.168.2.2:4009' });
  expect(await alice.exited).toMatchObject({ code: 0 });
  expect(alice.lines.at(-1)).toMatchObject({
    state: 'accepted',
    remote: '50.0.2.2:4009',
    local: '192.168.1.2:4001',
  });
});

test.each([
  [['dial', '50.0.2.2:4000', 'x'], 'lab dial takes NAME HOST ENDPOINT'],
  [['dial', 'bob:4000'], "'bob' is no address"],
  [['dial', '50.0.2.2:4000', '--from', '0'], "--from '0' is not a whole number from 1 to 65535"],
  [['listen', 'class'], 'lab listen takes NAME HOST'],
])('%j is refused', async (args, message) => {
  const { code, stderr } = await runHere(['lab', ...args]);
  expect(code).toBe(2);
  expect(stderr).toContain(message);
});
