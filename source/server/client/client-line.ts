import { performance } from 'node:perf_hooks';
import { createLineDecoder } from '../../protocol/framing/line-decoder.ts';
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
import type { ClientStream } from '../sockets/client-stream.ts';

/** Each chunk that arrives counts as this many lines, because its event and its read take as long as two short lines. */
const CHUNK_LINES = 2;
/**
 * A chunk that ends no line counts as this many. The longest line takes six packets, so an honest client sends few
 * such chunks. Without this, one line could come in 8,000 pieces.
 */
const PIECE_LINES = 16;
/**
 * Bounds what a first line counts; the longest `join` counts 24. The first line is read even if its address has a
 * debt, so that a client can connect beside a flood behind the same NAT. But the flood can use each connection for
 * one such line, too.
 */
const MAX_FIRST_LINES = 32;
const NEWLINE = 0x0a;

interface LineListener {
  /** Throws ProtocolError if the message is not allowed now. */
  onMessage(message: ClientMessage): void;
  /** Called for any error that is not a ProtocolError: a bug of ours. */
  onBug(error: unknown): void;
  /** Called once, when nothing is read or sent any more. */
  onOver(): void;
  /** For the log: what happened to the connection, and why. */
  note(what: string, facts?: object): void;
  /** Charges for this many lines that were read. Returns in how many ms more may be read; 0: at once. */
  restMs(lines: number): number;
  /** The client has asked us to send nothing, not even a ping. */
  readonly wantsSilence: boolean;
}

/**
 * The messages of one modern client, in both directions. It bounds their size and
 * time, and closes so that the last message arrives. It knows nothing of rooms.
 */
export class ClientLine {
  readonly #socket: ClientStream;
  readonly #limits: Limits;
  readonly #lingering: LingeringClose;
  readonly #listener: LineListener;
  readonly #decoder = createLineDecoder();
  readonly #pulse: Pulse;
  #isOver = false;
  /** A message is under way, and the lines behind it wait. */
  #isHeld = false;
  /** Set while the client has a debt, and the lines behind wait. */
  #rest: NodeJS.Timeout | undefined;
  readonly #onData = (chunk: Buffer) => this.receive(chunk);
  readonly #onEnd = () => this.close();
  readonly #onClose = () => this.#end();

  constructor(socket: ClientStream, limits: Limits, lingering: LingeringClose, listener: LineListener) {
    this.#socket = socket;
    this.#limits = limits;
    this.#lingering = lingering;
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
      onUnanswered: () => {
        // While the client has a debt, it is us who do not read.
        if (this.#rest !== undefined) {
          this.demandAnswer();
          return;
        }
        listener.note('no answer to a match');
        socket.resetAndDestroy();
      },
    });
    socket.on('data', this.#onData);
    socket.once('end', this.#onEnd);
    socket.once('close', this.#onClose);
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** Takes bytes of the client. The first ones came before this object existed. */
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

  /** Stops reading until `release`. */
  hold(): void {
    this.#isHeld = true;
    this.#flow();
  }

  /** Runs the function for which the lines have waited, then reads them. */
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

  /** Asks the client to say anything within `matchAnswerMs`, else it is dropped. */
  demandAnswer(): void {
    this.#pulse.demand();
  }

  /** Runs a function so that an error ends no more than this client's connection. */
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

  /** Sends one `error` and closes. `again`: the client may try the same code again. */
  refuse(code: ErrorCode, message: string, again?: true): void {
    if (this.#isOver) {
      return;
    }
    this.#listener.note('refused', { code, reason: message });
    this.send({ t: 'error', code, message, again });
    this.close();
  }

  /** Sends the pending bytes and closes. */
  close(): void {
    if (this.#isOver) {
      return;
    }
    const isUnanswered = this.#pulse.isOverdue;
    this.#end();
    if (isUnanswered) {
      // On a line that was cut, what lies unsent would arrive later: a match whose guest has gone, and its seal. The
      // client would answer it, and spend its guess on nobody. A reset makes the kernel forget it.
      this.#socket.resetAndDestroy();
    } else {
      this.#lingering.close(this.#socket);
    }
  }

  /**
   * Sends `message`, our last line, and hands the connection over, paused, with the
   * bytes behind the client's last line. The listener is not told.
   */
  handOver(message: ServerMessage): SpliceEnd {
    this.send(message);
    this.#isOver = true;
    this.#pulse.stop();
    clearTimeout(this.#rest);
    const socket = this.#socket;
    socket.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose);
    return { socket, rest: this.#decoder.rest() };
  }

  /** All answers to one chunk leave together, because each write is a system call and costs more than a line. */
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

  /** A connection that is over is charged, too, but others read it from now on. */
  #charge(lines: number): void {
    const restMs = this.#listener.restMs(lines);
    if (restMs > 0 && this.#rest === undefined && !this.#isOver) {
      this.#takeRest(restMs);
    }
  }

  /** Stops reading for this time. The kernel's buffers fill meanwhile, and then the client has to wait. */
  #takeRest(restMs: number): void {
    if (this.#decoder.pendingBytes > this.#limits.maxUnreadBytes) {
      this.refuse('ERR_RENDEZVOUS_REFUSED', 'more was sent at once than is read');
      return;
    }
    this.#rest = setTimeout(() => {
      this.#rest = undefined;
      // A debt of the address must be paid first, whichever of its connections has caused it.
      this.#charge(0);
      // The lines that are here are read first, or they would pile up with each new chunk.
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
    // The bytes of an incomplete line would stay in memory until the socket has closed.
    this.#decoder.rest();
    this.#listener.onOver();
  }
}

/** How many short lines a line counts as, by its bytes and by its fields. */
export function linesOf(line: string, limits: Pick<Limits, 'lineChargeBytes' | 'lineChargeFields'>): number {
  // Fields are counted by the commas between them. Commas within texts count, too, but honest lines have none.
  let fields = 1;
  for (let at = line.indexOf(','); at !== -1; at = line.indexOf(',', at + 1)) {
    fields += 1;
  }
  const bytes = Buffer.byteLength(line) + 1;
  return Math.ceil(bytes / limits.lineChargeBytes + fields / limits.lineChargeFields);
}

interface PulseListener {
  /** No first line has come in time. */
  onMute(): void;
  onPing(): void;
  /** Nothing has come for so long that the client must be gone. */
  onSilent(): void;
  /** Nothing has come since an answer was demanded. */
  onUnanswered(): void;
}

/** An answer is late after this part of its time, which is 2 s: a client on a line that works has answered by then. */
const LATE_PART = 1 / 20;

/** Bounds the wait for a client's first line, and for an answer that is demanded. It pings, and notices when the client is gone. */
export class Pulse {
  readonly #limits: Limits;
  readonly #listener: PulseListener;
  #timer: NodeJS.Timeout;
  #lastLineAt: number | undefined;
  #demand: NodeJS.Timeout | undefined;
  #isOverdue = false;

  constructor(limits: Limits, listener: PulseListener) {
    this.#limits = limits;
    this.#listener = listener;
    this.#timer = setTimeout(() => listener.onMute(), limits.firstLineMs);
  }

  get hasHeard(): boolean {
    return this.#lastLineAt !== undefined;
  }

  /** Whether an answer that was demanded is late. */
  get isOverdue(): boolean {
    return this.#isOverdue;
  }

  /** Pings, and waits for any line. */
  demand(): void {
    const { matchAnswerMs } = this.#limits;
    const lateMs = matchAnswerMs * LATE_PART;
    this.#settle();
    this.#demand = setTimeout(() => {
      this.#isOverdue = true;
      this.#demand = setTimeout(() => this.#listener.onUnanswered(), matchAnswerMs - lateMs);
    }, lateMs);
    this.#listener.onPing();
  }

  /** Call it for every line. */
  heard(): void {
    const isFirst = !this.hasHeard;
    this.#lastLineAt = performance.now();
    this.#settle();
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
    this.#settle();
  }

  /** No answer is due any more. */
  #settle(): void {
    clearTimeout(this.#demand);
    this.#isOverdue = false;
  }
}
