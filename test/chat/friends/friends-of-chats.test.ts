/** Two chats that become friends over a real connection, with a book of their own each. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { PunchedChat, type ChatOptions } from '../../../source/chat/chat.ts';
import type { FriendKeeper } from '../../../source/chat/friends/friend-keeper.ts';
import type { PunchlineEvent } from '../../../source/events.ts';
import { FriendBook } from '../../../source/friends/friend-book.ts';
import { parseCode } from '../../../source/protocol/code.ts';
import { eventually } from '../../helpers/eventually.ts';
import { TestServer } from '../../helpers/servers/rendezvous-server.ts';

function newBook(): FriendBook {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-book-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return new FriendBook(join(folder, 'punchline', 'friends'));
}

function keeperOf(book: FriendBook): FriendKeeper {
  return {
    nameFor: (typed, peerName) => typed ?? peerName,
    keep: async (key, name) =>
      (await book.add({ ...key, places: undefined, keptAt: 1, metAt: 1 }, name)).name,
    discard: async () => undefined,
  };
}

function chatAt({ port, probePort }: TestServer, options: ChatOptions) {
  const server = { host: '127.0.0.1', port };
  const chat = new PunchedChat({ server, probePort, lan: false, ...options });
  const events: PunchlineEvent[] = [];
  chat.subscribe((event) => events.push(event));
  onTestFinished(() => chat.interrupt(0));
  function states() {
    return events.flatMap((event) => (event.event === 'friend' ? [event.state] : []));
  }
  return { chat, events, states };
}

async function twoChats(grace: ChatOptions = {}) {
  const server = await TestServer.start();
  const code = parseCode('5000-velvet-orbit');
  const books = [newBook(), newBook()] as const;
  const one = chatAt(server, { code, name: 'ada', loadKeeper: async () => keeperOf(books[0]) });
  const other = chatAt(server, { code, name: 'grace', loadKeeper: async () => keeperOf(books[1]), ...grace });
  await eventually(() => {
    for (const { events } of [one, other]) {
      expect(events.map(({ event }) => event)).toContain('connected');
    }
  });
  return { one, other, books };
}

test('both say /friend: both keep the same secret, in the roles of this session', async () => {
  const { one, other, books } = await twoChats();
  await eventually(() => expect(() => one.chat.befriend()).not.toThrow());
  await eventually(() => expect(other.states()).toEqual(['offered']));
  other.chat.befriend('lovelace');
  await eventually(() => {
    expect(one.states()).toEqual(['asked', 'kept']);
    expect(other.states()).toEqual(['offered', 'kept']);
  });
  const [hers, theirs] = [await books[0].find('grace'), await books[1].find('lovelace')];
  expect(hers?.secret).toEqual(theirs?.secret);
  expect(new Set([hers?.role, theirs?.role])).toEqual(new Set(['a', 'b']));
});

test('a peer that only receives files cannot be kept', async () => {
  const { one } = await twoChats({ task: 'receive' });
  await eventually(() => expect(() => one.chat.befriend()).toThrow(/cannot keep friends/));
  expect(() => one.chat.unfriend()).toThrow(/not your friend/);
  expect(() => one.chat.forget()).toThrow(/not your friend/);
});

test('a peer that keeps no friends answers so', async () => {
  const { one } = await twoChats({ loadKeeper: undefined });
  await eventually(() => expect(() => one.chat.befriend()).not.toThrow());
  await eventually(() => expect(one.states()).toEqual(['asked', 'failed']));
});

test('before there is a peer nobody can be kept', async () => {
  const server = await TestServer.start();
  const { chat } = chatAt(server, { loadKeeper: async () => keeperOf(newBook()) });
  expect(() => chat.befriend('ada')).toThrow(/no peer yet/);
});
