import { describe, expect, test, type TestContext } from 'vitest';
import type { Site } from '../../../source/lab/plan/description.ts';
import type { Lab } from '../../../source/lab/lab.ts';
import { eventually } from '../../helpers/eventually.ts';
import { countTraffic, sharedLab } from '../../helpers/lab/lab.ts';
import { runPunchline, type PunchlineInside } from '../../helpers/lab/punchline-inside.ts';

const ordinary: Site = { mapping: 'endpoint-independent', filtering: 'address-and-port-dependent' };

const random: Site = { ...ordinary, mapping: 'address-and-port-dependent' };

const counting: Site = { ...random, ports: 'sequential', line: { delayMs: 20 } };

/** Enough to be told from what the connection to the rendezvous itself says. */
const messages = Array.from({ length: 100 }, (_, index) => `${index} ${'velvet '.repeat(20)}`);

describe('two ordinary NATs', () => {
  const start = shared({ alice: ordinary, bob: ordinary });

  test('two peers behind NATs, one with the invite of the other, talk on a path that does not pass the server', async (context) => {
    const { count, run, server } = await start(context);
    const alice = run('alice', 'chat', '--json', '--server', server);
    const { invite } = await alice.line('invite');
    const bob = run('bob', 'chat', '--json', String(invite));

    expect(await alice.line('connected')).toMatchObject({ path: 'direct', family: 4 });
    expect(await bob.line('connected')).toMatchObject({ path: 'direct', family: 4 });
    const before = await count();
    const pairs = [
      [alice, bob],
      [bob, alice],
    ] as const;
    for (const [speaker, listener] of pairs) {
      for (const text of messages) {
        speaker.type(text);
      }
      await listener.line('message', ({ from, text }) => from === 'peer' && text === messages.at(-1));
      const heard = listener.lines.filter(({ event, from }) => event === 'message' && from === 'peer');
      expect(heard.map(({ text }) => text)).toEqual(messages);
    }

    const after = await count();
    const payload = messages.join('').length;
    expect(after.there.bytes - before.there.bytes).toBeGreaterThan(payload);
    expect(after.back.bytes - before.back.bytes).toBeGreaterThan(payload);
    expect(after.server.bytes - before.server.bytes).toBeLessThan(payload / 10);

    alice.endInput();
    expect(await alice.exited).toEqual({ code: 0, signal: null });
    expect(await bob.exited).toEqual({ code: 0, signal: null });
    expect(alice.lines.at(-1)).toMatchObject({ event: 'ended', reason: 'quit', exit: 0 });
    expect(bob.lines.at(-1)).toMatchObject({ event: 'ended', reason: 'peer-left', exit: 0 });
  });

  test('two peers behind NATs with a code agreed beforehand meet in either order', async (context) => {
    const { run, server } = await start(context);
    const agreed = ['chat', '--json', '--server', server, '--code', '4711-velvet-orbit'];
    const [alice, bob] = [run('alice', ...agreed), run('bob', ...agreed)];

    expect(await alice.line('connected')).toMatchObject({ path: 'direct', family: 4 });
    expect(await bob.line('connected')).toMatchObject({ path: 'direct', family: 4 });
    const roles = await Promise.all([alice.line('peer'), bob.line('peer')]);
    expect(new Set(roles.map(({ role }) => role))).toEqual(new Set(['a', 'b']));
  });

  test('the same two NATs stay shut if the dials leave from another port than the one that met the rendezvous', async (context) => {
    const { run, server } = await start(context);
    const args = ['chat', '--json', '--server', server, '--code', '4711-velvet-orbit', '--attempts', '2'];
    const peers = [run('alice', ...args, '--fresh-port'), run('bob', ...args, '--fresh-port')];

    for (const peer of peers) {
      expect(await peer.line('error')).toMatchObject({ code: 'ERR_PUNCH_FAILED' });
      expect(await peer.exited).toEqual({ code: 6, signal: null });
      const outcomes = peer.lines.filter(({ event, kind }) => event === 'attempt' && kind === 'mapped');
      expect(outcomes.map(({ n, outcome }) => [n, outcome])).toEqual([
        [1, 'started'],
        [1, 'timeout'],
        [2, 'started'],
        [2, 'timeout'],
      ]);
    }
  });
});

describe('two NATs that show each destination another random port', () => {
  const start = shared({ alice: random, bob: random, carol: ordinary }, true);

  test.concurrent('two peers whose NATs show each destination another random port end with exit 6 within their attempts', async (context) => {
    const { run, chat } = await start(context);
    const args = [...chat, '--code', '4712-velvet-orbit', '--no-relay', '--attempts', '2'];
    const peers = [run('alice', ...args), run('bob', ...args)];

    for (const peer of peers) {
      expect(await peer.line('ended')).toMatchObject({ reason: 'failed', exit: 6 });
      expect(await peer.exited).toEqual({ code: 6, signal: null });
      const rounds = peer.lines.filter(({ event }) => event === 'attempt').map(({ n }) => Number(n));
      expect(Math.max(...rounds)).toBe(2);
      // That they cannot meet is told during the first round. Nothing will be relayed.
      const verdict = await peer.line('nats');
      expect(verdict).toMatchObject({ own: 'random', peer: 'random', direct: 'no' });
      expect(verdict).toMatchObject({ noRelay: 'me' });
      expect(verdict).not.toHaveProperty('relayInMs');
      const second = await peer.line('attempt', ({ n }) => n === 2);
      expect(peer.lines.indexOf(verdict)).toBeLessThan(peer.lines.indexOf(second));
      expect(await peer.line('error')).toMatchObject({
        code: 'ERR_PUNCH_FAILED',
        message: expect.stringMatching(
          /^no connection to 50\.0\.[12]\.2:\d+ in 2 attempts .*: neither port can be guessed$/,
        ),
        hint: expect.stringMatching(
          /^A relay could have connected you: .* One side is enough\. IPv6 .* The mapping of both NATs is address-and-port-dependent: .*, random\. No program /,
        ),
      });
    }
  });

  test.concurrent('one attempt is played to its end, even if only a spray could help', async (context) => {
    const { run, chat } = await start(context);
    const args = [...chat, '--code', '4713-velvet-orbit', '--no-relay', '--attempts', '1'];
    for (const peer of [run('alice', ...args), run('carol', ...args)]) {
      const { message, hint } = await peer.line('error');
      expect(message).toMatch(
        /in 1 attempt \(1 × timeout\), although two such NATs usually connect: a burst/,
      );
      expect(hint).toMatch(/NAT uses another port for each destination/);
    }
  });

  test.concurrent('a peer that is killed is the reason that is named, and no further round is played', async (context) => {
    const { run, chat } = await start(context);
    const args = [...chat, '--code', '4714-velvet-orbit', '--no-relay', '--attempts', '10'];
    const [alice, bob] = [run('alice', ...args), run('bob', ...args)];
    const { n } = await alice.line(
      'attempt',
      ({ n: round, outcome }) => round === 2 && outcome === 'started',
    );
    bob.kill('SIGKILL');
    expect(await failureOf(alice)).toEqual(punchFailed(/: the peer has left$/));
    const rounds = alice.lines.filter(({ event }) => event === 'attempt').map((line) => Number(line['n']));
    expect(Math.max(...rounds)).toBeLessThanOrEqual(Number(n) + 1);
  });

  test.concurrent('the failure of a pair that cannot meet says what a late observation has shown', async (context) => {
    const { run, chatElsewhere } = await start(context);
    const args = [...chatElsewhere, '--code', '4715-velvet-orbit', '--no-relay', '--attempts', '2'];
    for (const peer of [run('alice', ...args), run('bob', ...args)]) {
      expect((await peer.line('error'))['message']).toMatch(/: neither port can be guessed$/);
    }
  });

  test.concurrent('a pair that cannot meet asks for the relay before a round is over', async (context) => {
    const { run, chat } = await start(context);
    const args = [...chat, '--code', '4717-velvet-orbit'];
    for (const peer of [run('alice', ...args), run('bob', ...args)]) {
      const { relayInMs } = await peer.line('nats', (line) => 'relayInMs' in line);
      expect(relayInMs).toBeLessThanOrEqual(250);
      expect(await peer.line('relay', ({ state }) => state === 'asked')).toMatchObject({
        reason: 'no direct connection is possible: neither port can be guessed',
      });
      expect(await peer.line('connected')).toMatchObject({ path: 'relay' });
    }
  });

  // By itself: where much else runs, the signal might come when all has been said.
  test('a peer that is stopped in mid-plan is the reason that is named', async (context) => {
    const { run, chat } = await start(context);
    const args = [...chat, '--code', '4716-velvet-orbit', '--no-relay', '--attempts', '3'];
    const [alice, bob] = [run('alice', ...args), run('bob', ...args)];
    // Its hello has come.
    await alice.line('plan', ({ strategy }) => strategy === 'host');
    bob.kill('SIGSTOP');
    expect(await failureOf(alice)).toEqual(punchFailed(/: nothing more was heard of the peer$/));
  });

  // It comes last, because it cuts off all others.
  test('a peer that is cut off in mid-plan is the reason that is named', async (context) => {
    const { lab, run, chat } = await start(context);
    const args = [...chat, '--code', '4711-velvet-orbit', '--no-relay', '--attempts', '3'];
    const [alice] = [run('alice', ...args), run('bob', ...args)];
    // Its hello has come.
    await alice.line('plan', ({ strategy }) => strategy === 'host');
    await lab.cut('bob');
    context.onTestFinished(() => lab.restore('bob'));
    expect(await failureOf(alice)).toEqual(punchFailed(/: nothing more was heard of the peer$/));
  });
});

// One after the other, because each connection moves the counters on.
describe('two counting NATs', () => {
  const start = shared({ alice: counting, bob: counting }, true);

  test('are predicted in the second round if a probe was lost in the first', async (context) => {
    const { internet, run, server } = await start(context);
    const alice = run('alice', 'chat', '--json', '--no-relay', '--server', server);
    const { invite } = await alice.line('invite');
    await alice.line('rendezvous', ({ state }) => state === 'waiting');
    // Its first SYN is lost. The kernel sends another one after a second.
    const lose = `add table ip lose; add chain ip lose probes { type filter hook forward priority 0; };
      add rule ip lose probes iifname bob tcp dport 8878 drop;`;
    expect(await internet.exec(['nft', lose])).toMatchObject({ code: 0 });
    const bob = run('bob', 'chat', '--json', '--no-relay', String(invite));
    await bob.line('rendezvous', ({ state }) => state === 'matched');
    expect(await internet.exec(['nft', 'delete table ip lose'])).toMatchObject({ code: 0 });

    for (const peer of [alice, bob]) {
      expect(await predictedIn(peer)).toBeGreaterThanOrEqual(2);
    }
  });

  describe('whose server has its probe port elsewhere connect', () => {
    test('after the first round, in a room of their own number', async (context) => {
      const { run, chatElsewhere } = await start(context);
      // A second round begins when the relay is asked for, and on a busy machine the relay may be faster.
      const args = [...chatElsewhere, '--code', '4711-velvet-orbit', '--no-relay'];
      for (const peer of [run('alice', ...args), run('bob', ...args)]) {
        expect(await predictedIn(peer)).toBeGreaterThanOrEqual(2);
      }
    });

    test('by an invite, too, because the waiting side was probed a second time', async (context) => {
      const { run, elsewhere } = await start(context);
      const words = ['chat', '--json', '--no-relay'];
      const alice = run('alice', ...words, '--server', elsewhere);
      const { invite } = await alice.line('invite');
      const bob = run('bob', ...words, String(invite));
      // So the first round is planned with it. On a busy machine that round may fail all the same.
      for (const peer of [alice, bob]) {
        expect(await peer.line('plan')).toMatchObject({ strategy: 'predicted' });
        await predictedIn(peer);
      }
    });

    test('in the first round, if both were told the probe port', async (context) => {
      const { run, chatElsewhere } = await start(context);
      const args = [...chatElsewhere, '--code', '4712-velvet-orbit', '--probe-port', '9000'];
      // The server waits 15 ms for a probe. A busy machine may miss that in one meeting, and not in each.
      await eventually(async () => {
        const peers = [run('alice', ...args), run('bob', ...args)];
        const rounds = await Promise.all(peers.map(predictedIn));
        for (const peer of peers) {
          peer.endInput();
        }
        await Promise.all(peers.map(({ exited }) => exited));
        expect(rounds).toEqual([1, 1]);
      });
    });
  });
});

/** In which round a peer was connected directly, with no spray before. */
async function predictedIn(peer: PunchlineInside): Promise<number> {
  expect(await peer.line('connected')).toMatchObject({ path: 'direct' });
  expect(peer.lines.some(({ strategy }) => strategy === 'spray')).toBe(false);
  const rounds = peer.lines.filter(({ event, kind }) => event === 'attempt' && kind !== 'host');
  return Math.max(...rounds.map(({ n }) => Number(n)));
}

/** How a peer has failed. */
async function failureOf(peer: PunchlineInside) {
  const { code, message } = await peer.line('error');
  return { code, message, exit: await peer.exited };
}

function punchFailed(message: RegExp) {
  return {
    code: 'ERR_PUNCH_FAILED',
    message: expect.stringMatching(message),
    exit: { code: 6, signal: null },
  };
}

type Sites = Readonly<Record<string, Site>>;

/** A lab with a server for all tests of a `describe`. Their chats end with each test. */
function shared(sites: Sites, hasElsewhere = false) {
  const start = sharedLab({ sites }, (lab) => serveIn(lab, hasElsewhere));
  return async (context: TestContext) => {
    const { run, ...others } = await start(context);
    return {
      ...others,
      run: (host: string, ...args: string[]) => {
        const peer = run(host, ...args);
        context.onTestFinished(() => void peer.kill('SIGKILL'));
        return peer;
      },
    };
  };
}

/** Starts a server on the public host of a lab, on its usual ports, and perhaps one whose probe port is elsewhere. */
async function serveIn(lab: Lab, hasElsewhere: boolean) {
  const { internet } = lab.routers;
  const { rendezvous } = lab.hosts;
  const [address] = rendezvous!.addresses;
  // All ports are free there. Clients look for the probe port beside the other, if not told.
  const ports = await Promise.all(
    [[], ...(hasElsewhere ? [['--port', '9001', '--probe-port', '9000']] : [])].map(
      async (options) => (await runPunchline(rendezvous!, ['serve', ...options]).line('listening'))['port'],
    ),
  );
  const [server = '', elsewhere = ''] = ports.map((port) => `${address}:${String(port)}`);
  const count = await countTraffic(internet!, {
    there: 'iifname "alice" oifname "bob"',
    back: 'iifname "bob" oifname "alice"',
    server: 'oifname "rendezvous"',
  });
  return {
    lab,
    count,
    internet: internet!,
    server,
    elsewhere,
    /** Begins the command line of a chat. */
    chat: ['chat', '--json', '--server', server],
    chatElsewhere: ['chat', '--json', '--server', elsewhere],
    run: (host: string, ...args: string[]) => runPunchline(lab.hosts[host]!, args),
  };
}
