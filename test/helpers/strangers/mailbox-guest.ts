import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { WebSocket } from 'ws';
import {
  encodeBody,
  formatPhase,
  type RoomMessage,
  type RoomPhase,
} from '../../../source/connect/places/mailbox/wire/room-messages.ts';
import { Heard } from '../eventually.ts';
import { strangersShare } from './strangers-share.ts';

interface Said {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** A client of a mailbox server that does what the test tells it to. */
export class MailboxGuest {
  readonly heard = new Heard<Said>();
  readonly nonce = Uint8Array.from(randomBytes(16));
  readonly #webSocket: WebSocket;

  private constructor(webSocket: WebSocket) {
    this.#webSocket = webSocket;
    webSocket.on('message', (data) => this.heard.add(JSON.parse((data as Buffer).toString()) as Said));
    webSocket.on('error', () => undefined);
    onTestFinished(() => webSocket.terminate());
  }

  /** Connects, and says who it is. */
  static async come(url: string, side = randomBytes(5).toString('hex')): Promise<MailboxGuest> {
    const webSocket = new WebSocket(url, { perMessageDeflate: false });
    const guest = new MailboxGuest(webSocket);
    await once(webSocket, 'open');
    guest.say({ type: 'bind', appid: 'punchline/1', side });
    return guest;
  }

  say(message: Said): void {
    this.#webSocket.send(JSON.stringify(message));
  }

  /** Claims the room and opens its mailbox. */
  async enter(number: number): Promise<void> {
    this.say({ type: 'claim', nameplate: String(number) });
    const { mailbox } = await this.heard.first(({ type }) => type === 'claimed');
    this.say({ type: 'open', mailbox });
  }

  add(phase: RoomPhase, message: RoomMessage): void {
    this.say({ type: 'add', phase: formatPhase(phase), body: encodeBody(message) });
  }

  /** Posts a first message, as a guest of a room, or of an own code. */
  join(number: number, fields: Partial<Extract<RoomMessage, { t: 'join' }>> = {}): void {
    const seat = number < 1000 ? 'a' : 'own';
    this.add(
      { nonce: this.nonce, seat, count: 0 },
      { t: 'join', share: strangersShare(), rttMs: 1, ...fields },
    );
  }

  /** Resolves when the server has handled all that was said. */
  async settled(): Promise<void> {
    const ping = Math.floor(Math.random() * 1e9);
    this.say({ type: 'ping', ping });
    await this.heard.first(({ type, pong }) => type === 'pong' && pong === ping);
  }

  leave(): void {
    this.#webSocket.close();
  }
}
