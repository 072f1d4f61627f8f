import { expect, test, type TestContext } from 'vitest';
import { startBalancer } from '../../helpers/servers/balancer.ts';
import {
  heardBy,
  lines,
  startPunchline,
  startServer,
  type Punchline,
} from '../../helpers/programs/punchline.ts';
import { redisOrSkip } from '../../helpers/servers/redis-server.ts';
import { freePort } from '../../helpers/servers/free-port.ts';

const timeout = 180_000;

/** Three servers of one store. Two chats that want only the relay come to the first and the second. */
async function startBoth(context: TestContext, serverOptions: readonly string[]) {
  const redis = await redisOrSkip(context);
  const servers = await Promise.all(
    [1, 2, 3].map(() => startServer(['--store', redis.url, ...serverOptions])),
  );
  const port = await startBalancer(servers.map((server) => server.port));
  const probePort = String(await freePort());
  const chat = `chat --json --relay always --server 127.0.0.1:${port} --probe-port ${probePort}`.split(' ');
  const first = startPunchline(chat);
  const { invite } = await first.waitFor('invite');
  const second = startPunchline([...chat, invite]);
  return { servers, chats: [first, second] as const };
}

/** Resolves when all that was said has been heard, in order and once. */
async function expectHeard(chats: readonly [Punchline, Punchline], said: readonly (readonly string[])[]) {
  for (const [index, chat] of chats.entries()) {
    const theirs = said[1 - index] ?? [];
    await chat.waitFor('message', ({ from, text }) => from === 'peer' && text === theirs.at(-1));
    expect(heardBy(chat)).toEqual(theirs);
  }
}

test(
  'two who come to different servers are relayed by one of them, and by another when that is killed',
  async (context) => {
    const { servers, chats } = await startBoth(context, ['--advertise', '127.0.0.1']);
    const relaying = servers[1]!;
    for (const chat of chats) {
      expect(await chat.waitFor('connected')).toMatchObject({ path: 'relay' });
    }
    // One client was matched there, and one was sent there.
    expect(chats[0].events.find(({ event }) => event === 'connected')).toMatchObject({
      remote: { address: '127.0.0.1', port: relaying.port },
    });
    expect(relaying.process.stderr.match(/"msg":"relay"/g)).toHaveLength(1);
    const said = chats.map((_, index) => lines(`line of ${index}`));
    for (const [index, chat] of chats.entries()) {
      chat.write(`${said[index]?.join('\n')}\n`);
    }
    await expectHeard(chats, said);

    relaying.process.kill('SIGKILL');
    const more = chats.map((_, index) => lines(`later line of ${index}`));
    for (const chat of chats) {
      await chat.waitFor('lost');
    }
    for (const [index, chat] of chats.entries()) {
      chat.write(`${more[index]?.join('\n')}\n`);
    }
    for (const chat of chats) {
      expect(await chat.waitFor('resumed')).toMatchObject({ path: 'relay' });
    }
    await expectHeard(
      chats,
      said.map((texts, index) => texts.concat(more[index] ?? [])),
    );
    for (const chat of chats) {
      chat.endInput();
      expect((await chat.ended()).code).toBe(0);
    }
  },
  timeout,
);

test(
  'two who come to different servers are told why they are not relayed, and the logs what to do',
  async (context) => {
    const { servers, chats } = await startBoth(context, []);
    for (const chat of chats) {
      expect(await chat.waitFor('error')).toMatchObject({
        code: 'ERR_PUNCH_FAILED',
        hint: expect.stringContaining(
          'The rendezvous refused to relay: the two of you are at different servers, which do not say where they can be reached (serve --advertise).',
        ),
      });
      expect((await chat.ended()).code).toBe(6);
    }
    for (const { process } of servers) {
      await process.waitForText(
        /name with --advertise HOST\[:PORT\] the address at which clients reach this very server/,
      );
    }
  },
  timeout,
);
