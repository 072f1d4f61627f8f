import { onTestFinished } from 'vitest';
import type { Chat, PunchlineEvent } from '../../../source/events.ts';
import { PunchedChat, type ChatOptions } from '../../../source/chat/chat.ts';
import { parseInvite } from '../../../source/protocol/invite.ts';
import type { TestServer } from '../servers/rendezvous-server.ts';

type EventOf<Name extends PunchlineEvent['event']> = Extract<PunchlineEvent, { event: Name }>;

/** A real chat that records all of its events. */
export class Recorded<Kind extends Chat> {
  readonly chat: Kind;
  readonly events: PunchlineEvent[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(chat: Kind) {
    this.chat = chat;
    this.chat.subscribe((event) => {
      this.events.push(event);
      for (const check of this.#waiting) {
        check();
      }
    });
    onTestFinished(() => this.chat.interrupt(130));
  }

  all<Name extends PunchlineEvent['event']>(name: Name): EventOf<Name>[] {
    return this.events.filter((event): event is EventOf<Name> => event.event === name);
  }

  /** The peer's messages so far. */
  get heard(): string[] {
    return this.all('message')
      .filter(({ from }) => from === 'peer')
      .map(({ text }) => text);
  }

  /** Resolves with the first result of `find` that is not undefined. Rejects if the chat ends without one. */
  until<T>(find: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const check = () => {
        const found = find();
        if (found !== undefined) {
          this.#waiting.delete(check);
          resolve(found);
        } else if (this.events.at(-1)?.event === 'ended') {
          this.#waiting.delete(check);
          reject(new Error(`ended before that: ${JSON.stringify(this.events.slice(-3))}`));
        }
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** Resolves with the first event of this name, or with the `nth`. */
  event<Name extends PunchlineEvent['event']>(name: Name, nth = 1): Promise<EventOf<Name>> {
    return this.until(() => this.all(name)[nth - 1]);
  }

  /** Resolves with how the chat ended, and with the code of the error if there was one. */
  async end(): Promise<{ reason: string; exit: number; code?: string }> {
    const { reason, exit } = await this.event('ended');
    const code = this.all('error')[0]?.code;
    return code === undefined ? { reason, exit } : { reason, exit, code };
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
