import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Host } from '../../../source/lab/host.ts';
import { patienceMs } from '../eventually.ts';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export interface Dialled {
  /** `connected`, `silence` until the timeout, or the error's code. */
  readonly outcome: string;
  readonly localPort: number;
  /** From the first SYN to the answer or the end of waiting. */
  readonly ms: number;
  /** From where the listener at the other end saw us. */
  readonly seen?: Endpoint;
}

export interface DialOptions {
  /** The local port; 0, the default, takes any. */
  readonly from?: number;
  /** The local address; default: the one that the routes choose. */
  readonly address?: string;
  /** How long to wait for an answer; default: as long as the test may. */
  readonly timeoutMs?: number;
}

/** What an agent can be told to do; see agent-program.ts. */
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
  /** The next connection that a listener accepted: from where it came. */
  arrival(): Promise<Endpoint>;
  /** Dials a listener of an agent, and resolves when that one has greeted, or with what went wrong. */
  dial(to: Endpoint, options?: DialOptions): Promise<Dialled>;
  /** Dials somebody who dials back: resolves when connected. */
  meet(to: Endpoint, options?: DialOptions): Promise<Dialled>;
  /** Writes on the latest connection. */
  say(text: string): Promise<void>;
  /** What the latest connection has received since the last time, as soon as there is something. */
  hear(): Promise<string>;
  /** Closes all connections and listeners. */
  hangUp(): Promise<void>;
}

const program = fileURLToPath(new URL('agent-program.ts', import.meta.url));

/** Passed as `timeoutMs` where no answer is expected: answers take a few milliseconds in a lab without delays. */
export const silenceMs = 400;

/** How long to wait for an expected outcome: for silence not as long as for an answer. */
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
