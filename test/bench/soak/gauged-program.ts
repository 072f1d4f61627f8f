import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export type GaugeOrder = 'cut' | 'measure';

/** The memory of a process after a collection. */
export interface Held {
  /** V8's heap, and memory outside of it that belongs to its objects, such as buffers. */
  readonly liveBytes: number;
  readonly residentBytes: number;
}

function pathOf(relative: string) {
  return fileURLToPath(new URL(relative, import.meta.url));
}
const program = pathOf('../../../dist/punchline.cjs');
const gauge = pathOf('gauge.ts');

/** The built command in a process with a gauge. Its stdout is lines of JSON. */
export class GaugedProgram {
  /** Resolves with its exit code, or the name of the signal that ended it. */
  readonly ended: Promise<number | string>;
  readonly #child: ChildProcess;

  constructor(words: readonly string[], home: string, onLine: (line: Record<string, unknown>) => void) {
    const child = spawn(process.execPath, ['--expose-gc', '--import', gauge, program, ...words], {
      stdio: ['pipe', 'pipe', 'ignore', 'ipc'],
      env: { PATH: process.env['PATH'], HOME: home },
    });
    this.#child = child;
    this.ended = once(child, 'exit').then(([code, signal]: unknown[]) => (code ?? signal) as number | string);
    // The program may have ended when we write.
    child.stdin?.on('error', () => undefined);
    child.on('error', () => undefined);
    if (child.stdout !== null) {
      createInterface(child.stdout).on('line', (line) => onLine(JSON.parse(line) as Record<string, unknown>));
    }
  }

  say(line: string): void {
    this.#child.stdin?.write(`${line}\n`);
  }

  /** Resets all its connections, like a network that fails. */
  cut(): void {
    this.#order('cut');
  }

  /** Its memory, and the number of its open files and sockets. */
  async measure(): Promise<Held & { readonly handles: number }> {
    const child = this.#child;
    const held = await new Promise<Held>((resolve, reject) => {
      function onExit() {
        return reject(new Error('a program that was to last has ended'));
      }
      child.once('exit', onExit);
      child.once('message', (message) => {
        child.off('exit', onExit);
        resolve(message as Held);
      });
      this.#order('measure');
    });
    return { ...held, handles: readdirSync(`/proc/${child.pid}/fd`).length };
  }

  endInput(): void {
    this.#child.stdin?.end();
  }

  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.ended;
  }

  #order(order: GaugeOrder): void {
    if (this.#child.connected) {
      this.#child.send(order);
    }
  }
}
