import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import type { SocketOrigin } from '../../network/dial.ts';
import type { AttemptEvent, AttemptOutcome, Endpoint, Family } from '../../events.ts';
import { dialsOf, type RoundPlan } from './plan/punch-plan.ts';
import type { SpraySize } from './plan/spray-budget.ts';
import { dialAgain, firstOf, type Dialled, PunchPort } from './ports/punch-port.ts';
import { pause } from '../../network/waiting.ts';
import { burst, fan } from './ports/spray.ts';

/**
 * How long a dial waits for an answer. The kernel sends its SYN at 0, 1 and 3 s.
 * We must not close it earlier: it may be half open, and then closing sends RST.
 */
const DIAL_PATIENCE_MS = 3000;
/**
 * A peer whose dial is refused dials again. That closes its listener, and with
 * it a connection that we have just made there (seen with a NAT that answers
 * with RST, and a predicted port). The peer stops after 400 ms and a round trip.
 * Until then we dial again what was cut off.
 */
const CUT_OFF_MS = 1000;
/** How long a side still listens after its last round, because the peer may still dial in its own last one. */
const LAST_ROUND_MS = 1000;

const noMoreFiles = 'too many open files';

export interface Round {
  readonly plan: RoundPlan;
  /** In ms from now. */
  readonly startInMs: number;
  readonly localPort: number;
  /** Resolves when we learn that this round leads to nothing. The next one follows at once. */
  readonly vain?: Promise<void>;
}

/** Where attempts and sockets are handed on, and what ends them. */
export interface Ways {
  readonly onAttempt: (attempt: Omit<AttemptEvent, 'event'>) => void;
  /** Hands on a connection, dialled or accepted, that has not proven itself. The receiver owns it. */
  readonly onSocket: (socket: Socket, origin: SocketOrigin) => void;
  /** Aborted when a channel is won, or none is wanted any more. It ends everything but the sockets that were handed on. */
  readonly signal: AbortSignal;
}

export interface PunchOptions extends Ways {
  readonly family: Family;
  /** The peer's mapped address. */
  readonly address: string;
  readonly attempts: number;
  /** Gives round `n`, from 1. Both sides agree on it through the place. Undefined ends the rounds. */
  readonly round: (n: number) => Round | Promise<Round | undefined>;
  readonly onPlan: (plan: RoundPlan) => void;
  readonly spraySize: SpraySize;
}

/** Plays rounds of punching until all are over, or the signal ends them. */
export async function punch(options: PunchOptions): Promise<void> {
  const { attempts, signal } = options;
  const ports: Ports = { byNumber: new Map(), lacking: 0 };
  let coming: Round | undefined | Promise<Round | undefined> = options.round(1);
  for (let n = 1; n <= attempts && !signal.aborted; n += 1) {
    // The first round is known at once, and its SYN matters most. It must leave before the next turn of the loop.
    const round: Round | undefined = coming instanceof Promise ? await coming : coming;
    // A connection that is under way, or that the peer has nominated already, still arrives.
    if (round === undefined) {
      return pause(LAST_ROUND_MS, signal);
    }
    if (round.startInMs > 0) {
      await pause(round.startInMs, signal);
    }
    if (signal.aborted) {
      return;
    }
    const started = playRound(n, round, ports, options);
    if (n === attempts) {
      await Promise.all([started, pause(LAST_ROUND_MS, signal)]);
      break;
    }
    if (round.plan.patienceMs > 0) {
      await started;
    }
    if (signal.aborted) {
      return;
    }
    coming = options.round(n + 1);
    // A round without patience lasts until the next one is agreed on. Its dials go on after that.
    if (round.plan.patienceMs === 0) {
      coming = await coming;
    }
  }
}

/** The ports that we dial from. */
interface Ports {
  readonly byNumber: Map<number, PunchPort>;
  /** How many dials could not leave, because no more files may be open. */
  lacking: number;
}

function portFor(localPort: number, ports: Ports, options: PunchOptions): PunchPort {
  const { family, onSocket, signal } = options;
  const known = ports.byNumber.get(localPort);
  if (known !== undefined) {
    return known;
  }
  const onLack = countLack(ports);
  const opened = new PunchPort({ family, localPort, patienceMs: DIAL_PATIENCE_MS, onSocket, onLack, signal });
  ports.byNumber.set(localPort, opened);
  return opened;
}

function countLack(ports: Ports): () => void {
  return () => {
    ports.lacking += 1;
  };
}

async function playRound(n: number, round: Round, ports: Ports, options: PunchOptions): Promise<void> {
  const { address, attempts, onAttempt, signal, spraySize } = options;
  const { plan } = round;
  const port = portFor(round.localPort, ports, options);
  const lackedBefore = ports.lacking;
  const startedAt = performance.now();
  const targets = plan.targets.map((target) => ({ ...target, address }));
  const [main] = targets;
  if (main === undefined) {
    throw new Error('a round without a target');
  }
  const kind = plan.spray === 'burst' ? 'sprayed' : main.kind;
  const { port: targetPort } = main;
  function report(outcome: AttemptOutcome, planned: number) {
    const lacking = ports.lacking - lackedBefore;
    const dials = Math.max(0, planned - lacking);
    return onAttempt({
      n,
      of: attempts,
      kind,
      address,
      port: targetPort,
      outcome,
      ms: Math.round(performance.now() - startedAt),
      strategy: plan.strategy,
      // An attempt is one dial by default.
      ...(dials > 1 ? { dials } : {}),
      ...(lacking > 0 ? { reason: noMoreFiles } : {}),
    });
  }
  options.onPlan(plan);
  report('started', dialsOf(plan, spraySize));
  const patience = pause(plan.patienceMs === 0 ? DIAL_PATIENCE_MS : plan.patienceMs, signal);
  const silence = Promise.race([patience, round.vain ?? patience]).then((): Dialled => ({
    outcome: 'timeout',
    ms: plan.patienceMs,
    dials: dialsOf(plan, spraySize),
  }));
  const { outcome, dials } = await Promise.race([
    plan.spray === undefined
      ? dialAgain(port, targets, signal)
      : spray(plan.spray, port, targets, { ...options, onLack: countLack(ports) }),
    silence,
  ]);
  report(signal.aborted && outcome !== 'connected' ? 'abandoned' : outcome, dials);
  if (outcome !== 'connected') {
    return;
  }
  for (;;) {
    // Before the next round, what was connected has to prove itself, or to close.
    await Promise.race([pause(DIAL_PATIENCE_MS, signal), port.free()]);
    const isLate = performance.now() - startedAt >= CUT_OFF_MS;
    if (plan.spray !== undefined || isLate || signal.aborted) {
      return;
    }
    const again = await Promise.race([dialAgain(port, targets, signal), silence]);
    if (again.outcome !== 'connected') {
      return;
    }
  }
}

/** Ends as soon as one dial connects, or when all are over. */
async function spray(
  way: 'burst' | 'fan',
  port: PunchPort,
  targets: readonly Endpoint[],
  { family, onSocket, onLack, signal, spraySize }: PunchOptions & { readonly onLack: () => void },
): Promise<Dialled> {
  const [to] = targets;
  if (to === undefined) {
    throw new Error('a spray without a target');
  }
  const dials =
    way === 'burst'
      ? burst(port, targets, spraySize.dials)
      : [
          ...port.dial(targets),
          ...fan({
            to,
            family,
            sockets: spraySize.sockets,
            patienceMs: DIAL_PATIENCE_MS,
            onSocket,
            onLack,
            signal,
          }),
        ];
  const { outcome, ms } = await firstOf(dials);
  return { outcome, ms, dials: dials.length };
}
