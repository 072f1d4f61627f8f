import type { Happening, PunchlineEvent } from '../../events.ts';
import type { Server } from '../../network/endpoint.ts';
import { formatTarget } from '../../connect/streams/target.ts';
import { safeText } from '../../text/safe-text.ts';
import { fitFor } from '../../ui/lines/hanging-text.ts';
import { omittedLine, Outlet } from '../../ui/lines/outlet.ts';
import { createPlainPrinter } from '../../ui/lines/plain.ts';
import { screenSettings, whyLines } from '../../ui/settings/screen-settings.ts';
import { LiveLine } from '../../ui/terminal/live-line.ts';
import { asciiMarks } from '../../ui/text/ascii-marks.ts';
import type { Config } from '../settings/config.ts';

/** How often the number of connections is drawn. */
const DRAWN_MS = 500;
/** Bounds what is told of connections that have failed: a peer can make as many as it likes. */
const MAX_TOLD = 50;

/** How many connections are carried. */
export interface Counted {
  readonly open: number;
  readonly total: number;
}

/** Tells on stderr what becomes of a forward, and on a terminal how many connections it carries. */
export class ForwardFace {
  readonly #outlet = new Outlet(process.stderr, { missing: omittedLine });
  readonly #print: (event: PunchlineEvent) => void;
  readonly #line: LiveLine | undefined;
  readonly #told = new Set<string>();

  /** @param inviteWords what the other side runs, without the invite. */
  constructor(config: Config, streams: Counted, inviteWords: string) {
    const { stderr } = process;
    const { ascii } = screenSettings({}, process.env, config);
    function status(): string {
      const text = streams.total === 0 ? '' : `${streams.open} open · ${streams.total} in all`;
      return ascii ? asciiMarks(text) : text;
    }
    const canDraw = stderr.isTTY && whyLines({}, process.env, config, process.platform) === undefined;
    this.#line = canDraw
      ? new LiveLine({ stream: stderr, text: status, atMostEveryMs: DRAWN_MS, isMoving: true })
      : undefined;
    this.#print = createPlainPrinter((text) => this.write(text), {
      command: 'forward',
      inviteWords,
      terminal: stderr,
    });
  }

  tell(happening: Happening): void {
    this.#print({ v: 1, at: Date.now(), ...happening });
  }

  listening(at: Server, target: string): void {
    this.#say(`listening at ${formatTarget(at)}: connections go to ${target} of the other side`);
  }

  allow(targets: readonly string[]): void {
    if (targets.length > 0) {
      this.#say(`the other side may reach ${targets.join(', ')} from here`);
    }
  }

  /** Each reason is told once. */
  failed(target: string, reason: string): void {
    const sentence = `a connection to ${target} has failed: ${reason}`;
    if (this.#told.size < MAX_TOLD && !this.#told.has(sentence)) {
      this.#told.add(sentence);
      this.#say(sentence);
    }
  }

  write(text: string): void {
    if (this.#line === undefined) {
      this.#outlet.write(text);
    } else {
      this.#line.write(text);
    }
  }

  end(): void {
    this.#line?.end();
    this.#outlet.end();
  }

  #say(sentence: string): void {
    this.write(`${fitFor(process.stderr, `* ${safeText(sentence)}`)}\n`);
  }
}
