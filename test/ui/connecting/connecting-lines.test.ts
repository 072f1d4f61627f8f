import { describe, expect, test } from 'vitest';
import type { Happening, NatsEvent } from '../../../source/events.ts';
import { connectingLines } from '../../../source/ui/connecting/connecting-lines.ts';
import { type ChatState, initialChatState, reduceChat } from '../../../source/ui/conversation/chat-state.ts';
import { type Line, lineWidth } from '../../../source/ui/text/line.ts';
import { connecting, mapped, punching, remote, waiting } from '../../helpers/chats/story.ts';

const server = '50.0.0.2';
const matched: Happening = { event: 'rendezvous', place: 'rendezvous', state: 'matched', server, mapped };
const peer: Happening = { event: 'peer', role: 'b', candidates: [{ kind: 'mapped', ...remote }] };
const nats: NatsEvent = {
  event: 'nats',
  own: 'endpoint-independent',
  peer: 'random',
  direct: 'usually',
  why: 'a burst of 1,024 dials finds its port, nearly always, within a few seconds',
};
const impossible: NatsEvent = {
  ...nats,
  own: 'counting',
  direct: 'no',
  why: 'its port cannot be guessed, and each guess would change ours',
};
const straight = {
  event: 'attempt',
  n: 1,
  of: 10,
  kind: 'mapped',
  ...remote,
  strategy: 'simultaneous',
} as const;
const burst = { ...straight, n: 2, kind: 'sprayed', strategy: 'spray', dials: 1024 } as const;
const fan = { ...straight, n: 2, strategy: 'spray', dials: 257 } as const;
const proof = { event: 'proof', state: 'started', path: 'direct', remote } as const;
const relayProof = { ...proof, path: 'relay', remote: { address: server, port: 8877 } } as const;
const asked = { event: 'relay', state: 'asked', reason: 'no direct connection within 3 s' } as const;

/** The events come 100 ms after each other, the first at 100 ms. */
function chatAfter(...happenings: readonly Happening[]): ChatState {
  let state = initialChatState;
  for (const [index, happening] of happenings.entries()) {
    state = reduceChat(state, { v: 1, at: (index + 1) * 100, ...happening });
  }
  return state;
}

const big = { columns: 80, rows: 24, now: 2000, reducedMotion: false };

function textOf(line: Line): string {
  return line.map((piece) => ('spinner' in piece ? '●' : piece.text)).join('');
}

function shown(happenings: readonly Happening[], view: Partial<typeof big> = {}): string {
  return connectingLines(chatAfter(...happenings), { ...big, ...view })
    .map((line) => textOf(line).trimEnd())
    .join('\n');
}

const trying: readonly Happening[] = [
  matched,
  peer,
  nats,
  { ...straight, outcome: 'started', ms: 0 },
  { ...straight, outcome: 'timeout', ms: 100 },
  { ...burst, outcome: 'started', ms: 0 },
  { ...nats, relayInMs: 3000 },
];

test('a spray is shown between both machines, with both NATs, the rendezvous, and all that is tried', () => {
  expect(shown(trying, { reducedMotion: true })).toBe(
    ` Connecting to your friend                                      attempt 2 of 10

                             rendezvous 50.0.0.2
                           ✓ ╱ introduced you ╲ ✓
 you ════▒ your NAT ▒▸ ▸ ▸ ▸ ▸ ▸ ▸ ▸  ●  ─ ◂ ─ ─ ◂ ─ ─ ◂▒ peer's NAT ▒════ peer
         198.51.100.7:40123                              203.0.113.5:?
         keeps its port                             new port each time

 Two such NATs usually connect: a burst of 1,024 dials finds its port, nearly
 always, within a few seconds.

 ×  1  straight across        203.0.113.5:4242             no answer  100 ms
 ●  2  guess the peer's port  1,024 random ports           dialling
 ·     relay                  if nothing answers

 You may write already: it goes out once the line stands.`,
  );
});

test('times run, and arrows go on with each step', () => {
  const first = shown(trying, { now: 2000 });
  expect(first).toMatch(/attempt 2 of 10 · 1\.9 s$/m);
  expect(first).toMatch(/guess the peer's port .* dialling {3}1\.4 s$/m);
  expect(first).toMatch(/relay .* in 1\.7 s$/m);
  const later = shown(trying, { now: 2125 });
  expect(later.split('\n')[4]).not.toBe(first.split('\n')[4]);
  expect(later).toMatch(/relay .* in 1\.6 s$/m);
});

test('nothing differs from one moment to another with reduced motion', () => {
  for (const story of [trying, [...trying, proof], [...connecting, ...waiting]]) {
    const at = [2000, 2125, 70_000].map((now) => shown(story, { now, reducedMotion: true }));
    expect(new Set(at).size).toBe(1);
  }
});

test('each strategy is named in words, with its dials', () => {
  expect(shown([...trying.slice(0, 3), { ...fan, outcome: 'started', ms: 0 }])).toMatch(
    /2 {2}let the peer guess {5}257 ports of ours {12}dialling/,
  );
  const predicted = { ...straight, kind: 'predicted', strategy: 'predicted', dials: 2 } as const;
  expect(shown([matched, peer, { ...predicted, outcome: 'refused', ms: 41 }])).toMatch(
    /× {2}1 {2}predict the next port {2}203\.0\.113\.5:4242, 2 dials +refused {4}41 ms/,
  );
  expect(shown([matched, peer, { ...predicted, kind: 'mapped', outcome: 'started', ms: 0 }])).toMatch(
    /1 {2}let the peer predict {3}203/,
  );
  const host = { ...straight, of: 1, kind: 'host', strategy: 'host' } as const;
  expect(
    shown([
      matched,
      peer,
      { ...host, port: 1, outcome: 'refused', ms: 1 },
      { ...host, port: 2, outcome: 'started', ms: 0 },
    ]),
  ).toMatch(/on your own network {4}2 endpoints {18}dialling/);
  const forwarded = { ...straight, of: 1, kind: 'forwarded', strategy: 'forwarded', port: 40_000 } as const;
  expect(shown([matched, peer, { ...forwarded, outcome: 'started', ms: 0 }])).toMatch(
    /its router's port {6}203\.0\.113\.5:40000 +dialling/,
  );
});

test('a way whose dials could not leave says why', () => {
  const short = { ...burst, outcome: 'timeout', ms: 900, dials: 40, reason: 'too many open files' } as const;
  expect(shown([...trying, short])).toMatch(
    /× {2}2 {2}guess the peer's port {2}40 random ports +too many open files$/m,
  );
});

test('a dial that ends late does not turn the attempt back', () => {
  const late = [...trying, { ...straight, outcome: 'unreachable', ms: 600 }] as const;
  expect(shown(late)).toContain('attempt 2 of 10');
});

test('the verdict on an impossible pair is told at once, and that the rendezvous is asked to relay', () => {
  const story = [matched, peer, impossible, { ...straight, outcome: 'started', ms: 0 }] as const;
  expect(shown(story).replaceAll(/\s+/g, ' ')).toContain(
    "No direct line through these two NATs: the peer's port cannot be guessed, and each guess would change ours.",
  );
  expect(shown(story)).not.toContain('relay');
  expect(shown([...story, { ...impossible, relayInMs: 900 }]).replaceAll(/\s+/g, ' ')).toContain(
    'ours. The rendezvous is asked to relay, which cannot read what you write.',
  );
  expect(shown(story).split('\n')[4]).toContain('×');
});

test('the verdict on an impossible pair tells which side wants no relay', () => {
  for (const [noRelay, told] of [
    ['me', 'ours. There is no relay: this side allows none (--relay never).'],
    ['peer', 'ours. There is no relay: the peer allows none (--relay never).'],
  ] as const) {
    expect(shown([matched, peer, { ...impossible, noRelay }]).replaceAll(/\s+/g, ' ')).toContain(told);
    expect(shown([matched, peer, { ...nats, noRelay }])).not.toContain('no relay');
  }
});

test('a connection that has to prove itself is a line between the NATs, and the code is checked', () => {
  const checking = shown([...trying, { ...burst, outcome: 'connected', ms: 300 }, proof]);
  expect(checking).toMatch(/▒ your NAT ▒═+ ✓ through ═+▒ peer's NAT ▒/);
  expect(checking).toMatch(/^ \S Checking the code, setting up encryption · 1\.1 s$/m);
  expect(checking).toMatch(/✓ {2}2 {2}guess the peer's port .* connected {2}300 ms/);
  const failed = shown([...trying, proof, { ...proof, state: 'failed' }]);
  expect(failed).not.toMatch(/through|Checking/);
});

test('after a hit, its way tells the time it took, and nobody waits for the others', () => {
  const host = { ...straight, of: 1, kind: 'host', strategy: 'host', address: '192.168.1.17' } as const;
  const dialling = [...trying, { ...host, outcome: 'started', ms: 0 }] as const;
  const dialled = shown([...dialling, { ...burst, outcome: 'connected', ms: 300 }, proof]);
  expect(dialled).toMatch(/✓ {2}2 {2}guess the peer's port .* connected +300 ms$/m);
  expect(dialled).toMatch(/· {5}on your own network .* not needed$/m);
  expect(dialled).not.toContain('dialling');
  // The peer's dial has come in on the port of the burst, at 900 ms. The burst began at 600 ms.
  const accepted = shown([...dialling, proof]);
  expect(accepted).toMatch(/✓ {2}2 {2}guess the peer's port .* connected +300 ms$/m);
  expect(accepted).not.toContain('dialling');
  const near = shown([...dialling, { ...proof, path: 'lan', remote: { ...host, port: 9 } }]);
  expect(near).toMatch(/· {2}2 {2}guess the peer's port .* not needed$/m);
  expect(near).toMatch(/✓ {5}on your own network .* connected +100 ms$/m);
  const failed = shown([...dialling, proof, { ...proof, state: 'failed' }]);
  expect(failed).toMatch(/guess the peer's port .* dialling/);
  expect(shown([...dialling, relayProof])).toMatch(/guess the peer's port .* dialling/);
});

test('a connection that has not proven itself is no success', () => {
  const hit = [...trying, { ...burst, outcome: 'connected', ms: 300 }, proof] as const;
  expect(shown([...hit, { ...proof, state: 'failed' }])).toMatch(
    /× {2}2 {2}guess the peer's port .* unproven +300 ms$/m,
  );
});

test('a round of an impossible pair has no chance, and one on the own network still has', () => {
  const host = { ...straight, of: 1, kind: 'host', strategy: 'host' } as const;
  const text = shown([...trying, impossible, { ...host, outcome: 'started', ms: 0 }]);
  expect(text).toMatch(/2 {2}guess the peer's port {2}1,024 random ports +no chance +1\.4 s$/m);
  expect(text).toMatch(/on your own network .* dialling/);
  expect(text).toMatch(/straight across .* no answer/);
});

test('a relay does not count down while a connection has to prove itself', () => {
  const soon = [...trying, { ...impossible, relayInMs: 9000 }];
  expect(shown(soon)).toContain('if nothing answers');
  expect(shown([...soon, proof])).not.toContain('if nothing answers');
  expect(shown([...soon, proof, { ...proof, state: 'failed' }])).toContain('if nothing answers');
});

test('a relay is asked, relays, or refuses', () => {
  expect(shown([...trying, asked])).toMatch(/asked to relay[^]*relay {18}50\.0\.0\.2 {21}asked$/m);
  const relayed = shown([...trying, asked, relayProof]);
  expect(relayed).toMatch(/✓ ╱ relays ╲ ✓[^]*✓ {5}relay .* connected$/m);
  expect(relayed).toContain('Checking the code');
  expect(relayed).not.toContain('through ═');
  const refused = shown([...trying, asked, { event: 'relay', state: 'refused', reason: 'it is full' }]);
  expect(refused).toMatch(/× ╱ does not relay ╲ ×[^]*× {5}relay .* refused: it is full$/m);
});

test('a machine without a NAT stands in the open', () => {
  const story = [matched, peer, { ...nats, own: 'none', peer: 'none' }] as const;
  expect(shown(story)).toMatch(/^ you +[─ ]+ \S [─ ]+ +peer$/m);
  expect(shown(story)).not.toContain('▒');
  expect(shown(story)).toContain('Two sides without a NAT usually connect: ');
  expect(shown(story)).toMatch(/no NAT +no NAT/);
});

test('endpoints that have no room beside each other stand in two rows', () => {
  const ipv6 = { address: '2001:db8:1234:5678:9abc:def0:1234:5678', port: 40_123 };
  const rows = shown([
    { event: 'rendezvous', place: 'rendezvous', state: 'matched', server, mapped: ipv6 },
    { event: 'peer', role: 'a', candidates: [{ kind: 'mapped', ...ipv6 }] },
  ]).split('\n');
  expect(rows.filter((row) => row.includes('[2001:db8:1234:5678:9abc:def0:1234:5678]:40123'))).toHaveLength(
    2,
  );
});

test('attempts of an earlier match are not shown', () => {
  const again = [
    { ...straight, outcome: 'timeout', ms: 3000 },
    ...Array.from({ length: 12 }, (): Happening => ({ event: 'typing' })),
    matched,
    peer,
  ] as const;
  expect(shown(again)).not.toContain('straight across');
});

describe('while waiting', () => {
  const story = [...connecting, ...waiting];

  test('the invite, what can be done, and how long it has been are told', () => {
    expect(shown(story, { now: 126_000 })).toMatch(
      /Pass this line on:\n\n {4}punchline chat 7-velvet-orbit@example\.org\n\n \/copy copies the line, \/qr shows it as a picture\. You may write already: it\n goes out once there is a connection\.\n Waiting since \d\d:\d\d, for 2 min\./,
    );
    expect(shown(story, { now: 50_000 })).toMatch(/Waiting since \d\d:\d\d\.$/m);
  });

  test('the invite is shown before the room is entered, and that this is not done yet', () => {
    const text = shown([...connecting, waiting[0] as Happening]);
    expect(text).toMatch(/^\n ● Connecting to the rendezvous example\.org:8877$/m);
    expect(text).toContain('punchline chat 7-velvet-orbit@example.org');
  });

  test('a host is told what it does, that only its own network reaches it, and what a firewall may do', () => {
    const here = { event: 'rendezvous', place: 'here', server: 'this machine' } as const;
    const opening = { ...here, state: 'connecting' } as const;
    expect(shown([opening])).toContain('Opening a port of this machine for your friend');
    const text = shown([
      opening,
      {
        event: 'invite',
        code: '7-velvet-orbit',
        invite: '7-velvet-orbit',
        reach: 'local network',
        hint: 'The firewall of this machine (ufw) may let nobody in: sudo ufw allow 40123/tcp',
      },
      { ...here, state: 'waiting' },
    ]).replaceAll(/\s+/g, ' ');
    expect(text).toContain('punchline chat 7-velvet-orbit ');
    expect(text).toContain('Only your local network reaches this machine, so your friend has to be in it.');
    expect(text).toContain('may let nobody in: sudo ufw allow 40123/tcp.');
  });

  test('a host whose addresses change is told that what was passed on leads nowhere, and the new line', () => {
    const [first, second] = ['50.1.1.2', '50.1.1.77'].map((address) => ({
      event: 'invite' as const,
      code: '7-velvet-orbit',
      invite: `7-velvet-orbit@${address}:4711`,
      reach: 'anywhere' as const,
    }));
    const hosting = { event: 'rendezvous', place: 'here', server: 'this machine', state: 'waiting' } as const;
    expect(shown([first!, hosting])).not.toContain('have changed');
    const text = shown([first!, hosting, second!]).replaceAll(/\s+/g, ' ');
    expect(text).toContain('punchline chat 7-velvet-orbit@50.1.1.77:4711 ');
    expect(text).toContain('what you have passed on does not lead here any more');
  });

  test('what was written waits, too', () => {
    const written = [...story, { event: 'message', from: 'me', id: '1', text: 'hi' }] as const;
    expect(shown(written).replaceAll(/\s+/g, ' ')).toContain('What you have written goes out');
  });

  test('a rendezvous that is lost is told with its time, and that the invite stays good', () => {
    const lost = [
      ...story,
      { event: 'rendezvous', place: 'rendezvous', state: 'closed', server: 'example.org:8877' },
    ] as const;
    const text = shown(lost, { now: 12_400 });
    expect(text.replaceAll(/\s+/g, ' ')).toMatch(
      /● The rendezvous example\.org:8877 has been lost since \d\d:\d\d, for 12 s\. Trying it again\. Your invite stays good\./,
    );
    expect(text).toContain('punchline chat 7-velvet-orbit@example.org');
    expect(shown([...lost, ...connecting], { now: 12_400 })).toBe(text);
    expect(shown([...lost, ...connecting, waiting[1] as Happening])).not.toContain('lost');
  });

  test('a peer who came and left is told', () => {
    const left = [...story, matched, peer, ...connecting] as const;
    expect(shown(left).replaceAll(/\s+/g, ' ')).toContain(
      'Somebody came, and left before there was a connection. Your invite stays good.',
    );
  });

  test('nothing is said of an invite, its copy or its picture where there is none', () => {
    const text = shown([...connecting, waiting[1] as Happening]);
    expect(text).toContain('who has to start Punchline just as you did');
    expect(text).not.toMatch(/qr|copy|invite/i);
  });
});

const stories = {
  connecting,
  waiting: [...connecting, ...waiting],
  'waiting for the rendezvous': [
    ...connecting,
    ...waiting,
    { event: 'rendezvous', place: 'rendezvous', state: 'closed', server: 'example.org:8877' },
  ],
  punching: [...connecting, ...waiting, ...punching],
  trying,
  impossible: [...trying, { ...impossible, relayInMs: 900 }, asked],
  relaying: [...trying, asked, relayProof],
  checking: [...trying, proof],
  failed: [...trying, { event: 'ended', reason: 'failed', exit: 6 }],
} as const satisfies Record<string, readonly Happening[]>;

test.each(Object.entries(stories))('%s fits into every size', (_, story) => {
  for (let columns = 20; columns <= 200; columns += 1) {
    for (const rows of [1, 2, 3, 5, 8, 12, 20, 47]) {
      const lines = connectingLines(chatAfter(...story), { ...big, columns, rows });
      expect(lines.length).toBeLessThanOrEqual(rows);
      expect(lines.filter((line) => lineWidth(line) > columns).map(textOf)).toEqual([]);
    }
  }
});

function checkingIn(rows: number): string {
  return shown([...trying, { ...impossible, relayInMs: 900 }, proof], { rows });
}

test('in few rows, what is under way stays, and the rest goes in the order of its importance', () => {
  expect(checkingIn(1)).toMatch(/^ Connecting to your friend/);
  expect(checkingIn(2)).toMatch(/✓ through/);
  expect(checkingIn(3)).toMatch(/✓ through[^]*Checking the code/);
  expect(checkingIn(8)).toMatch(/✓ through[^]*No direct line[^]*guess the peer's port/);
  expect(checkingIn(8)).not.toContain('introduced you');
  expect(checkingIn(16)).toContain('introduced you');
});
