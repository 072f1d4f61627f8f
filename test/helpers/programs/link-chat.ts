import { fileURLToPath } from 'node:url';
import type { ChatOptions } from '../../../source/chat/chat.ts';
import type { PunchlineEvent } from '../../../source/events.ts';
import type { Host } from '../../../source/lab/host.ts';
import { readEventLines } from '../../../source/lab/program.ts';

export interface LinkChatOptions extends Pick<ChatOptions, 'name' | 'lan' | 'family' | 'waitMs' | 'server'> {
  readonly code?: string;
  /** Whether its own machine is a place. */
  readonly hosts: boolean;
  /** Whether it looks for hosts. */
  readonly looks: boolean;
}

type EventOf<Name extends PunchlineEvent['event']> = Extract<PunchlineEvent, { event: Name }>;

const program = fileURLToPath(new URL('link-chat-program.ts', import.meta.url));

/** A chat without a rendezvous, in a host of a lab. It ends with the lab. */
export class LinkChat {
  readonly #child: ReturnType<Host['spawn']>;
  readonly #events: ReturnType<typeof readEventLines>;
  readonly #complaints: string[] = [];

  constructor(host: Host, options: LinkChatOptions) {
    this.#child = host.spawn([process.execPath, program, JSON.stringify(options)]);
    this.#child.stderr.on('data', (data) => this.#complaints.push(String(data)));
    this.#events = readEventLines(this.#child.stdout);
  }

  /** Rejects with all events if the chat ends without a match. */
  async event<Name extends PunchlineEvent['event']>(
    name: Name,
    matches: (event: EventOf<Name>) => boolean = () => true,
  ): Promise<EventOf<Name>> {
    const found = await this.#events.line(name, (line) => matches(line as unknown as EventOf<Name>));
    if (found === undefined) {
      const said = this.#events.lines.map((line) => JSON.stringify(line)).join('\n');
      throw new Error(`no such "${name}"\n${said}\n${this.#complaints.join('')}`);
    }
    return found as unknown as EventOf<Name>;
  }

  say(text: string): void {
    this.#child.stdin.write(`${text}\n`);
  }

  leave(): void {
    this.#child.stdin.end();
  }
}
