import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { ChatOptions } from '../../../source/chat/chat.ts';
import type { PunchlineEvent } from '../../../source/events.ts';
import type { Host } from '../../../source/lab/host.ts';
import { RecordedEvents } from '../chats/recorded-events.ts';
import { typescriptNode } from './typescript-program.ts';

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

const program = fileURLToPath(new URL('link-chat-program.ts', import.meta.url));

/** A chat without a rendezvous, in a host of a lab. It ends with the lab. */
export class LinkChat extends RecordedEvents {
  readonly #child: ReturnType<Host['spawn']>;

  constructor(host: Host, options: LinkChatOptions) {
    super();
    const complaints: string[] = [];
    this.#child = host.spawn([...typescriptNode, program, JSON.stringify(options)]);
    this.#child.stderr.on('data', (data) => complaints.push(String(data)));
    createInterface({ input: this.#child.stdout })
      .on('line', (line) => this.record(JSON.parse(line) as PunchlineEvent))
      .on('close', () => this.close(complaints.join('')));
  }

  say(text: string): void {
    this.#child.stdin.write(`${text}\n`);
  }

  leave(): void {
    this.#child.stdin.end();
  }
}
