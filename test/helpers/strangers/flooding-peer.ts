/** A peer that knows the code and sends as much as it may, as fast as it can, without being asked. */
import { EventEmitter, once } from 'node:events';
import { onTestFinished } from 'vitest';
import { encodeChatMessage, noneOfAll, type ChatMessage } from '../../../source/protocol/chat-messages.ts';
import { parseCode } from '../../../source/protocol/code.ts';
import { encodeFileMessage, type FileMessage } from '../../../source/connect/files/wire/file-messages.ts';
import { MAX_DATA_BYTES, type DataType } from '../../../source/connect/session/wire/frames.ts';
import { WINDOW_BYTES } from '../../../source/connect/session/wire/session-stream.ts';
import type { FrameLink } from '../../../source/connect/session/frame-link.ts';
import { meet } from '../../../source/connect/meeting/meet.ts';
import { createMeetingContext } from '../../../source/connect/meeting-context.ts';

/**
 * If a side takes no more data, it is asked this often in a row whether it is
 * still there. Only then is it taken to hold us back on purpose.
 */
const ASKED = 20;

/** The messages to send, and their number. They are numbered from 1. */
export interface Flood<Message> {
  readonly count: number;
  readonly say: (n: number) => readonly Message[];
}

export interface FloodingPeer {
  /**
   * Resolves when everything was sent and the other side has answered after it,
   * or when that side keeps answering but takes no more. Chat messages are
   * numbered here.
   */
  flood(floods: {
    readonly files?: Flood<FileMessage>;
    readonly chat?: Flood<Omit<ChatMessage, 'n'>>;
  }): Promise<'said' | 'held back'>;
}

/** The sending side of one stream. */
class Mouth {
  readonly #link: FrameLink;
  readonly #type: DataType;
  #next: () => Uint8Array | undefined = () => undefined;
  #ready = Buffer.alloc(0);
  #said = 0;
  /** The position up to which the other side lets us send. */
  limit = WINDOW_BYTES;

  constructor(link: FrameLink, type: DataType) {
    this.#link = link;
    this.#type = type;
  }

  /** @param next returns the next message, and undefined at the end */
  begin(next: () => Uint8Array | undefined): void {
    this.#next = next;
  }

  /** Whether everything was sent. */
  get isDone(): boolean {
    this.#fill();
    return this.#ready.length === 0;
  }

  get maySpeak(): boolean {
    return this.#said < this.limit;
  }

  /** Sends one frame. Returns whether the link takes more. */
  speak(): boolean {
    this.#fill();
    const bytes = this.#ready.subarray(0, Math.min(MAX_DATA_BYTES, this.limit - this.#said));
    this.#ready = this.#ready.subarray(bytes.length);
    const offset = this.#said;
    this.#said += bytes.length;
    return this.#link.send({ type: this.#type, offset, bytes });
  }

  #fill(): void {
    const more = [this.#ready];
    for (let length = this.#ready.length; length < MAX_DATA_BYTES;) {
      const bytes = this.#next();
      if (bytes === undefined) {
        break;
      }
      more.push(Buffer.from(bytes));
      length += bytes.length;
    }
    if (more.length > 1) {
      this.#ready = Buffer.concat(more);
    }
  }
}

/** Connects to a program that waits with this code at a rendezvous on loopback. */
export async function meetToFlood(
  server: { readonly port: number; readonly probePort: number },
  mode: 'chat' | 'pipe',
  code: string,
): Promise<FloodingPeer> {
  const abort = new AbortController();
  onTestFinished(() => abort.abort());
  const options = {
    server: { host: '127.0.0.1', port: server.port },
    probePort: server.probePort,
    code: parseCode(code),
    mode,
    lan: false,
    relay: 'never',
  } as const;
  const { link } = await meet(
    createMeetingContext(options, () => undefined),
    abort.signal,
  );
  onTestFinished(() => link.destroy());
  const mouths = { chat: new Mouth(link, 'data'), files: new Mouth(link, 'file-data') };
  const received = { data: 0, 'file-data': 0 };
  const pings = { asked: 0, answered: 0 };
  const news = new EventEmitter();
  link.listen({
    onFrames: (frames) => {
      for (const frame of frames) {
        if (frame.type === 'ping') {
          link.send({ type: 'pong', id: frame.id });
        } else if (frame.type === 'pong') {
          pings.answered += 1;
        } else if (frame.type === 'ack') {
          mouths.chat.limit = frame.limit;
        } else if (frame.type === 'file-ack') {
          mouths.files.limit = frame.limit;
        } else if (frame.type === 'data' || frame.type === 'file-data') {
          received[frame.type] += frame.bytes.length;
          const read = received[frame.type];
          const type = frame.type === 'data' ? 'ack' : 'file-ack';
          link.send({ type, received: read, limit: read + WINDOW_BYTES });
        }
      }
      news.emit('news');
    },
    onDrain: () => news.emit('news'),
    onGone: () => news.emit('news'),
  });
  /** Resolves when the other side has processed everything before, as far as it wants to. */
  async function answer(): Promise<void> {
    pings.asked += 1;
    link.send({ type: 'ping', id: pings.asked });
    while (pings.answered < pings.asked) {
      if (link.gone) {
        throw new Error('the other side has left');
      }
      await once(news, 'news');
    }
  }

  const numbers = noneOfAll();
  function encodeChat({ type, text }: Omit<ChatMessage, 'n'>): Uint8Array {
    numbers[type] += 1;
    return encodeChatMessage({ type, n: numbers[type], text });
  }
  return {
    async flood({ files, chat }) {
      mouths.files.begin(piecesOf(files, encodeFileMessage));
      mouths.chat.begin(piecesOf(chat, encodeChat));
      for (let asked = 0; asked < ASKED;) {
        const speaking = Object.values(mouths).filter((mouth) => !mouth.isDone);
        const able = speaking.filter((mouth) => mouth.maySpeak);
        if (able.length > 0) {
          asked = 0;
          if (able.map((mouth) => mouth.speak()).includes(false)) {
            await once(news, 'news');
          }
        } else {
          await answer();
          if (speaking.length === 0) {
            return 'said';
          }
          asked += 1;
        }
      }
      return 'held back';
    },
  };
}

function piecesOf<Message>(
  flood: Flood<Message> | undefined,
  encode: (message: Message) => Uint8Array,
): () => Uint8Array | undefined {
  let n = 0;
  return () => {
    if (flood === undefined || n === flood.count) {
      return undefined;
    }
    n += 1;
    return Buffer.concat(flood.say(n).map(encode));
  };
}
