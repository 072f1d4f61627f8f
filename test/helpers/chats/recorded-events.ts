import type { PunchlineEvent } from '../../../source/events.ts';
import { patienceMs } from '../eventually.ts';

/** Taken here, because tests may replace the clock. */
const { setTimeout: realTimeout, clearTimeout: clearRealTimeout } = globalThis;

type EventOf<Name extends PunchlineEvent['event']> = Extract<PunchlineEvent, { event: Name }>;

/** All events of a chat so far. One can wait for those to come. */
export class RecordedEvents {
  readonly events: PunchlineEvent[] = [];
  readonly #waiting = new Set<() => void>();
  #closedBecause: string | undefined;

  protected record(event: PunchlineEvent): void {
    this.events.push(event);
    this.#check();
  }

  /** No event will come any more. */
  protected close(because: string): void {
    this.#closedBecause = because;
    this.#check();
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

  /**
   * Resolves with the first result of `find` that is not undefined. Rejects, with all events, if the chat ends without
   * one, or the test's time is up.
   */
  until<T>(find: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = realTimeout(() => fail('not within the time of the test'), patienceMs());
      timer.unref();
      const end = () => {
        clearRealTimeout(timer);
        this.#waiting.delete(check);
      };
      const fail = (why: string) => {
        end();
        const said = this.events.map((event) => JSON.stringify(event)).join('\n');
        reject(new Error(`${why}\n${said}\n${this.#closedBecause ?? ''}`));
      };
      const check = () => {
        const found = find();
        if (found !== undefined) {
          end();
          resolve(found);
        } else if (this.#closedBecause !== undefined || this.events.at(-1)?.event === 'ended') {
          fail('ended before that');
        }
      };
      this.#waiting.add(check);
      check();
    });
  }

  /** Resolves with the first event of this name; with the nth, or with the first that matches. */
  event<Name extends PunchlineEvent['event']>(
    name: Name,
    which: number | ((event: EventOf<Name>) => boolean) = 1,
  ): Promise<EventOf<Name>> {
    return this.until(() =>
      typeof which === 'number' ? this.all(name)[which - 1] : this.all(name).find(which),
    );
  }

  /** Resolves with how the chat ended, and with the code of the error if there was one. */
  async end(): Promise<{ reason: string; exit: number; code?: string }> {
    const { reason, exit } = await this.event('ended');
    const code = this.all('error')[0]?.code;
    return code === undefined ? { reason, exit } : { reason, exit, code };
  }

  #check(): void {
    for (const check of this.#waiting) {
      check();
    }
  }
}
