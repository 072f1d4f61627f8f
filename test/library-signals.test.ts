/** Each long operation of the library takes a signal. Aborted, it ends, and leaves nothing behind. */
import { getEventListeners, once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectTcp, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { lockFolder } from '../source/friends/folder-lock.ts';
import {
  connect,
  diagnose,
  ForwardStreams,
  FriendBook,
  openFriendMemory,
  parseCode,
  parseForward,
  serve,
  serveHere,
  type FriendWait,
} from '../source/index.ts';
import { eventually } from './helpers/eventually.ts';
import { aFriend } from './helpers/friends/a-friend.ts';
import { expectNothingLeft } from './helpers/nothing-left.ts';
import { TestServer } from './helpers/servers/rendezvous-server.ts';
import { WireClient } from './helpers/servers/wire-client.ts';

const reason = new Error('enough');

function aFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'punchline-signals-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A listener that takes connections and says nothing. */
async function silentServer() {
  const server = createServer((socket) => socket.on('error', () => undefined).resume());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { server, port: (server.address() as AddressInfo).port };
}

/** Resolves when nothing listens there any more. */
async function refusing(port: number): Promise<void> {
  await eventually(async () => {
    const socket = connectTcp(port, '127.0.0.1');
    await expect(once(socket, 'connect')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
}

/** Two that are connected. The second takes no offer by itself. */
async function aPair() {
  expectNothingLeft();
  const server = await TestServer.start();
  const options = {
    server: { host: '127.0.0.1', port: server.port },
    lan: false,
    code: parseCode('4711-velvet-orbit'),
  };
  const [one, other] = [connect(options), connect({ ...options, downloads: aFolder() })];
  const states: string[] = [];
  one.on('happening', (happening) => {
    if (happening.event === 'file' && happening.state !== 'progress') {
      states.push(`${happening.id} ${happening.state} ${happening.by ?? ''}`.trim());
    }
  });
  for (const line of [one, other]) {
    line.resume();
    onTestFinished(() => void line.destroy());
  }
  return { one, other, states };
}

function aFile(): string {
  const path = join(aFolder(), 'a.txt');
  writeFileSync(path, 'hello');
  return path;
}

async function aBook() {
  expectNothingLeft();
  const folder = join(aFolder(), 'friends');
  const book = new FriendBook(folder);
  const ada = await book.add(aFriend(1), 'ada');
  return { folder, book, ada };
}

/** Functions that listen, with what they resolve with. */
const listening = {
  serve: async (signal: AbortSignal) => (await serve({ port: 0, host: '127.0.0.1', signal })).port,
  serveHere: async (signal: AbortSignal) => (await serveHere({ port: 0, host: '127.0.0.1', signal })).port,
  'ForwardStreams.listen': async (signal: AbortSignal) =>
    new ForwardStreams({ allowed: [], onFailed: () => undefined, onBroken: () => undefined }).listen(
      parseForward('0:localhost:80'),
      { signal },
    ),
};

describe.each(Object.entries(listening))('%s()', (_, listen) => {
  test('rejects with the reason of a signal that was aborted before', async () => {
    expectNothingLeft();
    await expect(listen(AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  test('rejects with the reason of one that is aborted while it opens', async () => {
    expectNothingLeft();
    const abort = new AbortController();
    const opening = listen(abort.signal);
    abort.abort(reason);
    await expect(opening).rejects.toBe(reason);
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });

  test('listens no longer once it is aborted', async () => {
    expectNothingLeft();
    const abort = new AbortController();
    const port = await listen(abort.signal);
    abort.abort(reason);
    await refusing(port);
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });
});

describe('serve()', () => {
  test('drops its clients when it is aborted', async () => {
    expectNothingLeft();
    const abort = new AbortController();
    const server = await serve({
      port: 0,
      host: '127.0.0.1',
      metrics: { port: 0, host: '127.0.0.1' },
      signal: abort.signal,
    });
    const client = await WireClient.connect(server.port);
    client.send({ t: 'ping' });
    await client.expect('pong');
    abort.abort(reason);
    await client.closed;
    await eventually(() => expect(server.counts().connections).toBe(0));
  });

  test('ends its wait for a store that says nothing', async () => {
    expectNothingLeft();
    const { server, port } = await silentServer();
    const abort = new AbortController();
    const opening = serve({ port: 0, store: `redis://127.0.0.1:${port}`, signal: abort.signal });
    server.once('connection', () => abort.abort(reason));
    await expect(opening).rejects.toBe(reason);
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });

  test('does not listen to the signal any more once it has closed', async () => {
    const { signal } = new AbortController();
    const server = await serve({ port: 0, host: '127.0.0.1', signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await server.close();
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

test('connect() ends while it waits for the peer', async () => {
  expectNothingLeft();
  const server = await TestServer.start();
  const abort = new AbortController();
  const line = connect({
    server: { host: '127.0.0.1', port: server.port },
    lan: false,
    signal: abort.signal,
  });
  line.on('happening', ({ event }) => {
    if (event === 'invite') {
      abort.abort(reason);
    }
  });
  await once(line, 'close');
  await server.settled();
  expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
});

test('diagnose() ends while it waits for an answer', async () => {
  expectNothingLeft();
  const { server, port } = await silentServer();
  const abort = new AbortController();
  const report = diagnose({ server: { host: '127.0.0.1', port }, family: 4, signal: abort.signal });
  void once(server, 'connection').then(() => abort.abort(reason));
  await expect(report).rejects.toBe(reason);
});

describe('Connection.sendFile()', () => {
  test('rejects with the reason of a signal that was aborted before, and offers nothing', async () => {
    const { one, states } = await aPair();
    await expect(one.sendFile(aFile(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    expect(one.hasHandedOver).toBe(true);
    expect(states).toEqual([]);
  });

  test('ends the listing of a folder', async () => {
    const { one, states } = await aPair();
    const folder = aFolder();
    for (let n = 0; n < 100; n += 1) {
      mkdirSync(join(folder, `${n}`));
      writeFileSync(join(folder, `${n}`, 'a.txt'), '');
    }
    const abort = new AbortController();
    const sending = one.sendFile(folder, { signal: abort.signal });
    abort.abort(reason);
    await expect(sending).rejects.toBe(reason);
    expect(one.hasHandedOver).toBe(true);
    expect(states).toEqual([]);
  });

  test('cancels what was offered, on both sides', async () => {
    const { one, other, states } = await aPair();
    const abort = new AbortController();
    const withdrawn: string[] = [];
    other.on('offer', () => abort.abort(reason));
    other.on('happening', (happening) => {
      if (happening.event === 'file') {
        withdrawn.push(`${happening.state} ${happening.by ?? ''}`.trim());
      }
    });
    expect(await one.sendFile(aFile(), { signal: abort.signal })).toBe('s1');
    await eventually(() => expect(withdrawn).toEqual(['offered', 'cancelled peer']));
    expect(states).toEqual(['s1 offered', 's1 cancelled me']);
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });

  test('does not listen to the signal any more once the file has arrived', async () => {
    const { one, other, states } = await aPair();
    const { signal } = new AbortController();
    other.on('offer', (offer) => offer.accept());
    await one.sendFile(aFile(), { signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await eventually(() => expect(states.at(-1)).toBe('s1 done'));
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });
});

describe('FriendBook', () => {
  const methods: Readonly<Record<string, (book: FriendBook, wait: FriendWait) => Promise<unknown>>> = {
    'add()': (book, wait) => book.add(aFriend(2), 'grace', wait),
    'addMissing()': (book, wait) => book.addMissing(aFriend(2), 'grace', wait),
    'rename()': (book, wait) => book.rename('ada', 'grace', wait),
    'update()': async (book, wait) => book.update((await book.find('ada'))?.id ?? '', { metAt: 9 }, wait),
    'remove()': (book, wait) => book.remove('ada', wait),
  };

  test.each(Object.entries(methods))('%s ends its wait for another process', async (_, method) => {
    const { folder, book, ada } = await aBook();
    const lock = await lockFolder(folder, { waitMs: 0, inUse: () => new Error('in use') });
    const held = readdirSync(folder);
    const abort = new AbortController();
    const waiting = method(book, { signal: abort.signal });
    // The first look at the folder is over, and the wait has begun.
    await new Promise((resolve) => setImmediate(resolve));
    abort.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    expect(readdirSync(folder)).toEqual(held);
    lock.release();
    expect((await book.list()).friends).toEqual([ada]);
    expect(getEventListeners(abort.signal, 'abort')).toEqual([]);
  });

  test('hold() ends its wait for the one that has the friend', async () => {
    const { folder, book, ada } = await aBook();
    const held = await book.hold(ada);
    const abort = new AbortController();
    const waiting = book.hold(ada, { signal: abort.signal });
    await new Promise((resolve) => setImmediate(resolve));
    abort.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    held.release();
    expect(readdirSync(join(folder, ada.id))).toEqual(['friend.json']);
  });

  test.each(['list', 'find', 'findById'] as const)('%s() rejects with the reason', async (name) => {
    const { book } = await aBook();
    const wait = { signal: AbortSignal.abort(reason) };
    await expect(name === 'list' ? book.list(wait) : book[name]('ada', wait)).rejects.toBe(reason);
  });
});

test('openFriendMemory() ends between two files, and changes none', async () => {
  expectNothingLeft();
  const folder = aFolder();
  const secret = new Uint8Array(32).fill(7);
  const memory = await openFriendMemory(folder, secret, { history: true });
  for (let n = 0; n < 20; n += 1) {
    await memory.keep({ id: n.toString(16).padStart(32, '0'), writtenAt: n, text: `${n}` });
  }
  await memory.close();
  const before = readdirSync(folder, { recursive: true });
  const abort = new AbortController();
  const opening = openFriendMemory(folder, secret, { history: true, signal: abort.signal });
  abort.abort(reason);
  await expect(opening).rejects.toBe(reason);
  expect(readdirSync(folder, { recursive: true })).toEqual(before);
  const again = await openFriendMemory(folder, secret, { history: true });
  expect(again.waiting).toHaveLength(20);
  await again.close();
});
