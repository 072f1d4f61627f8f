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

/**
 * A chunk that comes counts as so many bytes, whatever is in it: to be told of it, and to read it, takes as long as two
 * short lines. Else one line could come in 8,000 pieces.
 */
const CHUNK_CHARGE_BYTES = 128;

interface LineListener {
  /** Throws ProtocolError where the message is unfit. */
  onMessage(message: ClientMessage): void;
  /** Something that is no ProtocolError was thrown: a bug of ours. */
  onBug(error: unknown): void;
  /** Nothing is read or sent any more, whoever ended it. Called once. */
  onOver(): void;
  /** For the log: what became of the connection, and why. */
  note(what: string, facts?: object): void;
  /** So many bytes were read. In how many ms more may be, so that it has no more than its share; 0: at once. */
  restMs(bytes: number): number;
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
    this.#decoder.push(chunk);
    this.guard(() => {
      this.#read();
      this.#charge(CHUNK_CHARGE_BYTES);
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
      const message = parseClientMessage(line);
      this.#pulse.heard();
      this.#listener.onMessage(message);
      this.#charge(Buffer.byteLength(line) + 1);
    }
  }

  /** Whoever is over is charged, too, but read by others from now on. */
  #charge(bytes: number): void {
    const restMs = this.#listener.restMs(bytes);
    if (restMs > 0 && this.#rest === undefined && !this.#isOver) {
      this.#takeRest(restMs);
    }
  }

  /** The kernel's buffers fill meanwhile, and then the client waits. */
  #takeRest(restMs: number): void {
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
  #hasSpoken = false;
  #lastLineAt = 0;

  constructor(limits: Limits, listener: PulseListener) {
    this.#limits = limits;
    this.#listener = listener;
    this.#timer = setTimeout(() => listener.onMute(), limits.firstLineMs);
  }

  /** A line has come. */
  heard(): void {
    this.#lastLineAt = performance.now();
    if (this.#hasSpoken) {
      return;
    }
    this.#hasSpoken = true;
    clearTimeout(this.#timer);
    const { pingMs, silenceMs } = this.#limits;
    this.#timer = setInterval(() => {
      if (performance.now() - this.#lastLineAt < silenceMs) {
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
