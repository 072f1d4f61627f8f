import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { joinMessage } from '../../helpers/servers/rendezvous-server.ts';
import { WireClient } from '../../helpers/servers/wire-client.ts';
import { program as built } from '../../helpers/programs/punchline.ts';
import { openTerminal } from '../../helpers/terminal/terminal.ts';

const command = new URL('../../../source/cli/commands/serve-command.ts', import.meta.url).href;

/** The command, in a process that ends only when nothing keeps it alive any more. */
async function start(options: object = {}) {
  const program = `
    import { runServe } from ${JSON.stringify(command)};
    process.exitCode = await runServe(${JSON.stringify({ port: 0, host: '127.0.0.1', ...options })});
  `;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', program]);
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const log = text(child.stderr);
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { child, log, first: JSON.parse(line) as { event: string; port: number; probePort: number } };
}

async function exitOf(child: ChildProcessWithoutNullStreams) {
  return (await once(child, 'exit')) as [number | null, string | null];
}

test('the first line on stdout names the ports, and they listen', async () => {
  const { first } = await start();
  expect(first).toEqual({ event: 'listening', port: expect.any(Number), probePort: expect.any(Number) });
  const client = await WireClient.connect(first.port);
  client.send({ t: 'ping' });
  expect(await client.next()).toEqual({ t: 'pong' });
  const probe = await WireClient.connect(first.probePort);
  probe.socket.destroy();
  client.socket.destroy();
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s drains, and the exit code is 0 with nothing left running',
  async (signal) => {
    const { child, first, log } = await start();
    const client = await WireClient.connect(first.port);
    client.send(joinMessage({ number: 1000 }));
    await client.expect('waiting');
    child.kill(signal);
    await client.expect('retry');
    expect(await exitOf(child)).toEqual([0, null]);
    const lines = (await log)
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string });
    expect(lines.map(({ msg }) => msg)).toEqual(['listening', 'draining', 'closed']);
  },
);

test('a second signal ends at once, without waiting for a pair', async () => {
  const { child, first } = await start({ limits: { drainMs: 60_000 } });
  const [b, a] = [await WireClient.connect(first.port), await WireClient.connect(first.port)];
  b.send(joinMessage({ number: 1000 }));
  await b.expect('waiting');
  a.send(joinMessage({ number: 1000 }));
  await a.expect('matched');
  await b.expect('matched');
  const exit = exitOf(child);
  // This answer means that the first signal was seen. Two at once could be taken for one.
  child.kill('SIGINT');
  a.send({ t: 'ping' });
  await a.expect('pong');
  child.kill('SIGTERM');
  expect(await exit).toEqual([143, null]);
});

test('on a terminal, it tells in sentences what happens, above one line with the numbers', async () => {
  await using terminal = openTerminal({
    command: process.execPath,
    args: [built, 'serve', '--port', '0', '--host', '127.0.0.1'],
  });
  const started =
    /^Rendezvous on port (\d+), probes on port \d+\. Ctrl-C drains and ends\.\n0 waiting · 0 relayed · 0 matched$/m;
  const [, port = ''] = started.exec(await terminal.waitFor(started)) ?? [];
  const [b, a] = [await WireClient.connect(Number(port)), await WireClient.connect(Number(port))];
  b.send(joinMessage({ number: 1000 }));
  await b.expect('waiting');
  await terminal.waitFor('1 waiting · 0 relayed · 0 matched');
  a.send(joinMessage({ number: 1000 }));
  await Promise.all([a.expect('matched'), b.expect('matched')]);
  a.send({ t: 'done', outcome: 'punched' });
  await terminal.waitFor(
    /^\d\d:\d\d match 127\.0\.0\.x ⇄ 127\.0\.0\.x: direct\n0 waiting · 0 relayed · 1 matched$/m,
  );
  terminal.resize(20, 24);
  await terminal.waitFor(/^0 waiting · 0 rela…$/m);
  a.socket.destroy();
  b.socket.destroy();
  terminal.write('\u0003');
  expect(await terminal.exit).toMatchObject({ exitCode: 0 });
  expect(terminal.text()).toMatch(/^\d\d:\d\d closed$/m);
  expect(terminal.text()).not.toContain('waiting');
});

test('a dumb terminal gets sentences, and no line that moves', async () => {
  await using terminal = openTerminal({
    command: process.execPath,
    args: [built, 'serve', '--port', '0', '--host', '127.0.0.1'],
    env: { TERM: 'dumb', LANG: 'C', LC_ALL: 'C' },
  });
  await terminal.waitFor(/^Rendezvous on port /m);
  terminal.write('\u0003');
  expect(await terminal.exit).toMatchObject({ exitCode: 0 });
  expect(terminal.text()).toMatch(/\d\d:\d\d draining \(connections 0, matched 0\)\n\d\d:\d\d closed$/m);
  expect(terminal.raw()).not.toContain('\u001B');
});
