import { setMaxListeners } from 'node:events';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { PunchlineError } from '../errors.ts';
import type { Chat, EndedEvent, PunchlineEvent } from '../events.ts';
import { pathOf } from '../core/address.ts';
import { createClassicDecoder, formatClassic } from '../core/classic.ts';
import { formatServer, type Server } from '../core/endpoint.ts';
import { asFailure } from './as-failure.ts';
import { heartbeatText } from './chat.ts';
import { readGreeting } from './classic-greeting.ts';
import { awaitFirst, dialSecond } from './classic-punch.ts';
import { dialServer } from './dial-server.ts';
import { EventLog } from './event-log.ts';
import { connectError, localEndpoint, remoteEndpoint } from './sockets.ts';

/** Once a second: what the exercise does. */
const HEARTBEAT_MS = 1000;
/** How long the peer's end of the connection may take after ours. */
const END_TIMEOUT_MS = 1000;

export interface ClassicChatOptions {
  readonly server: Server;
  readonly attempts: number;
  readonly waitMs?: number | undefined;
  /** The first arrival sends heartbeats in any case, as the exercise has it; the second only where this is given. */
  readonly heartbeatMs?: number | undefined;
}

/**
 * A chat with the old programs, or between two of ours that pretend: paired by
 * order of arrival, not encrypted, nothing acknowledged.
 */
export class ClassicChat implements Chat {
  readonly rttMs = undefined;
  readonly #options: ClassicChatOptions;
  readonly #log = new EventLog();
  readonly #abort = new AbortController();
  /** What was sent before there is a connection. */
  readonly #early: string[] = [];
  #socket: Socket | undefined;
  #heartbeat: NodeJS.Timeout | undefined;
  #texts = 0;
  #finishing = false;

  constructor(options: ClassicChatOptions) {
    this.#options = options;
    setMaxListeners(0, this.#abort.signal);
    queueMicrotask(() => {
      this.#run().catch((error: unknown) => this.#fail(error));
    });
  }

  subscribe(listener: (event: PunchlineEvent) => void): () => void {
    return this.#log.subscribe(listener);
  }

  send(text: string): void {
    if (this.#log.ended) return;
    this.#texts += 1;
    this.#log.emit({ event: 'message', from: 'me', id: `me-${this.#texts}`, text });
    if (this.#socket === undefined) this.#early.push(text);
    else this.#socket.write(formatClassic(text));
  }

  async writable(): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined || !socket.writableNeedDrain || socket.destroyed) return;
    await new Promise<void>((resolve) => {
      socket.once('drain', resolve);
      socket.once('close', resolve);
    });
  }

  finish(): void {
    this.#finishing = true;
    if (this.#socket !== undefined) this.#part(this.#socket);
  }

  leave(): void {
    if (this.#socket === undefined) this.#end({ event: 'ended', reason: 'quit', exit: 0 });
    else this.#part(this.#socket);
  }

  interrupt(exit: number): void {
    this.#end({ event: 'ended', reason: 'interrupted', exit });
  }

  async #run(): Promise<void> {
    const { server, attempts, waitMs } = this.#options;
    const { signal } = this.#abort;
    const name = formatServer(server);
    const startedAt = performance.now();
    this.#log.emit({ event: 'rendezvous', state: 'connecting', server: name });
    const { socket: rendezvous } = await dialServer({ server, family: 4, signal });
    const localPort = localEndpoint(rendezvous).port;
    let waited = false;
    const { first, peer } = await readGreeting(rendezvous, {
      server: name,
      waitMs,
      signal,
      onFirst: () => {
        waited = true;
        this.#log.emit({ event: 'rendezvous', state: 'waiting', server: name });
      },
    }).catch((error: unknown) => {
      rendezvous.destroy();
      throw error;
    });
    const matchedAt = performance.now();
    this.#log.emit({ event: 'rendezvous', state: 'matched', server: name });
    this.#log.emit({ event: 'peer', role: first ? 'b' : 'a', candidates: [{ kind: 'mapped', ...peer }] });
    this.#log.emit({ event: 'plan', strategy: 'simultaneous', dials: first ? attempts : 1 });
    // The server closes; until it has, the connection holds the mapping that the peer was told.
    rendezvous.once('close', () => this.#log.emit({ event: 'rendezvous', state: 'closed', server: name }));
    rendezvous.resume();

    const punch = first ? dialSecond : awaitFirst;
    const socket = await punch({
      peer,
      localPort,
      attempts,
      signal,
      onAttempt: (attempt) => this.#log.emit(attempt),
    });
    rendezvous.destroy();
    const now = performance.now();
    const remote = remoteEndpoint(socket);
    this.#log.emit({
      event: 'connected',
      path: pathOf(remote.address),
      family: 4,
      local: localEndpoint(socket),
      remote,
      peer: { name: 'peer' },
      ms: Math.round(now - (waited ? matchedAt : startedAt)),
      punchMs: Math.round(now - matchedAt),
      cipher: 'none',
      group: 'none',
    });
    this.#talk(socket, first);
  }

  #talk(socket: Socket, first: boolean): void {
    this.#socket = socket;
    const decoder = createClassicDecoder();
    let received = 0;
    let texts = 0;
    socket.on('data', (chunk) => {
      try {
        for (const text of decoder.push(chunk)) {
          if (text === heartbeatText) {
            received += 1;
            this.#log.emit({ event: 'heartbeat', direction: 'received', n: received, text });
          } else {
            texts += 1;
            this.#log.emit({ event: 'message', from: 'peer', id: `peer-${texts}`, text });
          }
        }
      } catch (error) {
        this.#fail(error);
      }
    });
    socket.on('end', () =>
      this.#end({ event: 'ended', reason: this.#finishing ? 'quit' : 'peer-left', exit: 0 }),
    );
    socket.on('error', (error) => this.#fail(lost(connectError(error))));
    socket.on('close', () => this.#fail(lost('it was closed')));
    socket.resume();

    for (const text of this.#early.splice(0)) socket.write(formatClassic(text));
    const beatMs = this.#options.heartbeatMs ?? (first ? HEARTBEAT_MS : undefined);
    if (beatMs !== undefined) this.#beat(socket, beatMs);
    if (this.#finishing) this.#part(socket);
  }

  #beat(socket: Socket, everyMs: number): void {
    let sent = 0;
    const beat = () => {
      // A peer that reads nothing is not told more and more.
      if (socket.writableNeedDrain) return;
      sent += 1;
      socket.write(formatClassic(heartbeatText));
      this.#log.emit({ event: 'heartbeat', direction: 'sent', n: sent, text: heartbeatText });
    };
    beat();
    this.#heartbeat = setInterval(beat, everyMs);
  }

  /** There is no goodbye in this protocol but the end of the connection. */
  #part(socket: Socket): void {
    this.#finishing = true;
    clearInterval(this.#heartbeat);
    const timer = setTimeout(() => this.#end({ event: 'ended', reason: 'quit', exit: 0 }), END_TIMEOUT_MS);
    socket.once('close', () => clearTimeout(timer));
    socket.end();
  }

  #fail(error: unknown): void {
    if (this.#log.ended) return;
    if (this.#finishing && this.#socket !== undefined) {
      this.#end({ event: 'ended', reason: 'quit', exit: 0 });
      return;
    }
    const { code, message, hint, exitCode } = asFailure(error);
    if (code === 'ERR_CONNECTION_LOST') this.#log.emit({ event: 'lost', reason: message, queued: 0 });
    this.#log.emit({ event: 'error', code, message, hint: hint ?? '' });
    this.#end({ event: 'ended', reason: 'failed', exit: exitCode });
  }

  #end(ended: EndedEvent): void {
    clearInterval(this.#heartbeat);
    this.#log.emit(ended);
    this.#abort.abort();
    this.#socket?.destroy();
  }
}

function lost(why: string): PunchlineError {
  return new PunchlineError('ERR_CONNECTION_LOST', `the connection to the peer was lost: ${why}`, {
    hint: 'Start again on both sides.',
  });
}
