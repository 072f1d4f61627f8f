import { onTestFinished } from 'vitest';
import type { Chat } from '../../../source/events.ts';
import { PunchedChat, type ChatOptions } from '../../../source/chat/chat.ts';
import { parseInvite } from '../../../source/protocol/invite.ts';
import type { TestServer } from '../servers/rendezvous-server.ts';
import { RecordedEvents } from './recorded-events.ts';

/** A real chat that records all of its events. */
export class Recorded<Kind extends Chat> extends RecordedEvents {
  readonly chat: Kind;

  constructor(chat: Kind) {
    super();
    this.chat = chat;
    this.chat.subscribe((event) => this.record(event));
    onTestFinished(() => this.chat.interrupt(130));
  }

  say(text: string): void {
    this.chat.send(text);
  }

  leave(): void {
    this.chat.leave();
  }
}

export class RecordedChat extends Recorded<PunchedChat> {
  constructor(options: ChatOptions) {
    super(new PunchedChat(options));
  }
}

/** The options with which a chat reaches the test's server. */
export function reach(server: TestServer): Pick<ChatOptions, 'server' | 'probePort'> {
  return {
    server: { host: '127.0.0.1', port: server.port },
    probePort: server.probePort,
  };
}

/** A chat that has opened a room and waits in it, and the code of the room. */
export async function waitingChat(server: TestServer, options: Partial<ChatOptions> = {}) {
  const waiting = new RecordedChat({ ...reach(server), ...options });
  const { invite } = await waiting.event('invite');
  await waiting.until(() => waiting.all('rendezvous').find(({ state }) => state === 'waiting'));
  return { waiting, code: parseInvite(invite).code };
}

/** Two connected chats. `b` came first, `a` second. */
export async function connectedChats(
  server: TestServer,
  options: { readonly a?: Partial<ChatOptions>; readonly b?: Partial<ChatOptions> } = {},
): Promise<{ a: RecordedChat; b: RecordedChat }> {
  const { waiting: b, code } = await waitingChat(server, options.b);
  const a = new RecordedChat({ ...reach(server), code, ...options.a });
  await Promise.all([a.event('connected'), b.event('connected')]);
  return { a, b };
}
