import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { parseCode } from '../../../source/protocol/code.ts';
import type { FileEvent } from '../../../source/events.ts';
import { connect } from '../../../source/connect/connection.ts';
import { eventually } from '../../helpers/eventually.ts';
import { aFolder } from '../../helpers/sessions/file-sides.ts';
import { reach } from '../../helpers/chats/recorded-chat.ts';
import { TestServer } from '../../helpers/servers/rendezvous-server.ts';

/** Two connections of a program, and the events of the first one's files. */
async function twoConnections() {
  const server = await TestServer.start();
  const folder = aFolder();
  const options = { ...reach(server), lan: false, code: parseCode('4711-velvet-orbit') };
  const [a, b] = [connect(options), connect({ ...options, downloads: folder })];
  const events: FileEvent[] = [];
  a.on('happening', (happening) => {
    if (happening.event === 'file') {
      events.push(happening);
    }
  });
  for (const one of [a, b]) {
    one.resume();
    onTestFinished(() => void one.destroy());
  }
  return { a, b, folder, events };
}

function aFile() {
  const path = join(aFolder(), 'a.txt');
  writeFileSync(path, 'hello');
  return path;
}

function closed(one: { readonly closed: boolean }) {
  return eventually(() => expect(one.closed).toBe(true));
}

test('a connection sends a file beside its stream, and ends only after that', async () => {
  const { a, b, folder, events } = await twoConnections();
  b.on('offer', (offer) => {
    expect(offer).toMatchObject({ id: 'r1', name: 'a.txt', bytes: 5, files: 1, isFolder: false });
    offer.accept();
  });
  expect(await a.sendFile(aFile())).toBe('s1');
  a.end();
  b.end();
  await Promise.all([closed(a), closed(b)]);
  expect(events.map(({ state }) => state).filter((state) => state !== 'progress')).toEqual([
    'offered',
    'accepted',
    'done',
  ]);
  expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('hello');
});

test('a connection without a listener for offers declines them', async () => {
  const { a, folder, events } = await twoConnections();
  await a.sendFile(aFile());
  await eventually(() =>
    expect(events.at(-1)).toMatchObject({
      state: 'declined',
      by: 'peer',
      reason: 'nobody accepts files there',
    }),
  );
  expect(readdirSync(folder)).toEqual([]);
});
