import type { Chat } from '../../events.ts';
import type { BareView } from '../copying/bare-view.ts';
import type { LogSwitch } from '../lines/log-switch.ts';
import { namedEditor } from '../terminal/named-editor.ts';
import type { CommandEffect, runCommandEffect } from '../commands/command-effects.ts';
import type { ScreenEffect, ScreenInput } from './screen-state.ts';
import { refusalOf } from './step-screen.ts';

type Use = (use: () => Promise<void>) => Promise<void>;

/** What the terminal is lent for. */
type Borrower = 'redraw' | 'shell' | 'editor' | 'bare-view';

export type EffectOf<Kind> = Extract<ScreenEffect, { readonly kind: Kind }>;

/** How long a second Ctrl-C confirms the first one. */
const CALM_MS = 2000;

/** How to lend the terminal to another program: both drawing and reading keys have to stop. */
export interface TerminalLoan {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  readonly suspend: Use;
  readonly lend: Use;
  /** Stops the process. Resolves when it continues. */
  readonly stop: () => Promise<void>;
}

/** How effects report back to the screen. `onBug` is for errors that nobody expects. */
export interface EffectsOptions {
  readonly dispatch: (input: ScreenInput) => void;
  readonly close: () => void;
  /** Writes sequences to the terminal that draw nothing. */
  readonly tell: (sequences: string) => void;
  /** Starts another chat in the place of one that has ended. */
  readonly begin: (wish: EffectOf<'begin'>) => void;
  readonly onBug: (error: unknown) => void;
}

/** Runs the effects that a step of the screen asks for. */
export class Effects {
  readonly #chats: readonly Chat[];
  readonly #logs: readonly LogSwitch[];
  readonly #options: EffectsOptions;
  readonly #ending = new AbortController();
  #calming: NodeJS.Timeout | undefined;
  #loan: TerminalLoan | undefined;
  #bareView: BareView | undefined;
  /** Undefined until it is loaded, a moment after the first frame. */
  runCommandEffect: typeof runCommandEffect | undefined;
  /**
   * Set while the terminal is lent: what for, and until when. `return`: nobody
   * has it any more, and the screen is being drawn again.
   */
  #lent: { readonly to: Borrower | 'return'; readonly until: Promise<void> } | undefined;

  constructor(chats: readonly Chat[], logs: readonly LogSwitch[], options: EffectsOptions) {
    this.#chats = chats;
    this.#logs = logs;
    this.#options = options;
  }

  /** Whether the terminal is lent, or is being drawn again. */
  get isLent(): boolean {
    return this.#lent !== undefined;
  }

  /** To be called when the screen was drawn for the first time. */
  attach(loan: TerminalLoan): void {
    this.#loan = loan;
  }

  /** Sets up and draws the terminal again, after another program may have changed it. */
  renew(): void {
    if (this.#lent?.to === 'return') {
      // This is already being done.
      return;
    }
    this.#lendTerminal('redraw', ({ suspend, lend }) => suspend(() => lend(() => Promise.resolve())));
  }

  /** Ends the editor that has the terminal, if there is one. Resolves when the terminal is back. */
  async takeBack(): Promise<void> {
    this.#ending.abort();
    await this.#lent?.until;
  }

  run(effect: ScreenEffect): void {
    switch (effect.kind) {
      case 'send': {
        this.#send(effect);
        break;
      }
      case 'typing': {
        this.#chats[effect.pane]?.typing();
        break;
      }
      case 'command':
      case 'files':
      case 'save-path':
      case 'copy':
      case 'complete': {
        void this.#runCommand(effect);
        break;
      }
      case 'bare-view': {
        this.#showBareView(effect);
        break;
      }
      case 'edit': {
        this.#edit(effect.pane, effect.text);
        break;
      }
      case 'redraw': {
        this.#redraw();
        break;
      }
      case 'suspend': {
        this.#suspend();
        break;
      }
      case 'begin': {
        this.#options.begin(effect);
        break;
      }
      case 'calm': {
        this.#calm();
        break;
      }
      case 'leave': {
        this.#chats.forEach((chat) => chat.leave());
        break;
      }
      case 'interrupt': {
        this.#chats.forEach((chat) => chat.interrupt(130));
        break;
      }
      case 'close': {
        this.#options.close();
        break;
      }
      default: {
        effect satisfies never;
      }
    }
  }

  #suspend(): void {
    if (this.#lent?.to === 'editor') {
      // The editor gets the signal, too, or is stopped already. The shell waits until all processes of the job
      // have stopped.
      void this.#loan?.stop();
    } else {
      this.#lendTerminal('shell', ({ suspend, lend, stop }) =>
        suspend(() => lend(() => stop().then(() => this.#takeTerminal()))),
      );
    }
  }

  #redraw(): void {
    if (this.#bareView === undefined) {
      // Ink draws everything again after a suspension, and has no other way to do so.
      this.#lendTerminal('redraw', (loan) => loan.suspend(() => Promise.resolve()));
    } else {
      this.#bareView.redraw();
    }
  }

  #send({ pane, text }: EffectOf<'send'>): void {
    try {
      this.#chats[pane]?.send(text);
    } catch (error) {
      this.#options.dispatch(refusalOf(error, pane, text));
    }
  }

  #calm(): void {
    clearTimeout(this.#calming);
    this.#calming = setTimeout(() => this.#options.dispatch({ kind: 'calm' }), CALM_MS).unref();
  }

  #showNotice(pane: number, text: string): void {
    this.#options.dispatch({ kind: 'notice', pane, text });
  }

  async #runCommand(effect: CommandEffect): Promise<void> {
    const chat = this.#chats[effect.pane];
    const log = this.#logs[effect.pane];
    if (chat === undefined || log === undefined) {
      return;
    }
    const { dispatch, tell, onBug } = this.#options;
    try {
      // Once it is loaded, a command has its effect before the message that follows it.
      const run = this.runCommandEffect ?? (await import('../commands/command-effects.ts')).runCommandEffect;
      const input = await run(effect, { chat, log, tell });
      if (input !== undefined) {
        dispatch(input);
      }
    } catch (error) {
      onBug(error);
    }
  }

  #showBareView({ chat, until, keys }: EffectOf<'bare-view'>): void {
    this.#lendTerminal('bare-view', async ({ suspend, lend, stdin, stdout }) => {
      await suspend(() =>
        lend(async () => {
          const [{ openBareView }, { viewText }] = await Promise.all([
            import('../copying/bare-view.ts'),
            import('../copying/bare-text.ts'),
          ]);
          if (!this.#ending.signal.aborted) {
            this.#bareView = openBareView({ stdin, stdout, text: viewText(chat, until), keys });
            this.#ending.signal.addEventListener('abort', this.#bareView.close);
            await this.#bareView.closed;
            this.#bareView = undefined;
          }
          this.#takeTerminal();
        }),
      );
    });
  }

  #edit(pane: number, text: string): void {
    const editor = namedEditor();
    if (editor === undefined) {
      this.#showNotice(pane, 'Set $VISUAL or $EDITOR to an editor first.');
      return;
    }
    this.#lendTerminal('editor', async ({ suspend, lend }) => {
      await suspend(() =>
        lend(async () => {
          const { editText } = await import('../terminal/editor.ts');
          const edited = await editText(text, editor, this.#ending.signal);
          this.#options.dispatch(
            'text' in edited
              ? { kind: 'edited', pane, text: edited.text }
              : { kind: 'notice', pane, text: edited.notice },
          );
          this.#takeTerminal();
        }),
      );
    });
  }

  /** The screen is drawn again from here on. Requests that come before that wait, and are not lost. */
  #takeTerminal(): void {
    if (this.#lent !== undefined) {
      this.#lent = { to: 'return', until: this.#lent.until };
    }
  }

  /**
   * Lends the terminal at once, or after a redraw, which is short. While
   * another program has it, requests are dropped: the screen is drawn again
   * anyway when that program has ended.
   */
  #lendTerminal(to: Borrower, use: (loan: TerminalLoan) => Promise<void>): void {
    const loan = this.#loan;
    const before = this.#lent;
    if (loan === undefined || before?.to === 'shell' || before?.to === 'editor') {
      return;
    }
    // The bare view makes room: what it shows can be shown again.
    this.#bareView?.close();
    const until = (before === undefined ? use(loan) : before.until.then(() => use(loan)))
      .catch((error: unknown) => this.#options.onBug(error))
      .finally(() => {
        if (this.#lent?.until === until) {
          this.#lent = undefined;
        }
      });
    this.#lent = { to, until };
  }
}
