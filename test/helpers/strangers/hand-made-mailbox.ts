import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Posted } from '../../../source/connect/places/mailbox/wire/room-entrance.ts';

export interface Request {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** Where a mailbox server differs from an honest one. */
export interface Lies {
  readonly welcome?: object;
  /** Whether its messages are binary ones. */
  readonly binary?: boolean;
  /**
   * What a side is told of a message, and in which order, each time that something is posted: by default that message.
   * `all` are all that were posted so far, that one the last.
   */
  readonly deliver?: (posted: Posted, to: string, all: readonly Posted[]) => readonly Posted[];
  /** Says something else, and returns true; false leaves the honest answer. */
  readonly answer?: (request: Request, webSocket: WebSocket) => boolean;
}

/** A mailbox server on loopback that is as honest as its test wants. It ends with the test. */
export async function startHandMadeMailbox({ welcome = {}, binary = false, deliver, answer }: Lies = {}) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', path: '/v1', perMessageDeflate: false });
  await once(server, 'listening');
  const requests: Request[] = [];
  const sides = new Map<string, WebSocket>();
  const posted: Posted[] = [];

  function tell(webSocket: WebSocket | undefined, message: object) {
    webSocket?.send(JSON.stringify(message), { binary });
  }
  function tellAll(one: Posted) {
    posted.push(one);
    for (const [side, webSocket] of sides) {
      for (const told of deliver?.(one, side, [...posted]) ?? [one]) {
        tell(webSocket, { type: 'message', ...told });
      }
    }
  }
  server.on('connection', (webSocket) => {
    let side = '';
    tell(webSocket, { type: 'welcome', welcome });
    webSocket.on('error', () => undefined);
    webSocket.on('close', () => {
      if (sides.get(side) === webSocket) {
        sides.delete(side);
      }
    });
    webSocket.on('message', (data) => {
      const request = JSON.parse((data as Buffer).toString()) as Request;
      requests.push(request);
      if (answer?.(request, webSocket) === true) {
        return;
      }
      tell(webSocket, { type: 'ack', id: request['id'] });
      switch (request.type) {
        case 'bind':
          side = String(request['side']);
          return;
        case 'allocate':
          return tell(webSocket, { type: 'allocated', nameplate: '7' });
        case 'claim':
          return tell(webSocket, { type: 'claimed', mailbox: 'the only one' });
        case 'open':
          sides.set(side, webSocket);
          for (const one of posted) {
            tell(webSocket, { type: 'message', ...one });
          }
          return;
        case 'add':
          return tellAll({ side, phase: String(request['phase']), body: String(request['body']) });
        case 'ping':
          return tell(webSocket, { type: 'pong', pong: request['ping'] });
      }
    });
  });
  onTestFinished(() => {
    for (const client of server.clients) {
      client.terminate();
    }
    server.close();
  });
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    posted,
    /** Says something to every side that has opened the mailbox. */
    say: (message: object) => {
      for (const webSocket of sides.values()) {
        tell(webSocket, message);
      }
    },
    /** Posts in the name of any side. */
    post: tellAll,
    /** The same as the bytes of one message. */
    sayBytes: (bytes: string | Uint8Array) => {
      for (const webSocket of server.clients) {
        webSocket.send(bytes);
      }
    },
    /** Ends all connections without a word. */
    cut: () => {
      for (const webSocket of server.clients) {
        webSocket.terminate();
      }
    },
    types: () => requests.map(({ type }) => type),
  };
}
