/** The exit code of a chat that a script runs tells whether its files were handed over. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ChatOptions } from '../../source/chat/chat.ts';
import { DueFiles } from '../../source/chat/due-files.ts';
import { offerFirst } from '../../source/chat/offer-first.ts';
import { connectedChats, reach, RecordedChat, waitingChat } from '../helpers/chats/recorded-chat.ts';
import { TestServer } from '../helpers/servers/rendezvous-server.ts';
import { aFolder } from '../helpers/sessions/file-sides.ts';

/** As `--plain` and `--json` have it. */
function script(options: Partial<ChatOptions> = {}): Partial<ChatOptions> {
  return { lan: false, dueFiles: new DueFiles(options.acceptFiles !== undefined), ...options };
}

function aFile(bytes = 5) {
  const path = join(aFolder(), 'file');
  writeFileSync(path, new Uint8Array(bytes));
  return path;
}

/** `sender` offers the path, `receiver` came first. */
async function offering(path: string, of: Partial<ChatOptions> = {}) {
  const server = await TestServer.start();
  const options = script();
  const { a: sender, b: receiver } = await connectedChats(server, { a: options, b: script(of) });
  offerFirst(sender.chat, [path], options.dueFiles);
  return { sender, receiver };
}

type Pair = Awaited<ReturnType<typeof offering>>;

function offered(chat: RecordedChat) {
  return chat.until(() => chat.all('file').find(({ state }) => state === 'offered'));
}

async function exits({ sender, receiver }: Pair) {
  return { sender: (await sender.event('ended')).exit, receiver: (await receiver.event('ended')).exit };
}

/** Waits until the sender has a state that ends its file, so that nobody leaves earlier. */
function ofSender({ sender }: Pair, state: string) {
  return sender.until(() => sender.all('file').find((event) => event.state === state));
}

describe('a chat that hands over files ends', () => {
  test('with 0 on both sides if all arrived', async () => {
    const pair = await offering(aFile(), { acceptFiles: aFolder() });
    pair.sender.chat.finish();
    expect(await exits(pair)).toEqual({ sender: 0, receiver: 0 });
  });

  test('with 9 on the side whose file was declined, and 0 on the side that declined it', async () => {
    const pair = await offering(aFile());
    await offered(pair.receiver);
    pair.receiver.chat.declineFile('r1', 'not now');
    pair.sender.chat.finish();
    expect(await exits(pair)).toEqual({ sender: 9, receiver: 0 });
  });

  test('with 9 on the side whose file nobody there could accept', async () => {
    const pair = await offering(aFile(), { hasAnswers: false });
    pair.sender.chat.finish();
    expect(await exits(pair)).toEqual({ sender: 9, receiver: 0 });
  });

  test('with 9 on the sending side if the receiving one cancels', async () => {
    const pair = await offering(aFile());
    await offered(pair.receiver);
    pair.receiver.chat.acceptFile('r1', aFolder());
    pair.receiver.chat.cancelFile('r1');
    pair.sender.chat.finish();
    expect(await exits(pair)).toEqual({ sender: 9, receiver: 0 });
  });

  test('with 9 on the receiving side if the sending one cancels', async () => {
    const pair = await offering(aFile(50_000_000), { acceptFiles: aFolder() });
    await ofSender(pair, 'accepted');
    pair.sender.chat.cancelFile('s1');
    pair.sender.chat.finish();
    expect(await exits(pair)).toEqual({ sender: 0, receiver: 9 });
  });

  test('with 0 on the receiving side if an offer that it had not accepted is taken back', async () => {
    const pair = await offering(aFile());
    await offered(pair.receiver);
    pair.sender.chat.cancelFile('s1');
    pair.sender.chat.finish();
    expect(await exits(pair)).toEqual({ sender: 0, receiver: 0 });
  });

  test('with 9 on both sides if the folder of the receiving one has gone', async () => {
    const folder = aFolder();
    rmSync(folder, { recursive: true });
    const pair = await offering(aFile(), { acceptFiles: folder });
    pair.sender.chat.finish();
    expect(await exits(pair)).toEqual({ sender: 9, receiver: 9 });
  });

  test('with 9 on both sides if the file cannot be sent any more', async () => {
    const path = aFile();
    const pair = await offering(path);
    await offered(pair.receiver);
    rmSync(path);
    pair.receiver.chat.acceptFile('r1', aFolder());
    pair.sender.chat.finish();
    expect(await exits(pair)).toEqual({ sender: 9, receiver: 9 });
  });

  test('with 9 on both sides if one file of a folder was skipped', async () => {
    const project = join(aFolder(), 'project');
    mkdirSync(project);
    for (const name of ['a', 'b']) {
      writeFileSync(join(project, name), name);
    }
    const pair = await offering(project);
    await offered(pair.receiver);
    rmSync(join(project, 'a'));
    pair.receiver.chat.acceptFile('r1', aFolder());
    pair.sender.chat.finish();
    expect(await exits(pair)).toEqual({ sender: 9, receiver: 9 });
    expect(pair.receiver.all('file').at(-1)).toMatchObject({ state: 'done', missing: 1 });
  });

  test('with 9 if what was to be sent from the start cannot be read, and goes on until then', async () => {
    const pair = await offering('/nowhere/at/all');
    await pair.sender.event('error');
    pair.sender.chat.finish();
    expect(await exits(pair)).toEqual({ sender: 9, receiver: 0 });
  });

  test('with 0 if a path that was named during the chat cannot be read', async () => {
    const pair = await offering(aFile(), { acceptFiles: aFolder() });
    await expect(pair.sender.chat.sendFile('/nowhere/at/all')).rejects.toMatchObject({ code: 'ERR_FILE' });
    pair.sender.chat.finish();
    expect(await exits(pair)).toEqual({ sender: 0, receiver: 0 });
  });

  test('with 9 on the sending side if the other one leaves before an answer', async () => {
    const pair = await offering(aFile());
    await offered(pair.receiver);
    pair.receiver.chat.leave();
    expect(await exits(pair)).toEqual({ sender: 9, receiver: 0 });
  });

  test('with 9 on the sending side if the other one is interrupted before an answer', async () => {
    const pair = await offering(aFile());
    await offered(pair.receiver);
    pair.receiver.chat.interrupt(143);
    expect(await exits(pair)).toEqual({ sender: 9, receiver: 143 });
  });

  test('with 9 on the sending side if the other one is interrupted while it receives', async () => {
    const pair = await offering(aFile(50_000_000), { acceptFiles: aFolder() });
    await ofSender(pair, 'accepted');
    pair.receiver.chat.interrupt(143);
    expect(await exits(pair)).toEqual({ sender: 9, receiver: 143 });
  });

  test('with 9 on the receiving side if the other one leaves while it sends', async () => {
    const pair = await offering(aFile(50_000_000), { acceptFiles: aFolder() });
    await ofSender(pair, 'accepted');
    pair.sender.chat.leave();
    expect(await exits(pair)).toEqual({ sender: 0, receiver: 9 });
  });

  test('with 9 on the receiving side if the other one is interrupted while it sends', async () => {
    const pair = await offering(aFile(50_000_000), { acceptFiles: aFolder() });
    await ofSender(pair, 'accepted');
    pair.sender.chat.interrupt(130);
    expect(await exits(pair)).toEqual({ sender: 130, receiver: 9 });
  });

  test('with 0 if it leaves before there is a peer', async () => {
    const options = script();
    const { waiting } = await waitingChat(await TestServer.start(), options);
    offerFirst(waiting.chat, [aFile()], options.dueFiles);
    await offered(waiting);
    waiting.chat.leave();
    expect(await waiting.end()).toEqual({ reason: 'quit', exit: 0 });
  });

  test('with the code of an error that ends it', async () => {
    const server = await TestServer.start();
    const options = script({ waitMs: 1 });
    const alone = new RecordedChat({ ...reach(server), ...options });
    offerFirst(alone.chat, [aFile()], options.dueFiles);
    expect(await alone.end()).toMatchObject({ reason: 'failed', exit: 4 });
  });

  test('with 0 on a screen, whatever became of its files', async () => {
    const server = await TestServer.start();
    const { waiting: receiver, code } = await waitingChat(server, { lan: false, hasAnswers: false });
    const sender = new RecordedChat({ ...reach(server), lan: false, code });
    offerFirst(sender.chat, [aFile()]);
    sender.chat.finish();
    expect(await exits({ sender, receiver })).toEqual({ sender: 0, receiver: 0 });
    expect(sender.all('file').at(-1)?.state).toBe('declined');
  });
});
