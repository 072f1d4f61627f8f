import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Figure } from '../figure.ts';
import { leftOver, load } from '../server/programs.ts';
import { GaugedProgram } from './gauged-program.ts';
import { startMuteProxy } from './mute-proxy.ts';
import { Samples } from './samples.ts';
import { Talk } from './talk.ts';

/**
 * The rate of pairs of bare sockets that connect, are matched, and leave: a
 * small load, which leaves time for everything else.
 */
const CROWD_PER_SECOND = 20;
/** The interval at which a pair of programs comes, talks, and leaves. Each takes half a second of a core. */
const PASSER_EVERY_MS = 4000;
const PASSER_NUMBERS = 20;
/** The interval at which the pairs that stay send a number, and the time between a return and the next cut. */
const SAY_EVERY_MS = 1000;
const CUT_EVERY_MS = 4000;
/** Bounds every step that should take seconds, on a machine with other work. */
const PATIENCE_MS = 60_000;
const SAMPLE_EVERY_MS = 5000;
/** Bounds the work: the trend takes quadratic time. */
const MAX_SAMPLES = 400;
const TELL_EVERY_MS = 60_000;

/**
 * Runs a rendezvous, two pairs that stay and are cut again and again, pairs
 * that come and go, and a crowd, for so many minutes. Rejects when the signal
 * aborts, or if something takes far too long.
 */
export async function soak(
  minutes: number,
  signal: AbortSignal,
  tell: (line: string) => void,
): Promise<Figure[]> {
  const home = mkdtempSync(join(tmpdir(), 'punchline-soak-'));
  const cleanUps: (() => unknown)[] = [() => rmSync(home, { recursive: true, force: true })];
  const ours = new AbortController();
  const stop = AbortSignal.any([signal, ours.signal]);
  function patience() {
    return AbortSignal.any([stop, AbortSignal.timeout(PATIENCE_MS)]);
  }
  const ms = minutes * 60_000;
  const deadline = performance.now() + ms;
  /**
   * Runs something again and again until the time is over. Each run starts so
   * long after the start of the one before, or at once if that one took longer.
   */
  async function every(periodMs: number, run: () => unknown) {
    while (performance.now() < deadline) {
      const next = Math.min(performance.now() + periodMs, deadline);
      await run();
      await sleep(Math.max(0, next - performance.now()), undefined, { signal: stop });
    }
  }

  try {
    const { server, port, probePort, metricsPort } = await startServer(home);
    cleanUps.push(() => server.end());
    const proxy = await startMuteProxy(port);
    cleanUps.push(() => proxy.close());

    let lastNumber = 1000;
    async function begin(relay: 'never' | 'always', firstPort = port) {
      lastNumber += 1;
      const talk = new Talk({ ports: [firstPort, port], probePort, number: lastNumber, relay, home });
      cleanUps.push(() => talk.end());
      await talk.begun(patience());
      return talk;
    }
    const direct = await begin('never');
    const relayed = await begin('always', proxy.port);
    const staying = [direct, relayed];
    const [one, other] = direct.programs;
    const [muted, unmuted] = relayed.programs;
    const samples = new Samples({
      server,
      'a direct client that is cut': one,
      'its peer': other,
      'a relayed client that is cut': muted,
      'the peer of that': unmuted,
    });

    const passers = { began: 0, well: 0 };
    async function pass() {
      passers.began += 1;
      const talk = await begin(passers.began % 2 === 0 ? 'always' : 'never');
      for (let n = 0; n < PASSER_NUMBERS; n += 1) {
        talk.say();
      }
      await talk.allHeard(patience());
      const exits = await talk.leave();
      cleanUps.pop();
      if (talk.wrong === 0 && exits.every((exit) => exit === 0)) {
        passers.well += 1;
      }
    }
    const cuts = { direct: 0, relayed: 0 };
    const [crowd] = await Promise.all([
      load<{ matched: number; started: number }>(['pairs', port, CROWD_PER_SECOND, ms / 1000]),
      every(PASSER_EVERY_MS, pass),
      every(SAY_EVERY_MS, () => {
        for (const talk of staying) {
          talk.say();
        }
      }),
      every(CUT_EVERY_MS, async () => {
        await direct.survive(() => one.cut(), patience());
        cuts.direct += 1;
      }),
      every(CUT_EVERY_MS, async () => {
        await relayed.survive(() => proxy.mute(), patience());
        cuts.relayed += 1;
      }),
      every(Math.max(SAMPLE_EVERY_MS, ms / MAX_SAMPLES), () => samples.take()),
      every(TELL_EVERY_MS, () => {
        const minute = Math.round((performance.now() - deadline + ms) / 60_000);
        tell(
          `${minute} min: ${passers.well} passers, ${cuts.direct} and ${cuts.relayed} cuts; ${samples.text}`,
        );
      }),
    ]);
    tell(`${passers.well} passers, ${cuts.direct} and ${cuts.relayed} cuts; ${samples.text}`);

    await Promise.all(staying.map((talk) => talk.allHeard(patience())));
    const exits = (await Promise.all(staying.map((talk) => talk.leave()))).flat();
    const wrong = staying.reduce((sum, talk) => sum + talk.wrong, 0);
    return [
      { name: 'crowd: pairs matched', value: crowd.matched / crowd.started, atLeast: 1 },
      { name: 'passers: that heard all and left with 0', value: passers.well / passers.began, atLeast: 1 },
      { name: 'cuts that both came back from', value: cuts.direct + cuts.relayed, atLeast: 2 },
      { name: 'those who stayed: numbers lost, repeated or out of order', value: wrong, atMost: 0 },
      {
        name: 'those who stayed: that left with another code than 0',
        value: exits.filter((exit) => exit !== 0).length,
        atMost: 0,
      },
      ...samples.figures(),
      {
        name: 'server: connections, rooms and seats left',
        value: await leftOver({ metricsPort }),
        atMost: 0,
      },
    ];
  } finally {
    ours.abort();
    for (const cleanUp of cleanUps.toReversed()) {
      await cleanUp();
    }
  }
}

async function startServer(home: string) {
  const { promise, resolve } = Promise.withResolvers<Record<string, unknown>>();
  const words = ['serve', '--port', '0', '--host', '127.0.0.1', '--metrics', '0', '--log-level', 'silent'];
  // All clients come from one machine.
  const server = new GaugedProgram([...words, '--exempt', '127.0.0.0/8'], home, resolve);
  const { port = 0, probePort = 0, metricsPort = 0 } = (await promise) as Record<string, number>;
  return { server, port, probePort, metricsPort };
}
