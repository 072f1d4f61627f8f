import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { createLineDecoder } from '../../protocol/line-decoder.ts';
import {
  formatMessage,
  parseClientMessage,
  type ClientMessage,
  type ServerMessage,
} from '../../protocol/rendezvous-messages.ts';
import { ProtocolError, type ErrorCode } from '../../errors.ts';
import type { Limits } from '../limits.ts';
import type { LingeringClose } from '../sockets/lingering-close.ts';
import type { SpliceEnd } from '../relay/splice.ts';

/** A chunk that comes counts as so many lines: to be told of it, and to read it, takes as long as two short ones. */
const CHUNK_LINES = 2;
/**
 * A chunk that ends no line counts as so many. The longest line comes in six packets, so that a client has few of
 * them. Else one line could come in 8,000 pieces.
 */
const PIECE_LINES = 16;
/**
 * A first line counts as no more: the longest `join` as 24. It is read even where its address owes, so that a client
 * can come in beside a flood behind the same NAT; for the flood, each connection would be good for a line.
 */
const MAX_FIRST_LINES = 32;
const NEWLINE = 0x0a;

interface LineListener {
  /** Throws ProtocolError where the message is unfit. */
  onMessage(message: ClientMessage): void;
  /** Something that is no ProtocolError was thrown: a bug of ours. */
  onBug(error: unknown): void;
  /** Nothing is read or sent any more, whoever ended it. Called once. */
  onOver(): void;
  /** For the log: what became of the connection, and why. */
  note(what: string, facts?: object): void;
  /** What counts as so many lines was read. In how many ms more may be, so that it has no more than its share; 0: at once. */
  restMs(lines: number): number;
  /** The client has asked not to hear even a ping. */
  readonly wantsSilence: boolean;
}

/**
 * The messages of one modern client, in both directions: bounded, timed, and
 * closed so that the last word arrives. Knows nothing of rooms.
 */
export class ClientLine {
  readonly #socket: Socket;
  readonly #limits: Limits;
  readonly #gentle: LingeringClose;
  readonly #listener: LineListener;
  readonly #decoder = createLineDecoder();
  readonly #pulse: Pulse;
  #isOver = false;
  /** A message is being dealt with, and the lines behind it wait. */
  #isHeld = false;
  /** It has had its share of our time, and the lines behind wait. */
  #rest: NodeJS.Timeout | undefined;
  readonly #onData = (chunk: Buffer) => this.receive(chunk);
  readonly #onEnd = () => this.close();
  readonly #onClose = () => this.#end();

  constructor(socket: Socket, limits: Limits, gentle: LingeringClose, listener: LineListener) {
    this.#socket = socket;
    this.#limits = limits;
    this.#gentle = gentle;
    this.#listener = listener;
    this.#pulse = new Pulse(limits, {
      onMute: () => this.refuse('ERR_PROTOCOL', `no complete line within ${limits.firstLineMs} ms`),
      onPing: () => {
        if (!listener.wantsSilence) {
          this.send({ t: 'ping' });
        }
      },
      onSilent: () => {
        if (listener.wantsSilence) {
          return;
        }
        listener.note('silent');
        socket.destroy();
      },
    });
    socket.on('data', this.#onData);
    socket.once('end', this.#onEnd);
    socket.once('close', this.#onClose);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Bytes of the client; the first ones came before this object. */
  receive(chunk: Uint8Array): void {
    if (this.#isOver) {
      return;
    }
    const hasLineEnd = chunk.includes(NEWLINE);
    this.#decoder.push(chunk);
    this.guard(() => {
      this.#read();
      this.#charge(hasLineEnd ? CHUNK_LINES : PIECE_LINES);
    });
  }

  /** Reads no further until `release`. */
  hold(): void {
    this.#isHeld = true;
    this.#flow();
  }

  /** Runs what the lines have waited for, then reads them. */
  release(run: () => void): void {
    if (this.#isOver) {
      return;
    }
    this.#isHeld = false;
    this.#flow();
    this.guard(() => {
      run();
      this.#read();
    });
  }

  /** Whatever a client sends, it can end no more than its own connection. */
  guard(run: () => void): void {
    try {
      run();
    } catch (error) {
      if (error instanceof ProtocolError) {
        this.refuse(error.code, error.message);
      } else {
        this.#listener.onBug(error);
        this.refuse('ERR_RENDEZVOUS_CLOSED', 'the rendezvous failed');
      }
    }
  }

  send(message: ServerMessage): void {
    if (this.#isOver || !this.#socket.writable) {
      return;
    }
    this.#cork();
    this.#socket.write(formatMessage(message));
    if (this.#socket.writableLength > this.#limits.maxUnsentBytes) {
      this.#listener.note('does not read');
      this.#socket.destroy();
    }
  }

  /** One `error`, and a close. */
  refuse(code: ErrorCode, message: string): void {
    if (this.#isOver) {
      return;
    }
    this.#listener.note('refused', { code, reason: message });
    this.send({ t: 'error', code, message });
    this.close();
  }

  /** Sends what was written, and closes. */
  close(): void {
    if (this.#isOver) {
      return;
    }
    this.#end();
    this.#gentle.close(this.#socket);
  }

  /**
   * The client's last line was read, and `message` is ours: gives the connection
   * away, paused, with what has come behind that line. The listener is not told.
   */
  surrender(message: ServerMessage): SpliceEnd {
    this.send(message);
    this.#isOver = true;
    this.#pulse.stop();
    clearTimeout(this.#rest);
    const socket = this.#socket;
    socket.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose);
    return { socket, rest: this.#decoder.rest() };
  }

  /** What is said in answer to one chunk leaves together: each piece would be a system call, dearer than a line. */
  #cork(): void {
    const socket = this.#socket;
    if (socket.writableCorked > 0) {
      return;
    }
    socket.cork();
    process.nextTick(() => socket.uncork());
  }

  #read(): void {
    while (!this.#isOver && !this.#isHeld && this.#rest === undefined) {
      const line = this.#decoder.next();
      if (line === undefined) {
        return;
      }
      const lines = linesOf(line, this.#limits);
      if (!this.#pulse.hasHeard && lines > MAX_FIRST_LINES) {
        throw new ProtocolError('the first line is longer than any client needs');
      }
      const message = parseClientMessage(line);
      this.#pulse.heard();
      this.#listener.onMessage(message);
      this.#charge(lines);
    }
  }

  /** Whoever is over is charged, too, but read by others from now on. */
  #charge(lines: number): void {
    const restMs = this.#listener.restMs(lines);
    if (restMs > 0 && this.#rest === undefined && !this.#isOver) {
      this.#takeRest(restMs);
    }
  }

  /** The kernel's buffers fill meanwhile, and then the client waits. */
  #takeRest(restMs: number): void {
    if (this.#decoder.pendingBytes > this.#limits.maxUnreadBytes) {
      this.refuse('ERR_RENDEZVOUS_REFUSED', 'more was sent at once than is read');
      return;
    }
    this.#rest = setTimeout(() => {
      this.#rest = undefined;
      // What is owed is paid first, whoever of an address has caused it.
      this.#charge(0);
      // What lies here goes first: else it would grow with each chunk that comes.
      this.guard(() => this.#read());
      this.#flow();
    }, restMs);
    this.#flow();
  }

  #flow(): void {
    if (this.#isHeld || this.#rest !== undefined) {
      this.#socket.pause();
    } else {
      this.#socket.resume();
    }
  }

  #end(): void {
    if (this.#isOver) {
      return;
    }
    this.#isOver = true;
    this.#pulse.stop();
    clearTimeout(this.#rest);
    // What has come of a line would stay in memory until the socket has closed.
    this.#decoder.rest();
    this.#listener.onOver();
  }
}

/** As how many short lines one counts, by its bytes and by its fields. */
export function linesOf(line: string, limits: Pick<Limits, 'lineChargeBytes' | 'lineChargeFields'>): number {
  // A comma stands between two of them, and those within texts are counted, too: honest lines have none there.
  let fields = 1;
  for (let at = line.indexOf(','); at !== -1; at = line.indexOf(',', at + 1)) {
    fields += 1;
  }
  const bytes = Buffer.byteLength(line) + 1;
  return Math.ceil(bytes / limits.lineChargeBytes + fields / limits.lineChargeFields);
}

interface PulseListener {
  /** No line has come in the time for the first one. */
  onMute(): void;
  onPing(): void;
  /** Nothing has come for so long that nobody is there any more. */
  onSilent(): void;
}

/** Bounds the wait for a client's first line; from then on pings it, and notices when it has gone without a word. */
export class Pulse {
  readonly #limits: Limits;
  readonly #listener: PulseListener;
  #timer: NodeJS.Timeout;
  #lastLineAt: number | undefined;

  constructor(limits: Limits, listener: PulseListener) {
    this.#limits = limits;
    this.#listener = listener;
    this.#timer = setTimeout(() => listener.onMute(), limits.firstLineMs);
  }

  get hasHeard(): boolean {
    return this.#lastLineAt !== undefined;
  }

  /** A line has come. */
  heard(): void {
    const isFirst = !this.hasHeard;
    this.#lastLineAt = performance.now();
    if (!isFirst) {
      return;
    }
    clearTimeout(this.#timer);
    const { pingMs, silenceMs } = this.#limits;
    this.#timer = setInterval(() => {
      if (performance.now() - (this.#lastLineAt ?? 0) < silenceMs) {
        this.#listener.onPing();
      } else {
        this.#listener.onSilent();
      }
    }, pingMs);
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
