import { expect, test } from 'vitest';
import type { Happening, RendezvousEvent } from '../../../source/events.ts';
import { createJsonPrinter } from '../../../source/ui/lines/json.ts';
import { createPlainPrinter, type PlainOptions } from '../../../source/ui/lines/plain.ts';
import { connected, fromPeer, fullStory, wholeStory } from '../../helpers/chats/story.ts';

function print(happenings: readonly Happening[], options?: PlainOptions): string {
  let text = '';
  const printer = createPlainPrinter((piece) => {
    text += piece;
  }, options);
  happenings.forEach((happening) => printer({ v: 1, at: 0, ...happening }));
  return text;
}

test('tells the way to a connection, each fact once', () => {
  expect(print(wholeStory)).toBe(
    `* connecting to the rendezvous example.org:8877
* pass this on to your friend: punchline chat 7-velvet-orbit@example.org
* the outside sees this side as 198.51.100.7:40123
* waiting for the peer
* the peer is at 203.0.113.5:4242 (mapped)
* plan: simultaneous, at most 1 dial at once
* attempt 1/10: dialling 203.0.113.5:4242 (mapped)
* attempt 1/10: 203.0.113.5:4242 (mapped) refused after 41 ms
* attempt 2/10: dialling 203.0.113.5:4242 (mapped)
* the peer is at 192.168.1.17:51000 (host)
* 192.168.1.17:51000 (host) no answer after 2.5 s
* attempt 2/10: 203.0.113.5:4242 (mapped) connected after 81 ms
* connected to anna: direct, 203.0.113.5:4242, in 251 ms
* encrypted: TLS_CHACHA20_POLY1305_SHA256, X25519MLKEM768
`,
  );
});

test('tells a long story with every kind of event in these lines', () => {
  expect(new Set(fullStory.map(({ event }) => event)).size).toBe(21);
  expect(print(fullStory)).toBe(
    `* connecting to the rendezvous example.org:8877
* pass this on to your friend: punchline chat 7-velvet-orbit@example.org
* the outside sees this side as 198.51.100.7:40123
* waiting for the peer
* the rendezvous example.org:8877 is gone: trying to reach it again; the code stays good
* the outside sees this side as 198.51.100.7:40124
* the rendezvous is back: waiting for the peer again
> early
* the peer is at 203.0.113.5:4242 (mapped)
* plan: simultaneous, at most 1 dial at once
* attempt 1/10: dialling 203.0.113.5:4242 (mapped)
* attempt 1/10: 203.0.113.5:4242 (mapped) refused after 41 ms
* attempt 2/10: dialling 203.0.113.5:4242 (mapped)
* the peer is at 192.168.1.17:51000 (host)
* no connection to the peer came of it: waiting for it again; the code stays good
* waiting for the peer again
* plan: spray, at most 1024 dials at once
* no direct connection is possible: neither port can be guessed
* attempt 2/10: 203.0.113.5:4242 (mapped) no answer after 1.0 s
* attempt 3/10: dialling 203.0.113.5:4242 (sprayed, 1024 dials)
* attempt 3/10: 203.0.113.5:4243 (predicted) unreachable after 5 ms
* asking for a relay: nothing answers
* no relay: too many
* attempt 3/10: 203.0.113.5:4242 (sprayed, 1024 dials) connected after 300 ms
* error: the log is full (ERR_FILE)
* Make room.
* connected to anna: direct, 203.0.113.5:4242, in 251 ms
* encrypted: TLS_CHACHA20_POLY1305_SHA256, X25519MLKEM768
* heartbeat 1 sent, 41 ms: Hello, world
* heartbeat 1 received: Hello, world
<anna> one
    two
* anna is now "Anna Lee"
<Anna Lee> three
* the peer offers r1 photo.jpg (1.0 kB)
* accepted r1 photo.jpg (1.0 kB)
* r1 photo.jpg: 25 %
* r1 photo.jpg: 50 %
* r1 photo.jpg: 75 %
* received r1 photo.jpg (1.0 kB) in 2.0 s, 500 bytes/s: /home/me/photo.jpg; 1 hidden name begins with _ there
* offering s1 letter (1.0 kB), without 2 links or devices
* the peer declined s1 letter (1.0 kB): not now
* offering s2 letter (1.0 kB), without 2 links or devices
* the peer accepts s2 letter (1.0 kB)
* s2 letter: 25 %
* s2 letter (1.0 kB) failed: the disk is full
* the peer offers r2 photo.jpg (1.0 kB), with 3 hidden names
* the peer cancelled r2 photo.jpg (1.0 kB)
* declined 3 more offers
* declined 1 more offer: 100 offers wait for an answer
* connection lost (no answer for 3 s); 2 messages waiting; reconnecting
* no relay: it is full
* connected again after 2.1 s, relay; 2 messages sent again
* moved to lan 192.168.1.7:5123: the peer is on this network
* connection lost (the channel is gone); reconnecting
* connected again after 80 ms, direct
> still there?
* error: the connection was lost (ERR_CONNECTION_LOST)
* More: punchline help troubleshooting
* 1 message not delivered
`,
  );
});

test('tells once that no direct connection is possible, also where that is why a relay is asked', () => {
  const why = 'neither port can be guessed';
  const nats = { event: 'nats', own: 'random', peer: 'random', direct: 'no', why } as const;
  const reason = `no direct connection is possible: ${why}`;
  const said = print([nats, { ...nats, relayInMs: 900 }, { event: 'relay', state: 'asked', reason }]);
  expect(said).toBe(`* ${reason}\n* asking for a relay\n`);
});

test('tells once that what follows was sent again, and that the peer has lost the rest', () => {
  const from = { event: 'message', from: 'peer' } as const;
  expect(
    print([
      connected,
      { event: 'resumed', ms: 2100, resent: 1, path: 'lan', restarted: true },
      { ...from, id: 'peer-1', text: 'one', again: true },
      { ...from, id: 'peer-2', text: 'two', again: true },
      { ...from, id: 'peer-3', text: 'three' },
      { ...from, id: 'peer-4', text: 'four', again: true },
    ])
      .split('\n')
      .slice(2),
  ).toEqual([
    '* connected again after 2.1 s, lan; the peer was started anew; 1 message sent again',
    '* sent again, so you may have seen it before:',
    '<anna> one',
    '<anna> two',
    '<anna> three',
    '* sent again, so you may have seen it before:',
    '<anna> four',
    '',
  ]);
});

test('tells a host that only its own network reaches it, and what may keep others from coming', () => {
  const here = { event: 'rendezvous', place: 'here', server: 'this machine' } as const;
  expect(
    print([
      { ...here, state: 'connecting' },
      { event: 'invite', code: '7-a-b', invite: '7-a-b', reach: 'local network', hint: 'A firewall is on' },
      { ...here, state: 'waiting' },
    ]),
  ).toBe(
    `* opening a port of this machine for your friend
* pass this on to your friend: punchline chat 7-a-b
* Only your local network reaches this machine, so your friend has to be in it.
* A firewall is on.
* waiting for the peer
`,
  );
});

test('tells a host whose addresses have changed what to pass on instead', () => {
  const invite = { event: 'invite', code: '7-a-b', reach: 'anywhere' } as const;
  expect(
    print([
      { ...invite, invite: '7-a-b@50.1.1.2:4711' },
      { ...invite, invite: '7-a-b@50.1.1.77:4711' },
    ]),
  ).toBe(
    `* pass this on to your friend: punchline chat 7-a-b@50.1.1.2:4711
* The addresses of this machine have changed: what you have passed on does not lead here any more.
* pass this on to your friend: punchline chat 7-a-b@50.1.1.77:4711
`,
  );
});

test('tells once which side wants no relay, where no direct connection is possible', () => {
  const nats = { event: 'nats', own: 'random', peer: 'random', direct: 'no', why: 'it is so' } as const;
  const told =
    '* no direct connection is possible: it is so\n* no relay: the peer allows none (--relay never)\n';
  expect(print([nats, { ...nats, noRelay: 'peer' }, { ...nats, noRelay: 'peer' }])).toBe(told);
  expect(print([{ ...nats, direct: 'yes', noRelay: 'me' }])).toBe('');
});

test('tells once that the chat goes by https, because the port cannot be reached', () => {
  const common = { event: 'rendezvous', place: 'rendezvous' } as const;
  const waiting = {
    ...common,
    state: 'waiting',
    server: 'https://example.org',
    unreachedPort: 8877,
  } as const;
  expect(print([{ ...common, state: 'connecting', server: 'example.org' }, waiting, waiting])).toBe(
    `* connecting to the rendezvous example.org
* port 8877 cannot be reached; this chat goes by https
* waiting for the peer
* the peer has to start Punchline just as you did
`,
  );
});

test('tells each time that the rendezvous is gone while we wait, and that it is back', () => {
  const server = 'example.org:8877';
  function said(...states: RendezvousEvent['state'][]) {
    return print(
      states.map((state): Happening => ({ event: 'rendezvous', place: 'rendezvous', state, server })),
    );
  }
  const [away, back] = [
    `* the rendezvous ${server} is gone: trying to reach it again; the code stays good\n`,
    '* the rendezvous is back: waiting for the peer again\n',
  ];
  const how = '* the peer has to start Punchline just as you did\n';
  const first = `* connecting to the rendezvous ${server}\n* waiting for the peer\n${how}`;
  const round = ['closed', 'connecting', 'connecting', 'waiting'] as const;
  expect(said('connecting', 'waiting', ...round, ...round)).toBe(first + away + back + away + back);
});

test('tells that the code stays good each time that a peer comes and no connection comes of it', () => {
  const server = 'example.org:8877';
  const states = [
    'connecting',
    'waiting',
    'matched',
    'closed',
    'connecting',
    'connecting',
    'waiting',
  ] as const;
  const said = print(
    states.map((state): Happening => ({ event: 'rendezvous', place: 'rendezvous', state, server })),
  );
  expect(said.split('\n').slice(3)).toEqual([
    '* no connection to the peer came of it: waiting for it again; the code stays good',
    '* waiting for the peer again',
    '',
  ]);
});

test('tells that the code stays good where the rendezvous is gone as soon as the invite is out', () => {
  const server = 'example.org:8877';
  const code = '7-velvet-orbit';
  const said = print([
    { event: 'rendezvous', place: 'rendezvous', state: 'connecting', server },
    { event: 'invite', code, invite: `${code}@example.org` },
    { event: 'rendezvous', place: 'rendezvous', state: 'closed', server },
    { event: 'rendezvous', place: 'rendezvous', state: 'connecting', server },
    { event: 'rendezvous', place: 'rendezvous', state: 'waiting', server },
  ]);
  expect(said.split('\n').slice(2)).toEqual([
    `* the rendezvous ${server} is gone: trying to reach it again; the code stays good`,
    '* the rendezvous is back: waiting for the peer again',
    '* waiting for the peer',
    '',
  ]);
});

test('tells what happens to a connection', () => {
  const events: Happening[] = [
    connected,
    { event: 'message', from: 'me', id: '1', text: 'hello' },
    { event: 'delivered', id: '1', ms: 40 },
    fromPeer('hi'),
    { event: 'heartbeat', direction: 'sent', n: 3, text: 'Hello, world', ms: 41 },
    { event: 'lost', reason: 'no answer for 3 s', queued: 2 },
    { event: 'resumed', ms: 2100, resent: 2, path: 'lan' },
    { event: 'ended', reason: 'peer-left', exit: 0 },
  ];
  expect(print(events).split('\n').slice(2)).toEqual([
    '> hello',
    '<anna> hi',
    '* heartbeat 3 sent, 41 ms: Hello, world',
    '* connection lost (no answer for 3 s); 2 messages waiting; reconnecting',
    '* connected again after 2.1 s, lan; 2 messages sent again',
    '* anna has left',
    '',
  ]);
});

test('leaves out messages that the terminal has echoed already', () => {
  const own: Happening = { event: 'message', from: 'me', id: '1', text: 'hello' };
  expect(print([own], { ownMessages: false })).toBe('');
});

test('warns if nothing is encrypted', () => {
  expect(print([{ ...connected, cipher: 'none', group: 'none' }])).toContain('* NOT ENCRYPTED');
});

test('tells an error with its code and what to do', () => {
  const error: Happening = {
    event: 'error',
    code: 'ERR_PUNCH_FAILED',
    message: 'No connection after 10 rounds.',
    hint: 'Try another network.',
  };
  expect(print([error, { event: 'ended', reason: 'failed', exit: 6 }])).toBe(
    '* error: No connection after 10 rounds. (ERR_PUNCH_FAILED)\n* Try another network. More: punchline help punching\n',
  );
});

test('no text of the peer makes a line that could be a status line, or a control sequence', () => {
  const evil = '\u001B]0;title\u0007\u001B[2Jhi\n* connected to the bank\r\n* error\u2028* x\u202E';
  const text = print([
    { ...connected, peer: { name: '\u001B[31m*\n* ' } },
    fromPeer(evil),
    { event: 'heartbeat', direction: 'received', n: 1, text: evil },
  ]);
  // oxlint-disable-next-line no-control-regex -- control characters are what must not be there
  expect(text).not.toMatch(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u2028\u202E]/);
  const status = text.split('\n').filter((line) => line.startsWith('* '));
  expect(status).toHaveLength(3);
  expect(text).toContain('\n    * connected to the bank\n    * error');
});

test('no name and no text of the peer makes a line that could be one of ours', () => {
  const names = ['me', 'Me', '> me', '<me', 'x>\n> y', '\n> hello', '> ', '* connected', '[12:00] me'];
  const text = 'hi\n> hello\r\n> hello\u2028> hello\r> hello\n\n12:01 me: hello';
  const said = print(
    names.flatMap((name): Happening[] => [
      { ...connected, peer: { name } },
      fromPeer(text),
      fromPeer('> hello'),
    ]),
  );
  expect(said.split('\n').filter((line) => !/^(?:\* |<[^<>]+> | {4}|$)/.test(line))).toEqual([]);
  expect(print([{ event: 'message', from: 'me', id: '1', text: 'one\ntwo' }])).toBe('> one\n    two\n');
  expect(print([{ event: 'message', from: 'me', id: '1', text: 'one\n\n' }])).toBe('> one\n');
});

test('no name makes a sentence of its own in a status line', () => {
  const name = 'error: disk full';
  const events: Happening[] = [
    { ...connected, peer: { name } },
    { event: 'renamed', name: 'a" has left. "b' },
    { event: 'ended', reason: 'peer-left', exit: 0 },
  ];
  expect(print(events).split('\n')).toEqual([
    '* connected to "error: disk full": direct, 203.0.113.5:4242, in 251 ms',
    '* encrypted: TLS_CHACHA20_POLY1305_SHA256, X25519MLKEM768',
    `* "error: disk full" is now "a' has left. 'b"`,
    `* "a' has left. 'b" has left`,
    '',
  ]);
});

test('begins every line with the prefix', () => {
  const lines = print([connected, fromPeer('one\ntwo')], { prefix: 'bob | ' })
    .trimEnd()
    .split('\n');
  expect(lines).toHaveLength(4);
  expect(lines.every((line) => line.startsWith('bob | '))).toBe(true);
});

test('JSON lines are the events as they are', () => {
  let text = '';
  const printer = createJsonPrinter((piece) => {
    text += piece;
  });
  const events = wholeStory.map((happening, at) => Object.assign({ v: 1 as const, at }, happening));
  events.forEach((event) => printer(event));
  expect(
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
  ).toEqual(events);
});

test('tells the number of offers that were declined at once', () => {
  expect(print([{ event: 'refused', offers: 4711, reason: '100 offers wait for an answer' }])).toBe(
    '* declined 4711 more offers: 100 offers wait for an answer\n',
  );
});

test('a port that our router maps is told once, until there is a connection', () => {
  const forwarded = { event: 'forwarded', address: '198.51.100.7', port: 40_000, protocol: 'upnp' } as const;
  expect(print([forwarded, forwarded])).toBe(
    '* our router maps 198.51.100.7:40000 to this machine, by UPnP\n',
  );
});
