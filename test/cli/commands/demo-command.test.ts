import { connect } from 'node:net';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { startPunchline } from '../../helpers/programs/punchline.ts';

test('the demo without a terminal: five heartbeats each way, exit 0, and nothing stays behind', async () => {
  const demo = startPunchline(['demo'], { input: '' });
  const [, port = ''] = await demo.waitForText(/connecting to the rendezvous 127\.0\.0\.1:(\d+)/);
  const { code, stderr, stdout } = await demo.ended();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  for (const name of ['Ada  ', 'Grace']) {
    for (const way of ['sent', 'received']) {
      const told = stdout.match(new RegExp(`^${name} \\| \\* heartbeat \\d+ ${way}.*: Hello, world$`, 'gm'));
      expect(told, `${name} ${way}`).toHaveLength(5);
    }
    expect(stdout).toMatch(new RegExp(`^${name} \\| \\* attempt 1/10: dialling 127\\.0\\.0\\.1:\\d+`, 'm'));
    expect(stdout).toMatch(new RegExp(`^${name} \\| \\* connected to (Ada|Grace): lan`, 'm'));
  }
  const socket = connect(Number(port), '127.0.0.1');
  await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

test('the demo ends if the reader of its output goes', async () => {
  const demo = startPunchline(['demo'], { input: '' });
  await demo.waitForText(/connecting/);
  demo.closeOutput();
  expect(await demo.ended()).toMatchObject({ code: 0, stderr: '' });
});

test('the demo ends by SIGINT with exit 130', async () => {
  const demo = startPunchline(['demo']);
  await demo.waitForText(/connected to Ada/);
  demo.kill('SIGINT');
  expect(await demo.ended()).toMatchObject({ code: 130, stderr: '' });
});
