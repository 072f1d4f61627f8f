/**
 * A rendezvous that plays the man in the middle: it stands before a real one,
 * reads and rewrites every line, and keeps every byte that it is sent.
 */
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { createLineDecoder } from '../../../source/protocol/line-decoder.ts';
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

export interface Victim {
  /** In the order of coming, from 0. */
  readonly n: number;
  /** From where it came, which is where its punch listens. */
  readonly endpoint: Endpoint;
  /** What the attacker says to it by itself. */
  readonly tell: (message: ServerMessage) => void;
  /** For what is no message. */
  readonly socket: Socket;
}

/** What becomes of a line; undefined swallows it. */
export interface Rewriting {
  readonly fromVictim?: (message: ClientMessage, victim: Victim) => ClientMessage | undefined;
  readonly toVictim?: (message: ServerMessage, victim: Victim) => ServerMessage | undefined;
}

export class Middle {
  readonly victims: Victim[] = [];
  readonly #heard: Buffer[] = [];
  readonly #listener: Server;
  /** Whose connection the real rendezvous sees under this port. */
  readonly #behind = new Map<number, Endpoint>();
  /** Nobody listens there: where a victim is seen by probes would be the middle's affair, too. */
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

  /** All that the attacker was ever sent, here and elsewhere: lines, and what is inside their seals. */
  get heard(): string {
    return Buffer.concat(this.#heard).toString('latin1');
  }

  /** Adds to what was heard: of a relay of the same attacker. */
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
    // Only when there is something to pass on: the real rendezvous takes who is silent for an old program.
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

  /** The real rendezvous sees the middle's own sockets. */
  #asSeenFromHere(message: ServerMessage, victim: Victim): ServerMessage {
    if (!('you' in message)) {
      return message;
    }
    if (message.t !== 'matched') {
      return { ...message, you: victim.endpoint };
    }
    const peer = this.#behind.get(message.peer.mapped.port) ?? message.peer.mapped;
    return { ...message, you: victim.endpoint, peer: { ...message.peer, mapped: peer } };
  }
}

export type Matched = MessageOf<ServerMessage, 'matched'>;

/** How a victim is said to be seen. Not where it is: nothing depends on it. */
export const you: Endpoint = { address: '127.0.0.1', port: 40_000 };

/** Lets nobody meet, and plays the other one itself: with what it says to each line. */
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

/** To one who plays `role`, with a peer that has this share; by default nobody is at its endpoint. */
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
