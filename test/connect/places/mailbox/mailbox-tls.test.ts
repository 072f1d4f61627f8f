/** The real mailbox server behind TLS, with a certificate of our own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, test, type TestContext } from 'vitest';
import { RecordedChat } from '../../../helpers/chats/recorded-chat.ts';
import { makeCertificate } from '../../../helpers/servers/certificates.ts';
import { sharedInFile } from '../../../helpers/shared.ts';
import type { Owner } from '../../../helpers/skip-without.ts';
import { mailboxOrSkip } from '../../../helpers/servers/twisted-server.ts';
import { typescriptNode } from '../../../helpers/programs/typescript-program.ts';

const program = fileURLToPath(new URL('../../../helpers/programs/meet-program.ts', import.meta.url));

/** A certificate for localhost that signs itself, and a mailbox server that shows it. */
async function startSecure(owner: Owner) {
  const { key, certificate } = makeCertificate(owner, { names: 'DNS:localhost' });
  const endpoint = `ssl:0:privateKey=${key}:certKey=${certificate}:interface=127.0.0.1`;
  const { port } = await mailboxOrSkip(owner, endpoint);
  return { certificate, port };
}

const theServer = sharedInFile(startSecure);
const [node, ...flags] = typescriptNode;

function run(context: TestContext, port: number, certificate: string) {
  const options = {
    server: { mailbox: `wss://localhost:${port}/v1` },
    code: { number: 1234, words: ['velvet', 'orbit'] },
    stun: [],
    family: 4,
  };
  const child = spawn(node, [...flags, program, JSON.stringify(options)], {
    env: { PATH: process.env['PATH'], NODE_EXTRA_CA_CERTS: certificate },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  context.onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  return { child, exited: once(child, 'exit'), said: () => said };
}

test('two programs that trust its certificate meet there', async (context) => {
  const { certificate, port } = await theServer(context);
  const sides = [run(context, port, certificate), run(context, port, certificate)];
  sides[0]?.child.stdin.end('hello');
  sides[1]?.child.stdin.end('hello');
  for (const side of sides) {
    expect(await side.exited).toEqual([0, null]);
    expect(side.said()).toContain('"event":"said","text":"hello"');
  }
});

test('a certificate that nobody vouches for ends the visit, and the way out is named', async (context) => {
  const { port } = await theServer(context);
  const chat = new RecordedChat({ server: { mailbox: `wss://localhost:${port}/v1` }, stun: [], family: 4 });
  expect(await chat.end()).toEqual({ reason: 'failed', exit: 3, code: 'ERR_RENDEZVOUS_UNREACHABLE' });
  const [error] = chat.all('error');
  expect(error?.message).toMatch(/^the certificate of wss:\/\/localhost:\d+\/v1 is not to be trusted: /);
  expect(error?.hint).toContain('NODE_EXTRA_CA_CERTS=FILE');
});
