/**
 * A rendezvous that plays the man in the middle. It forwards to a real one,
 * reads and rewrites every line, and keeps every byte that it gets.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { createLineDecoder } from '../../../source/protocol/framing/line-decoder.ts';
import {
  formatMessage,
  parseClientMessage,
  parseServerMessage,
  type ClientMessage,
  type MessageOf,
  type ServerMessage,
} from '../../../source/protocol/rendezvous-messages.ts';
import type { Endpoint, Role } from '../../../source/events.ts';
import { freePort } from '../servers/free-port.ts';
import { base64url, type TestServer } from '../servers/rendezvous-server.ts';
import { seen } from '../servers/seen.ts';

export interface Victim {
  /** The number of the victim in order of arrival, from 0. */
  readonly n: number;
  /** The endpoint that it came from; its punch listens there. */
  readonly endpoint: Endpoint;
  /** Sends a message of the attacker's own to it. */
  readonly tell: (message: ServerMessage) => void;
  /** For data that is not a message. */
  readonly socket: Socket;
}

/** How lines are rewritten. A result of undefined drops the line. */
export interface Rewriting {
  readonly fromVictim?: (message: ClientMessage, victim: Victim) => ClientMessage | undefined;
  readonly toVictim?: (message: ServerMessage, victim: Victim) => ServerMessage | undefined;
}

export class Middle {
  readonly victims: Victim[] = [];
  readonly #heard: Buffer[] = [];
  readonly #listener: Server;
  /** The endpoint of the victim whose connection the real rendezvous sees under this port. */
  readonly #behind = new Map<number, Endpoint>();
  /** Nobody listens on this port. The middle could also lie about what probes show. */
  readonly probePort: number;

  private constructor(listener: Server, probePort: number) {
    this.#listener = listener;
    this.probePort = probePort;
  }

  static async start(server: TestServer, rewriting: Rewriting = {}): Promise<Middle> {
    const sockets: Socket[] = [];
    const listener = createServer({ noDelay: true }, (socket) => {
      sockets.push(socket);
      middle.#join(socket, rewriting, () => {
        const upstream = connect(server.port, '127.0.0.1');
        sockets.push(upstream);
        return upstream;
      });
    });
    const middle = new Middle(listener, await freePort());
    listener.listen(0, '127.0.0.1');
    await once(listener, 'listening');
    onTestFinished(() => {
      for (const socket of sockets) {
        socket.destroy();
      }
      listener.close();
    });
    return middle;
  }

  get port(): number {
    return (this.#listener.address() as AddressInfo).port;
  }

  /** Everything that the attacker has got, here and elsewhere: lines, and the content of their seals. */
  get heard(): string {
    return Buffer.concat(this.#heard).toString('latin1');
  }

  /** Adds bytes that a relay of the same attacker has got. */
  overhear(bytes: Uint8Array): void {
    this.#heard.push(Buffer.from(bytes));
  }

  #join(socket: Socket, { fromVictim, toVictim }: Rewriting, dialUpstream: () => Socket): void {
    const { remoteAddress: address = '', remotePort: port = 0 } = socket;
    const victim: Victim = {
      n: this.victims.length,
      endpoint: { address, port },
      tell: (message) => void socket.write(formatMessage(message)),
      socket,
    };
    this.victims.push(victim);
    // Connects only when there is data to pass on: the real rendezvous takes a silent client for one of the classic
    // protocol.
    let upstream: Socket | undefined;
    socket.on('error', () => undefined).on('close', () => upstream?.destroy());
    const start: () => Socket = () => {
      const dialled = dialUpstream();
      dialled.on('connect', () => this.#behind.set(dialled.localPort ?? 0, victim.endpoint));
      dialled.on('error', () => undefined).on('close', () => socket.destroy());
      const answers = createLineDecoder();
      dialled.on('data', (chunk) => {
        answers.push(chunk);
        for (let line = answers.next(); line !== undefined; line = answers.next()) {
          const message = this.#asSeenFromHere(parseServerMessage(line), victim);
          const passed = toVictim === undefined ? message : toVictim(message, victim);
          if (passed !== undefined) {
            victim.tell(passed);
          }
        }
      });
      return dialled;
    };
    const lines = createLineDecoder();
    socket.on('data', (chunk) => {
      this.overhear(chunk);
      lines.push(chunk);
      for (let line = lines.next(); line !== undefined; line = lines.next()) {
        const message = parseClientMessage(line);
        if (message.t === 'candidate') {
          this.overhear(Buffer.from(message.sealed, 'base64url'));
        }
        const passed = fromVictim === undefined ? message : fromVictim(message, victim);
        if (passed !== undefined) {
          (upstream ??= start()).write(formatMessage(passed));
        }
      }
    });
  }

  /** Replaces the endpoints in a message, because the real rendezvous sees the middle's sockets. */
  #asSeenFromHere(message: ServerMessage, victim: Victim): ServerMessage {
    if (!('you' in message)) {
      return message;
    }
    if (message.t !== 'matched') {
      return { ...message, you: victim.endpoint };
    }
    const mapped = seen(message.peer.mapped);
    const peer = this.#behind.get(mapped.port) ?? mapped;
    return { ...message, you: victim.endpoint, peer: { ...message.peer, mapped: peer } };
  }
}

export type Matched = MessageOf<ServerMessage, 'matched'>;

/** The mapped endpoint that victims are told. It is not the real one, and nothing depends on it. */
export const you: Endpoint = { address: '127.0.0.1', port: 40_000 };

/** Rewrites so that nobody meets: `answer` plays the peer, with the messages that it returns for each line. */
export function alone(answer: (message: ClientMessage) => readonly ServerMessage[]): Rewriting {
  return {
    fromVictim: (message, victim) => {
      for (const said of answer(message)) {
        victim.tell(said);
      }
      return undefined;
    },
  };
}

/**
 * The `matched` message for a victim that plays `role`, with a peer that has
 * this share. By default nobody is at the peer's endpoint.
 */
export async function matched(
  role: Role,
  { share, nonce }: { readonly share: string; readonly nonce: string },
  port?: number,
): Promise<Matched> {
  return {
    t: 'matched',
    role,
    you,
    session: base64url(16),
    peer: { mapped: { address: '127.0.0.1', port: port ?? (await freePort()) }, share, nonce },
    startInMs: 0,
  };
}
