import { fileURLToPath } from 'node:url';
import type { ChatOptions } from '../../../source/chat/chat.ts';
import type { PunchlineEvent } from '../../../source/events.ts';
import type { Host } from '../../../source/lab/host.ts';
import { RecordedEvents } from '../chats/recorded-events.ts';
import { useProgram, type ProgramUser } from '../lab/host-program.ts';

type PassedOn =
  | 'attempts'
  | 'family'
  | 'freshPort'
  | 'lan'
  | 'name'
  | 'relay'
  | 'server'
  | 'waitMs'
  | 'waits';

export interface LinkChatOptions extends Pick<ChatOptions, PassedOn> {
  readonly code?: string;
  /** Whether its own machine is a place. */
  readonly hosts: boolean;
  /** Whether it looks for hosts. */
  readonly looks: boolean;
}

/** An order to a chat, see link-chat-program.ts. */
export type ChatOrder =
  | { readonly do: 'start'; readonly options: LinkChatOptions }
  | { readonly do: 'say'; readonly text: string }
  | { readonly do: 'interrupt' };

const program = fileURLToPath(new URL('link-chat-program.ts', import.meta.url));

/** A chat without a rendezvous, in a host of a lab. It ends with the lab. */
export class LinkChat extends RecordedEvents {
  readonly #chat: ProgramUser<ChatOrder>;

  constructor(host: Host, options: LinkChatOptions) {
    super();
    this.#chat = useProgram<ChatOrder>(host, program, {
      onTold: (event) => this.record(event as PunchlineEvent),
      onClose: (complaints) => this.close(complaints),
    });
    this.#chat.order({ do: 'start', options });
  }

  say(text: string): void {
    this.#chat.order({ do: 'say', text });
  }

  leave(): void {
    this.#chat.end();
  }

  /** Ends it before the lab ends. */
  async stop(): Promise<void> {
    this.#chat.order({ do: 'interrupt' });
    await this.event('ended');
  }
}
