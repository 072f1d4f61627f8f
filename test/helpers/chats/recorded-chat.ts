import { onTestFinished } from 'vitest';
import type { Chat, PunchlineEvent } from '../../../source/events.ts';
import { PunchedChat, type ChatOptions } from '../../../source/chat/chat.ts';
import { parseInvite } from '../../../source/protocol/invite.ts';
import type { TestServer } from '../servers/rendezvous-server.ts';

type EventOf<Name extends PunchlineEvent['event']> = Extract<PunchlineEvent, { event: Name }>;

/** A real chat and all that has happened in it. */
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

  /** What the peer has said so far. */
  get heard(): string[] {
    return this.all('message')
      .filter(({ from }) => from === 'peer')
      .map(({ text }) => text);
  }

  /** Resolves when `find` finds something; at the latest when the chat has ended without it, with an error. */
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

  /** The first event of this name, or the `nth`. */
  event<Name extends PunchlineEvent['event']>(name: Name, nth = 1): Promise<EventOf<Name>> {
    return this.until(() => this.all(name)[nth - 1]);
  }

  /** How it ended, with the code of the error where there was one. */
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

/** How tests reach a server of theirs. */
export function reach(server: TestServer): Pick<ChatOptions, 'server' | 'probePort'> {
  return {
    server: { host: '127.0.0.1', port: server.port },
    probePort: server.probePort,
  };
}

/** One who has opened a room and waits in it, with the code to come to it. */
export async function waitingChat(server: TestServer, options: Partial<ChatOptions> = {}) {
  const waiting = new RecordedChat({ ...reach(server), ...options });
  const { invite } = await waiting.event('invite');
  await waiting.until(() => waiting.all('rendezvous').find(({ state }) => state === 'waiting'));
  return { waiting, code: parseInvite(invite).code };
}

/** Two that are connected: `b` came first, `a` second. */
export async function connectedChats(
  server: TestServer,
  options: { readonly a?: Partial<ChatOptions>; readonly b?: Partial<ChatOptions> } = {},
): Promise<{ a: RecordedChat; b: RecordedChat }> {
  const { waiting: b, code } = await waitingChat(server, options.b);
  const a = new RecordedChat({ ...reach(server), code, ...options.a });
  await Promise.all([a.event('connected'), b.event('connected')]);
  return { a, b };
}
