import { expect, type TestContext } from 'vitest';
import type { Site } from '../../../source/lab/plan/description.ts';
import type { Lab } from '../../../source/lab/lab.ts';
import { labOrSkip } from '../lab/lab.ts';
import { runPunchline, type PunchlineInside } from '../lab/punchline-inside.ts';
import type { Line } from '../../../source/lab/program.ts';

export const ordinarySite = {
  mapping: 'endpoint-independent',
  filtering: 'address-and-port-dependent',
  line: { delayMs: 20 },
} as const satisfies Site;

export interface ChatOptions {
  /** Options for both chats. */
  readonly options?: readonly string[];
  /** Options only for the chat of `alice`. */
  readonly aliceOptions?: readonly string[];
  readonly bobOptions?: readonly string[];
}

export interface TalkOptions extends ChatOptions {
  /** A lab with the hosts `alice` and `bob`. By default each of them is behind a NAT of its own. */
  readonly lab?: Lab;
  readonly aliceSite?: Site;
  readonly bobSite?: Site;
}

/** Two chats behind NATs, `alice` and `bob`, that have a channel. */
export interface Talk {
  readonly lab: Lab;
  readonly peers: readonly [PunchlineInside, PunchlineInside];
  readonly serve: () => Promise<PunchlineInside>;
  readonly server: PunchlineInside;
  /** Both send `count` more numbered lines. */
  readonly say: (count: number) => void;
  /** Both send `count` more numbered lines, spread evenly over `ms`. */
  readonly sayWithin: (ms: number, count: number) => Promise<void>;
  /** Resolves when each has received all lines of the other, in order and once. */
  readonly heardAll: () => Promise<void>;
}

/** How many lines of events a failed test shows of each peer. */
const LAST_LINES = 60;

function heard({ lines }: PunchlineInside) {
  return lines.filter(({ event, from }) => event === 'message' && from === 'peer').map(({ text }) => text);
}

/** Resolves when a peer has heard this line of the other. Looking again and again would take longer than the chats do. */
async function heardLine(peer: PunchlineInside, last: string | undefined) {
  if (last !== undefined) {
    await peer.line('message', ({ from, text }) => from === 'peer' && text === last);
  }
}

/** The events that tell the fate of the channels. */
export function fate({ lines }: PunchlineInside): Line[] {
  return lines.filter(({ event }) => ['lost', 'resumed', 'path', 'error', 'ended'].includes(event));
}

export async function startTalk(
  context: TestContext,
  { lab: given, aliceSite = ordinarySite, bobSite = ordinarySite, ...options }: TalkOptions = {},
): Promise<Talk> {
  const lab = given ?? (await labOrSkip(context, { sites: { alice: aliceSite, bob: bobSite } }));
  const over = new AbortController();
  context.onTestFinished(() => over.abort());
  const talk = await talkIn(lab, over.signal, options);
  context.onTestFailed(() => {
    for (const peer of talk.peers) {
      const told = peer.lines.filter(({ event }) => event !== 'message' && event !== 'delivered');
      const messages = `${heard(peer).length} messages heard`;
      process.stderr.write(
        [messages, ...told.slice(-LAST_LINES).map((line) => JSON.stringify(line)), ''].join('\n'),
      );
    }
  });
  return talk;
}

/**
 * Starts two chats in a lab with the hosts `alice` and `bob`, at a server that runs there, or at a new one. They send
 * nothing more once `over` is aborted.
 */
export async function talkIn(
  lab: Lab,
  over: AbortSignal,
  { options = [], aliceOptions = [], bobOptions = [] }: ChatOptions = {},
  running?: PunchlineInside,
): Promise<Talk> {
  const { alice, bob, rendezvous } = lab.hosts;
  async function serve() {
    const server = runPunchline(rendezvous!, ['serve', '--log-level', 'silent']);
    await server.line('listening');
    return server;
  }
  const server = running ?? (await serve());
  const address = rendezvous!.addresses[0]!;
  const first = runPunchline(alice!, ['chat', '--json', '--server', address, ...options, ...aliceOptions]);
  const { invite } = await first.line('invite');
  const second = runPunchline(bob!, ['chat', '--json', ...options, ...bobOptions, String(invite)]);
  const peers = [first, second] as const;
  await Promise.all(peers.map((peer) => peer.line('connected')));

  let said = 0;
  function say(count: number) {
    for (let n = 0; n < count; n += 1) {
      said += 1;
      for (const peer of peers) {
        peer.type(`line ${said}`);
      }
    }
  }
  return {
    lab,
    peers,
    serve,
    server,
    say,
    sayWithin: (ms, count) =>
      new Promise((resolve) => {
        const [startedAt, before] = [performance.now(), said];
        const timer = setInterval(() => {
          const share = Math.min(1, (performance.now() - startedAt) / ms);
          say(Math.floor(share * count) - (said - before));
          if (share < 1) {
            return;
          }
          clearInterval(timer);
          resolve();
        }, 20);
        over.addEventListener('abort', () => clearInterval(timer), { once: true });
      }),
    async heardAll() {
      const all = Array.from({ length: said }, (_, n) => `line ${n + 1}`);
      await Promise.all(peers.map((peer) => heardLine(peer, all.at(-1))));
      expect(peers.map(heard)).toEqual([all, all]);
    },
  };
}
