import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Host } from '../../../source/lab/host.ts';
import { patienceMs } from '../eventually.ts';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export interface Dialled {
  /** `connected`, `silence` if nothing came until the timeout, or the code of the error. */
  readonly outcome: string;
  readonly localPort: number;
  /** The time from the first SYN to the answer or to the timeout. */
  readonly ms: number;
  /** Our endpoint, as the listener at the other end sees it. */
  readonly seen?: Endpoint;
}

export interface DialOptions {
  /** The local port. By default 0, which takes any. */
  readonly from?: number;
  /** The local address. By default the one that the routes choose. */
  readonly address?: string;
  /** How long to wait for an answer. By default as long as the test may. */
  readonly timeoutMs?: number;
}

/** An order to an agent, see agent-program.ts. */
export type Order =
  | { do: 'listen'; at: Endpoint }
  | { do: 'arrival' }
  | { do: 'dial'; from: Endpoint; to: Endpoint; until: 'greeted' | 'connected'; timeoutMs: number }
  | { do: 'say'; text: string }
  | { do: 'hear' }
  | { do: 'hang-up' };

/** A program that dials and listens inside a host. */
export interface Agent {
  /** Listens until the lab ends; port 0 takes any. Resolves with the port. */
  listen(port: number, address?: string): Promise<Endpoint>;
  /** The remote endpoint of the next connection that a listener accepts. */
  arrival(): Promise<Endpoint>;
  /** Dials the listener of another agent. Resolves when that one has greeted, or with what went wrong. */
  dial(to: Endpoint, options?: DialOptions): Promise<Dialled>;
  /** Dials an agent that dials back. Resolves when both are connected. */
  meet(to: Endpoint, options?: DialOptions): Promise<Dialled>;
  /** Writes on the latest connection. */
  say(text: string): Promise<void>;
  /** The text that the latest connection has received since the last call, as soon as there is some. */
  hear(): Promise<string>;
  /** Closes all connections and listeners. */
  hangUp(): Promise<void>;
}

const program = fileURLToPath(new URL('agent-program.ts', import.meta.url));

/** The `timeoutMs` for tests that expect no answer. In a lab without delays, answers take a few milliseconds. */
export const silenceMs = 400;

/** Options for an expected outcome: silence is not waited for as long as an answer. */
export function patience(outcome: string): DialOptions {
  return outcome === 'silence' ? { timeoutMs: silenceMs } : {};
}

/** Starts an agent in a host. It ends with the lab. */
export function startAgent(host: Host): Agent {
  const child = host.spawn([process.execPath, program]);
  const complaints: string[] = [];
  child.stderr.on('data', (data) => complaints.push(String(data)));
  const pending = new Map<number, { resolve: (answer: unknown) => void; reject: (error: Error) => void }>();
  let lastId = 0;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const { answer, id } = JSON.parse(line) as { id: number; answer: unknown };
    pending.get(id)?.resolve(answer);
    pending.delete(id);
  });
  child.stdout.once('end', () => {
    for (const { reject } of pending.values()) {
      reject(new Error(`agent in ${host.name}: ${complaints.join('')}`));
    }
  });
  function tell<Answer>(order: Order): Promise<Answer> {
    return new Promise<unknown>((resolve, reject) => {
      lastId += 1;
      pending.set(lastId, { resolve, reject });
      child.stdin.write(`${JSON.stringify({ id: lastId, order })}\n`);
    }) as Promise<Answer>;
  }

  return {
    listen: (port, address = '0.0.0.0') => tell({ do: 'listen', at: { address, port } }),
    arrival: () => tell({ do: 'arrival' }),
    dial: (to, options) => tell({ do: 'dial', to, until: 'greeted', ...dialDefaults(to, options) }),
    meet: (to, options) => tell({ do: 'dial', to, until: 'connected', ...dialDefaults(to, options) }),
    say: (text) => tell({ do: 'say', text }),
    hear: () => tell({ do: 'hear' }),
    hangUp: () => tell({ do: 'hang-up' }),
  };
}

function dialDefaults(to: Endpoint, { address, from = 0, timeoutMs = patienceMs() }: DialOptions = {}) {
  return {
    from: { address: address ?? (to.address.includes(':') ? '::' : '0.0.0.0'), port: from },
    timeoutMs,
  };
}
