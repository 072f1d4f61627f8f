import { createInterface, type Interface } from 'node:readline';
import type { Chat, FileEvent } from '../../events.ts';
import { signals } from '../../ui/lines/until-ended.ts';
import { isTerminalGone } from '../../ui/terminal/terminal-gone.ts';
import { shortName } from '../../ui/transfers/file-wording.ts';

/** Shows the question, and takes it away. */
export interface QuestionFace {
  ask(prompt: string): void;
  answered(): void;
}

/** Bounds a name, so that the question fits into a narrow terminal. */
const MAX_NAME_COLUMNS = 20;

interface Offer {
  readonly id: string;
  readonly name: string;
}

function promptFor({ id, name }: Offer): string {
  return `  Take ${id} ${shortName(name, MAX_NAME_COLUMNS)}? [Y/n] `;
}

/**
 * Asks on the terminal whether to take each offer of the peer, one after the other. The lines before the question say
 * what it is. Where nobody answers any more, because stdin has ended, the rest is declined.
 */
export class AskToTake {
  readonly #chat: Chat;
  readonly #face: QuestionFace;
  readonly #lines: Interface;
  readonly #open: Offer[] = [];
  #isAsking = false;
  #isOver = false;

  constructor(chat: Chat, face: QuestionFace) {
    this.#chat = chat;
    this.#face = face;
    // The terminal stays as it is, so that Ctrl-C is a signal.
    this.#lines = createInterface({ input: process.stdin, terminal: false });
  }

  start(): void {
    this.#lines.on('line', (line) => this.#hear(line));
    this.#lines.on('close', () => this.#stop());
    // A terminal that has gone cannot be read any more.
    process.stdin.on('error', () => this.#lines.close());
    this.#chat.subscribe((event) => {
      if (event.event === 'file') {
        this.#offered(event);
      } else if (event.event === 'ended') {
        this.#lines.close();
        process.stdin.destroy();
      }
    });
  }

  #offered({ id, name, direction, state }: FileEvent): void {
    if (direction !== 'received' || state === 'progress') {
      return;
    }
    if (state !== 'offered') {
      this.#forget(id);
    } else if (this.#isOver) {
      this.#decline(id);
    } else {
      this.#open.push({ id, name });
    }
    // The line that says what it is comes in this turn.
    queueMicrotask(() => this.#askNext());
  }

  /** The offer is answered, or the peer has taken it back. */
  #forget(id: string): void {
    const index = this.#open.findIndex((offer) => offer.id === id);
    if (index === -1) {
      return;
    }
    this.#open.splice(index, 1);
    if (index === 0 && this.#isAsking) {
      this.#isAsking = false;
      this.#face.answered();
    }
  }

  #askNext(): void {
    const [offer] = this.#open;
    if (offer !== undefined && !this.#isAsking && !this.#isOver) {
      this.#isAsking = true;
      this.#face.ask(promptFor(offer));
    }
  }

  #hear(line: string): void {
    const [offer] = this.#open;
    if (offer === undefined || !this.#isAsking) {
      return;
    }
    const answer = line.trim().toLowerCase();
    const isYes = ['', 'y', 'yes'].includes(answer);
    if (!isYes && !['n', 'no'].includes(answer)) {
      this.#face.ask(promptFor(offer));
      return;
    }
    this.#isAsking = false;
    this.#open.shift();
    this.#face.answered();
    if (isYes) {
      this.#chat.acceptFile(offer.id);
    } else {
      this.#chat.declineFile(offer.id);
    }
    this.#askNext();
  }

  #stop(): void {
    this.#isOver = true;
    if (isTerminalGone(process.stdin)) {
      this.#chat.interrupt(signals.SIGHUP);
      return;
    }
    for (const { id } of this.#open.splice(0)) {
      this.#decline(id);
    }
  }

  #decline(id: string): void {
    this.#chat.declineFile(id, 'nobody is there to take it');
  }
}
