import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { runServe } from '../../../source/cli/commands/serve-command.ts';
import { eventually } from '../../helpers/eventually.ts';
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

/** A certificate that signs itself, as PEM files. */
function makeCertificate(folder: string) {
  const files = { tlsCert: join(folder, 'certificate.pem'), tlsKey: join(folder, 'key.pem') };
  const words =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost';
  execFileSync('openssl', [...words.split(' '), '-keyout', files.tlsKey, '-out', files.tlsCert], {
    stdio: 'ignore',
  });
  return files;
}

async function shownAt(port: number): Promise<string | undefined> {
  const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
  await once(socket, 'secureConnect');
  const shown = socket.getPeerX509Certificate()?.fingerprint256;
  socket.destroy();
  return shown;
}

test('SIGHUP reads the certificate again, and keeps the last one where that fails', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-serve-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const files = makeCertificate(folder);
  function fingerprint() {
    return new X509Certificate(readFileSync(files.tlsCert)).fingerprint256;
  }
  const { child, first, log } = await start(files);
  const original = fingerprint();
  expect(await shownAt(first.port)).toBe(original);
  makeCertificate(folder);
  const renewed = fingerprint();
  expect(renewed).not.toBe(original);
  child.kill('SIGHUP');
  await eventually(async () => expect(await shownAt(first.port)).toBe(renewed));
  writeFileSync(files.tlsKey, 'no key');
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  child.kill('SIGHUP');
  await eventually(() => expect(said).toContain('the last certificate stays in use'));
  child.kill('SIGTERM');
  expect(await exitOf(child)).toEqual([0, null]);
  expect(await log).toContain('the certificate and its key cannot be used');
});

test.each([
  [
    { tlsCert: '/nowhere/certificate.pem', tlsKey: '/nowhere/key.pem' },
    /--tls-cert '\/nowhere\/certificate.pem' cannot be read: it is not there/,
  ],
  [
    { tlsCert: fileURLToPath(import.meta.url), tlsKey: fileURLToPath(import.meta.url) },
    /the certificate and its key cannot be used/,
  ],
])('a certificate that is of no use ends the command: %j', async (files, message) => {
  await expect(runServe({ port: '0', host: '127.0.0.1', ...files })).rejects.toThrow(message);
});

test('a server with a certificate ends with its terminal', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-serve-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const { tlsCert, tlsKey } = makeCertificate(folder);
  await using terminal = openTerminal({
    command: process.execPath,
    args: [built, 'serve', '--port', '0', '--host', '127.0.0.1', '--tls-cert', tlsCert, '--tls-key', tlsKey],
  });
  const started = /^Rendezvous on port (\d+)/m;
  const [, port = ''] = started.exec(await terminal.waitFor(started)) ?? [];
  const client = await WireClient.connect(Number(port));
  terminal.hangUp();
  // Not drained: it ends as a server without a certificate does.
  await client.closed;
  expect(client.text).toBe('');
});
