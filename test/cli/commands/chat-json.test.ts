import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { expectEventShapes } from '../../helpers/chats/event-shapes.ts';
import { code, startPair } from '../../helpers/sessions/pair.ts';
import { openRendezvous } from '../../helpers/servers/local-rendezvous.ts';
import { heardBy, lines, startPunchline, type Punchline } from '../../helpers/programs/punchline.ts';
import { keyGroup } from '../../helpers/sessions/key-group.ts';

/** The order of events, without those that are a race: which host candidates are dialled, which dial connects, and how attempts end. */
function story({ events }: Punchline): string[] {
  return events.flatMap((event) => {
    switch (event.event) {
      case 'rendezvous':
        // The rendezvous is left at the moment of success, which may come before or after its event.
        return event.state === 'closed' ? [] : [`rendezvous ${event.state}`];
      case 'peer':
        return event.candidates.length === 1 ? [`peer ${event.role}`] : [];
      case 'plan':
        return event.strategy === 'host' ? [] : [`plan ${event.strategy}`];
      case 'attempt':
      case 'nats':
      case 'proof':
        return [];
      case 'message':
        return [`message ${event.from}`];
      case 'ended':
        return [`ended ${event.reason} ${event.exit}`];
      default:
        return [event.event];
    }
  });
}

function mappedOf(chat: Punchline) {
  return chat.waitFor('rendezvous', ({ mapped }) => mapped !== undefined);
}

function input(who: string) {
  return { options: { input: `${lines(who).join('\n')}\n` } };
}

function beats({ events }: Punchline, way: 'sent' | 'received') {
  return events.flatMap((event) => (event.event === 'heartbeat' && event.direction === way ? [event] : []));
}

describe('the events of a pair', () => {
  test('cover all from an invite to the end', async () => {
    const { options, port } = await openRendezvous();
    const host = startPunchline(['chat', '--json', '--name', 'anna', ...options]);
    const { invite, code: ownCode } = await host.waitFor('invite');
    expect(invite).toBe(`${ownCode}@127.0.0.1:${port}`);
    await host.waitFor('rendezvous', ({ state }) => state === 'waiting');
    const guest = startPunchline(['chat', '--json', invite]);
    await guest.waitFor('connected');
    await host.waitFor('connected');
    host.write('hello\n');
    const { id } = await host.waitFor('message');
    await host.waitFor('delivered', (event) => event.id === id);
    expect(await guest.waitFor('message')).toMatchObject({ from: 'peer', text: 'hello' });
    host.endInput();
    expect((await host.ended()).code).toBe(0);
    expect((await guest.ended()).code).toBe(0);

    expectEventShapes(host.events);
    expectEventShapes(guest.events);
    expect(story(host)).toEqual([
      'rendezvous connecting',
      'invite',
      'rendezvous waiting',
      'rendezvous matched',
      'peer b',
      'plan simultaneous',
      'connected',
      'message me',
      'delivered',
      'ended quit 0',
    ]);
    expect(story(guest)).toEqual([
      'rendezvous connecting',
      'rendezvous matched',
      'peer a',
      'plan simultaneous',
      'connected',
      'message peer',
      'ended peer-left 0',
    ]);
  });

  test('agree on endpoints, names and cipher', async () => {
    const [b, a] = await startPair({ args: ['--name', 'anna'] }, { args: ['--no-lan'] });
    const [atB, atA] = [await b.waitFor('connected'), await a.waitFor('connected')];
    expect(atB).toMatchObject({ path: 'lan', family: 4, peer: { name: 'peer' } });
    expect(atA).toMatchObject({ path: 'lan', family: 4, peer: { name: 'anna' } });
    expect([atB.local, atB.remote]).toEqual([atA.remote, atA.local]);
    for (const { cipher, group } of [atA, atB]) {
      expect(cipher).toMatch(/^TLS_(CHACHA20_POLY1305|AES_128_GCM)_SHA256$/);
      expect(group).toBe(keyGroup);
    }
    expect(await a.waitFor('peer')).toMatchObject({
      candidates: [{ kind: 'mapped', ...(await mappedOf(b)).mapped }],
    });
    expect(await b.waitFor('peer')).toMatchObject({
      candidates: [{ kind: 'mapped', ...(await mappedOf(a)).mapped }],
    });
    for (const side of [a, b]) {
      const { events } = side;
      expect(await side.waitFor('nats')).toMatchObject({ own: 'none' });
      expect((await side.waitFor('proof')).state).toBe('started');
      const order = events.map(({ event }) => event);
      expect(order.indexOf('nats')).toBeLessThan(order.indexOf('connected'));
      expect(order.indexOf('proof')).toBeLessThan(order.indexOf('connected'));
      expect((await side.waitFor('attempt', ({ kind }) => kind === 'mapped')).strategy).toBe('simultaneous');
      expect((await side.waitFor('connected')).strategy).toMatch(/^(?:simultaneous|host)$/);
    }
  });

  test('hold a secret only in the invite', async () => {
    const [b, a] = await startPair();
    await a.waitFor('connected');
    a.endInput();
    for (const { stdout, stderr } of [await a.ended(), await b.ended()]) {
      expect(stdout + stderr).not.toMatch(/velvet|orbit/);
    }
  });

  test('are the same with an agreed code, whoever comes first', async () => {
    const { options } = await openRendezvous();
    const args = ['chat', '--json', '--code', code, ...options];
    const chats = [startPunchline(args), startPunchline(args)] as const;
    const met = await Promise.all(chats.map((chat) => chat.waitFor('peer')));
    expect(met.map(({ role }) => role).toSorted()).toEqual(['a', 'b']);
    for (const [index, chat] of chats.entries()) {
      chat.write(`from ${index}\n`);
      await chats[1 - index]!.waitFor(
        'message',
        ({ from, text }) => from === 'peer' && text === `from ${index}`,
      );
    }
    chats[0].endInput();
    for (const chat of chats) {
      expect((await chat.ended()).code).toBe(0);
      expect(chat.events.some(({ event }) => event === 'invite')).toBe(false);
      expectEventShapes(chat.events);
    }
  });
});

test('two peers whose clocks jump to and fro by an hour meet and talk', async () => {
  const { options } = await openRendezvous();
  const folder = mkdtempSync(join(tmpdir(), 'punchline-clock-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const jumping = join(folder, 'jumping.cjs');
  writeFileSync(
    jumping,
    'const { now } = Date; let looks = 0; Date.now = () => now() + (looks++ % 2 === 0 ? 3_600_000 : -3_600_000);',
  );
  const env = { NODE_OPTIONS: `--require=${jumping}` };
  const args = ['chat', '--json', '--code', code, ...options];
  const [a, b] = [startPunchline(args, { env }), startPunchline(args, { env })];
  for (const chat of [a, b]) {
    await chat.waitFor('connected');
  }
  const times = a.events.map(({ at }) => at);
  expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan(3_600_000);
  a.write('what time is it?\n');
  expect(await b.waitFor('message')).toMatchObject({ from: 'peer', text: 'what time is it?' });
  await a.waitFor('delivered');
  a.endInput();
  for (const chat of [a, b]) {
    expect((await chat.ended()).code).toBe(0);
  }
});

describe('the end of stdin', () => {
  test('takes effect after all of a thousand lines have arrived, in order, once', async () => {
    const [one, two] = await startPair({}, input('two'));
    expect((await two.ended()).code).toBe(0);
    expect((await one.ended()).code).toBe(0);
    expect(heardBy(one)).toEqual(lines('two'));
    const delivered = two.events.flatMap((event) => (event.event === 'delivered' ? [event.id] : []));
    const told = two.events.flatMap((event) => (event.event === 'message' ? [event.id] : []));
    expect(delivered).toEqual(told);
    expectEventShapes(one.events);
    expectEventShapes(two.events);
  });

  test('takes effect after a thousand lines each way, if both sides end at once', async () => {
    const [one, two] = await startPair(input('one'), input('two'));
    expect((await one.ended()).code).toBe(0);
    expect((await two.ended()).code).toBe(0);
    expect(heardBy(one)).toEqual(lines('two'));
    expect(heardBy(two)).toEqual(lines('one'));
    expectEventShapes(one.events);
    expectEventShapes(two.events);
  });

  test.each([
    ['an empty stdin', { input: '' }],
    ['a stdin that is closed', { under: ['sh', '-c', 'exec "$@" <&-', 'sh'] }],
    ['a stdin that cannot be read', { under: ['sh', '-c', 'exec "$@" </', 'sh'] }],
  ])('pairs, says goodbye and exits 0: %s', async (_, options) => {
    const [one, two] = await startPair({}, { options });
    expect((await two.ended()).code).toBe(0);
    expect((await one.ended()).code).toBe(0);
    expect(two.events.at(-1)).toMatchObject({ reason: 'quit' });
    expect(one.events.at(-1)).toMatchObject({ reason: 'peer-left' });
  });

  test('does not hide an earlier failure', async () => {
    const { options } = await openRendezvous();
    const chat = startPunchline(['chat', '--json', '7-velvet-orbit', ...options], { input: 'hello\n' });
    expect((await chat.ended()).code).toBe(4);
    expectEventShapes(chat.events);
    expect(chat.events.at(-2)).toMatchObject({ event: 'error', code: 'ERR_NO_SUCH_ROOM' });
  });
});

describe('a line', () => {
  test('is a message verbatim, never a command', async () => {
    const typed = ['/quit', '//', '  two  spaces ', '', '"quoted" \\ \t', '🏳️‍🌈 \u202Egrüße\u0007'];
    const [one, two] = await startPair({}, { options: { input: typed.join('\n') } });
    expect((await two.ended()).code).toBe(0);
    await one.ended();
    expect(heardBy(one)).toEqual(typed);
    // It is verbatim for a program, yet harmless in a terminal.
    for (const character of ['\u0007', '\u202E']) {
      expect(one.stdout).not.toContain(character);
    }
  });

  test('of more than 64 KiB is split, and not lost', async () => {
    const long = 'ä'.repeat(100_000);
    const [one, two] = await startPair({}, { options: { input: `${long}\nnext\n` } });
    expect((await two.ended()).code).toBe(0);
    await one.ended();
    const heard = heardBy(one);
    expect(heard.slice(0, -1).join('')).toBe(long);
    expect(heard.at(-1)).toBe('next');
    for (const text of heard) {
      expect(Buffer.byteLength(text)).toBeLessThanOrEqual(65_536);
    }
  });

  test('of bytes that are not UTF-8 shows a mark in their place', async () => {
    const [one, two] = await startPair();
    two.write(Buffer.from('gr\u00FC\u00DFe\n', 'latin1'));
    expect(await one.waitFor('message')).toMatchObject({ text: 'gr\uFFFD\uFFFDe' });
  });
});

describe('--heartbeat', () => {
  test('is numbered and measured, beside typing, and does not end with stdin', async () => {
    const [one, two] = await startPair(
      { args: ['--heartbeat=0.2'] },
      { args: ['--heartbeat=0.3'], options: { input: 'typed\n' } },
    );
    await one.waitFor('heartbeat', ({ direction, n }) => direction === 'received' && n === 4);
    await one.waitFor('heartbeat', ({ direction, n }) => direction === 'sent' && n === 4);
    expect(heardBy(one)).toEqual(['typed']);
    two.kill('SIGTERM');
    expect((await two.ended()).code).toBe(143);
    expect((await one.ended()).code).toBe(0);
    for (const chat of [one, two]) {
      expectEventShapes(chat.events);
      for (const way of ['sent', 'received'] as const) {
        const seen = beats(chat, way);
        expect(seen.map(({ n }) => n)).toEqual(seen.map((_, index) => index + 1));
        expect(new Set(seen.map(({ text }) => text))).toEqual(new Set(['Hello, world']));
      }
      for (const { ms } of beats(chat, 'sent')) {
        expect(ms).toBeTypeOf('number');
      }
    }
  });

  test('does not take an invite for its seconds', async () => {
    const { options } = await openRendezvous();
    const host = startPunchline(['chat', '--json', ...options], { input: '' });
    const { invite } = await host.waitFor('invite');
    const guest = startPunchline(['chat', '--json', '--heartbeat', invite, '--probe-port', options[3] ?? '']);
    await guest.waitFor('connected');
    expect((await guest.ended()).code).toBe(0);
    expect((await host.ended()).code).toBe(0);
  });

  test('comes every second if no seconds are given', async () => {
    const [one, two] = await startPair({}, { args: ['--heartbeat'] });
    await one.waitFor('heartbeat', ({ n }) => n === 3);
    const received = beats(one, 'received').map(({ at }) => at);
    expect(received.slice(1).map((at, index) => Math.round((at - received[index]!) / 1000))).toEqual([1, 1]);
    two.kill('SIGINT');
    await two.ended();
  });
});
