import { createInterface } from 'node:readline';
import type { Host } from '../../../source/lab/host.ts';
import { typescriptNode } from '../programs/typescript-program.ts';

interface Listener {
  readonly onTold: (told: unknown) => void;
  readonly onClose: (complaints: string) => void;
}

/** One of the users of a program in a host. */
export interface ProgramUser<Order> {
  readonly order: (order: Order) => void;
  /** Tells the program that no order comes any more. */
  readonly end: () => void;
}

/** A program in a host of a lab that serves all its users there. It ends with the lab. */
class HostProgram {
  readonly #child: ReturnType<Host['spawn']>;
  readonly #users: Listener[] = [];

  constructor(host: Host, program: string) {
    this.#child = host.spawn([...typescriptNode, program]);
    const complaints: string[] = [];
    this.#child.stderr.on('data', (data) => complaints.push(String(data)));
    createInterface({ input: this.#child.stdout })
      .on('line', (line) => {
        const [n, told] = JSON.parse(line) as [number, unknown];
        this.#users[n]?.onTold(told);
      })
      .on('close', () => {
        for (const { onClose } of this.#users) {
          onClose(complaints.join(''));
        }
      });
  }

  use<Order>(listener: Listener): ProgramUser<Order> {
    const n = this.#users.push(listener) - 1;
    const write = (order: Order | null) => void this.#child.stdin.write(`${JSON.stringify([n, order])}\n`);
    return { order: write, end: () => write(null) };
  }
}

const programs = new WeakMap<Host, Map<string, HostProgram>>();

/** Becomes a user of a program in this host. The first one starts it. `onClose`: it has ended, and complained of this. */
export function useProgram<Order>(
  host: Host,
  program: string,
  { onTold, onClose = () => undefined }: Pick<Listener, 'onTold'> & Partial<Listener>,
): ProgramUser<Order> {
  const inHost = programs.get(host) ?? new Map<string, HostProgram>();
  programs.set(host, inHost);
  const running = inHost.get(program) ?? new HostProgram(host, program);
  inHost.set(program, running);
  return running.use({ onTold, onClose });
}
