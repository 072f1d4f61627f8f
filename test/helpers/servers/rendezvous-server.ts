import { onTestFinished } from 'vitest';
import type { JoinMessage } from '../../../source/protocol/rendezvous-messages.ts';
import type { Limits } from '../../../source/server/limits.ts';
import type { Certificate } from '../../../source/server/web/certificate.ts';
import { serve, type Server, type ServeOptions } from '../../../source/server/serve.ts';
import { eventually } from '../eventually.ts';
import { textHeader } from './proxy-headers.ts';
import { WireClient } from './wire-client.ts';
import { base64url, joinMessage } from './wire-messages.ts';

export { base64url, joinMessage };

/** The address of a balancer on loopback, whose PROXY headers tell the addresses of its clients. */
const balancer = '127.0.0.99';
export const behindBalancer = { proxyProtocol: [`${balancer}/32`] } as const;

/** A server on loopback. It ends with the test, after its clients. */
export class TestServer {
  readonly #server: Server;
  readonly #clients: WireClient[] = [];
  /**
   * Whether rooms are kept for returning clients for longer than a test takes.
   * Then they do not count as left over.
   */
  readonly #keepsRooms: boolean;

  private constructor(server: Server, keepsRooms: boolean) {
    this.#server = server;
    this.#keepsRooms = keepsRooms;
  }

  /**
   * By default rooms end at once, so that each test can check that none is
   * left. If clients are to return, set `returnMs` to a minute: a short time
   * could be over before they are back.
   */
  static async start(options: ServeOptions = {}, limits: Partial<Limits> = {}): Promise<TestServer> {
    const server = await serve({
      port: 0,
      host: '127.0.0.1',
      ...options,
      limits: { returnMs: 1, drainMs: 50, ...limits },
    });
    const test = new TestServer(server, (limits.returnMs ?? 0) >= 60_000);
    onTestFinished(() => test.#end());
    return test;
  }

  /** With a local port (0: any), the socket is bound explicitly, so that a listener can share the port. */
  async connect(host?: string, localPort?: number, localAddress?: string): Promise<WireClient> {
    const client = await WireClient.connect(this.#server.port, host, localPort, localAddress);
    this.#clients.push(client);
    return client;
  }

  /** Connects from any address, at a server that is `behindBalancer`. */
  async connectFrom(address: string): Promise<WireClient> {
    const client = await this.connect('127.0.0.1', 0, balancer);
    const destination = address.includes(':') ? '2001:db8::1' : '192.0.2.1';
    client.socket.write(textHeader({ address, port: client.port, destination, destinationPort: 8877 }));
    return client;
  }

  async probe(host?: string): Promise<WireClient> {
    const client = await WireClient.connect(this.#server.probePort, host);
    this.#clients.push(client);
    return client;
  }

  /** A client that has opened a room and waits in it. */
  async opener(fields: Partial<JoinMessage> = {}) {
    const client = await this.connect();
    const join = joinMessage({ number: 0, ...fields });
    client.send({ t: 'open', v: 1, client: join.client });
    const opened = await client.expect('opened');
    const message = { ...join, number: opened.number };
    client.send(message);
    await client.expect('waiting');
    return { client, opened, join: message, number: opened.number };
  }

  /** Two matched clients. `guest` is the connection of the one that comes second. */
  async pair(guest?: WireClient) {
    const b = await this.opener();
    const client = guest ?? (await this.connect());
    const join = joinMessage({ number: b.number });
    client.send(join);
    const matched = await client.expect('matched');
    return { b: { ...b, matched: await b.client.expect('matched') }, a: { client, join, matched } };
  }

  /** Ends the server. No connection or room may be left after the last client, and no handle after the server. */
  async #end(): Promise<void> {
    for (const { socket } of this.#clients) {
      socket.destroy();
    }
    await this.settled();
    await this.#server.close();
  }

  get port(): number {
    return this.#server.port;
  }

  get metricsPort(): number | undefined {
    return this.#server.metricsPort;
  }

  get probePort(): number {
    return this.#server.probePort;
  }

  useCertificate(certificate: Certificate): void {
    this.#server.useCertificate(certificate);
  }

  counts() {
    return this.#server.counts();
  }

  close(): Promise<void> {
    return this.#server.close();
  }

  destroy(): void {
    this.#server.destroy();
  }

  /** Resolves when there is no connection left, and no room in which somebody waits. */
  async settled(): Promise<void> {
    const isLeft = () => {
      const { connections, classicWaiting, rooms, seats, probes, relays, relaysWaiting } = this.counts();
      const kept = this.#keepsRooms ? rooms : 0;
      return connections + classicWaiting + rooms - kept + seats + probes + relays + relaysWaiting > 0;
    };
    await eventually(() => {
      if (isLeft()) {
        throw new Error(`left: ${JSON.stringify(this.counts())}`);
      }
    });
  }
}
