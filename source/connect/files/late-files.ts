import type { ConnectOptions } from '../connect-options.ts';
import type { FileStream } from '../session/file-stream.ts';
import type { CarriedFiles } from './carried-files.ts';
import type { Files, FilesListener, SendOptions } from './files.ts';

/**
 * The files of a connection. Their code is loaded only when there is a channel
 * or something to send, because it is large and the first frame of a screen
 * needs none of it.
 */
export class LateFiles {
  readonly #stream: FileStream;
  readonly #options: Pick<ConnectOptions, 'downloads' | 'acceptHidden'>;
  readonly #listener: FilesListener;
  readonly #carried: CarriedFiles | undefined;
  #loading: Promise<Files> | undefined;
  #files: Files | undefined;
  /** Calls of `send` that are not answered yet. */
  #sending = 0;
  #isPaused = false;
  #endedFor: string | undefined;

  constructor(
    stream: FileStream,
    options: Pick<ConnectOptions, 'downloads' | 'acceptHidden'>,
    listener: FilesListener,
    carried?: CarriedFiles,
  ) {
    this.#carried = carried;
    this.#stream = stream;
    this.#options = options;
    this.#listener = listener;
  }

  load(): Promise<Files> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  get isIdle(): boolean {
    return this.#sending === 0 && (this.#files?.isIdle ?? this.#carried === undefined);
  }

  /** See Connection.sendFile(). */
  async send(path: string, options: SendOptions): Promise<string> {
    this.#sending += 1;
    try {
      options.signal?.throwIfAborted();
      const files = await this.load();
      return await files.send(path, options);
    } finally {
      this.#sending -= 1;
      this.#listener.onChange();
    }
  }

  cancel(id: string): void {
    this.#files?.cancel(id);
  }

  cancelAll(): void {
    this.#files?.cancelAll();
  }

  /** See Files. Undefined if there is nothing that could be under way. */
  carry(): CarriedFiles | undefined {
    return this.#files?.carry();
  }

  /** See Files. */
  pause(): void {
    this.#isPaused = true;
    this.#files?.pause();
  }

  resume(): void {
    this.#isPaused = false;
    this.#files?.resume();
  }

  end(reason: string): void {
    this.#endedFor ??= reason;
    this.#files?.end(reason);
  }

  async #load(): Promise<Files> {
    const { Files } = await import('./files.ts');
    const { downloads = process.cwd(), acceptHidden } = this.#options;
    const files = new Files(this.#stream, downloads, this.#listener, acceptHidden, this.#carried);
    this.#files = files;
    if (this.#isPaused) {
      files.pause();
    }
    if (this.#endedFor !== undefined) {
      files.end(this.#endedFor);
    }
    return files;
  }
}
