import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { expectEventShapes } from '../../helpers/chats/event-shapes.ts';
import { code, startPair } from '../../helpers/sessions/pair.ts';
import { openRendezvous } from '../../helpers/servers/local-rendezvous.ts';
import { heardBy, lines, startPunchline } from '../../helpers/programs/punchline.ts';

describe('a signal', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s ends a chat with exit %i, and the peer learns that it was left', async (signal, exit) => {
    const [one, two] = await startPair();
    await two.waitFor('connected');
    two.kill(signal);
    expect(await two.ended()).toMatchObject({ code: exit, signal: null, stderr: '' });
    expect(two.events.at(-1)).toMatchObject({ event: 'ended', reason: 'interrupted', exit });
    expectEventShapes(two.events);
    expect((await one.ended()).code).toBe(0);
    expect(one.events.at(-1)).toMatchObject({ reason: 'peer-left', exit: 0 });
  });

  test('ends the wait for a peer', async () => {
    const { options } = await openRendezvous();
    const chat = startPunchline(['chat', '--json', ...options]);
    await chat.waitFor('rendezvous', ({ state }) => state === 'waiting');
    chat.kill('SIGINT');
    expect((await chat.ended()).code).toBe(130);
    expectEventShapes(chat.events);
  });

  test('ends a chat whose stdin has ended', async () => {
    const { options } = await openRendezvous();
    const chat = startPunchline(['chat', '--json', ...options], { input: 'hello\n' });
    await chat.waitFor('rendezvous', ({ state }) => state === 'waiting');
    chat.kill('SIGTERM');
    expect((await chat.ended()).code).toBe(143);
  });
});

describe('stdout', () => {
  test.each(['--json', '--plain'])(
    'whose reader is gone ends the chat, and the peer learns it: %s',
    async (face) => {
      const [one, two] = await startPair({}, { face });
      await one.waitFor('connected');
      await two.waitForText(/connected/);
      two.closeOutput();
      one.write('hello\n');
      expect(await two.ended()).toMatchObject({ code: 0, stderr: '' });
      expect((await one.ended()).code).toBe(0);
      expect(one.events.at(-1)).toMatchObject({ reason: 'peer-left' });
    },
  );

  test('without a reader from the start ends the wait for a peer', async () => {
    const { options } = await openRendezvous();
    const chat = startPunchline(['chat', '--plain', ...options]);
    chat.closeOutput();
    expect(await chat.ended()).toMatchObject({ code: 0, stderr: '' });
  });

  test('with a slow reader gets every line, `ended` last', async () => {
    // More than any pipe holds, for longer than the process waits for anything else.
    const under = ['sh', '-c', '"$@" | { sleep 4; cat; }', 'sh'];
    const long = lines('one').map((line) => line.padEnd(1000, '.'));
    const [one, two] = await startPair({ options: { input: long.join('\n') } }, { options: { under } });
    expect((await one.ended()).code).toBe(0);
    await two.ended();
    expect(heardBy(two)).toEqual(long);
    expectEventShapes(two.events);
  });
});

test('a signal ends a chat whose output nobody reads, and its peer', async () => {
  const long = lines('one').map((line) => line.padEnd(10_000, '.'));
  const [one, two] = await startPair({ options: { input: long.join('\n') } });
  await two.waitFor('connected');
  two.stopReading();
  // More than any pipe holds.
  await one.waitFor('delivered', ({ id }) => id === 'me-200');
  two.kill('SIGTERM');
  expect(await two.exitCode).toBe(143);
  expect((await one.ended()).code).toBe(0);
  expect(one.events.at(-1)).toMatchObject({ reason: 'peer-left' });
});

test('the process list does not show the code', async () => {
  const { options } = await openRendezvous();
  for (const words of [['--code', code], [`${code}@127.0.0.1`]]) {
    const chat = startPunchline(['chat', '--json', ...words, ...options]);
    await chat.waitFor('rendezvous', ({ state }) => state === 'waiting');
    const commandLine = readFileSync(`/proc/${chat.pid}/cmdline`, 'utf8');
    expect(commandLine).toContain('punchline');
    expect(commandLine).not.toMatch(/velvet|orbit/);
    chat.kill('SIGTERM');
    await chat.ended();
  }
});
