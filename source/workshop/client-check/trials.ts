/**
 * The trials of a client: on which network, with whom, and how late. An early
 * trial needs less of a client than a later one, so that the first one that
 * fails says most.
 */
import { quote } from '../../text/safe-text.ts';
import { suggest } from '../../text/suggest.ts';
import { PunchlineError } from '../../errors.ts';
import { parseSite } from '../../lab/plan/site-words.ts';
import type { LabDescription } from '../../lab/plan/description.ts';
import type { Side } from './verdict/trial-evidence.ts';

type Program = Side['program'];

interface Network {
  /** The words of the first's site, and those of the second's. */
  readonly sites: readonly [string, string];
  readonly about: string;
  /** One way, on the line of each site. Without it, 20, or none where this machine has no lines with a delay. */
  readonly delayMs?: number;
  /** For so long, the greeting that names the peer does not reach the second. */
  readonly lateMs?: number;
  /** The second comes so long after the first. */
  readonly apartMs?: number;
  /** The programs of the first and of the second. */
  readonly pairs: readonly (readonly [Program, Program])[];
}

const itself = ['client', 'client'] as const;
const chatSecond = ['client', 'chat'] as const;
const chatFirst = ['chat', 'client'] as const;

export const networks = {
  open: { sites: ['open', 'open'], about: 'no NAT', pairs: [itself] },
  'open-late': {
    sites: ['open', 'open'],
    about: 'no NAT, and the second is told late: the first is refused once or more',
    lateMs: 500,
    pairs: [itself, chatSecond],
  },
  'full-cone': { sites: ['full-cone', 'full-cone'], about: 'NATs that let in everybody', pairs: [itself] },
  'port-restricted': {
    sites: ['port-restricted', 'port-restricted'],
    about: 'NATs that let in the endpoints that were contacted; the second comes 2 s after the first',
    apartMs: 2000,
    pairs: [itself, chatSecond, chatFirst],
  },
  'port-restricted-late': {
    sites: ['port-restricted', 'port-restricted'],
    about: 'the same, and the second is told late',
    lateMs: 1500,
    pairs: [itself],
  },
  'other-port': {
    sites: ['other-port', 'other-port'],
    about: 'the same, with another port outside than inside',
    pairs: [itself, chatSecond, chatFirst],
  },
  // Our chat is no second here: as the protocol says, it dials once, and that dial is refused.
  // As the first, it dials ten times, once a second. With lines of 50 ms, more than half of these
  // dials cross one of a client that waits for 20 to 150 ms.
  'rst-late': {
    sites: ['port-restricted/rst', 'port-restricted/rst'],
    about: 'NATs that answer an unsolicited SYN with RST; the second is told late',
    delayMs: 50,
    lateMs: 500,
    pairs: [itself, chatFirst],
  },
  // It is the last, because a client that only dials is right everywhere else.
  'unknown-port': {
    sites: ['random', 'full-cone/random'],
    about: 'the first comes from a port that the server has not seen: only a listener hears it',
    pairs: [itself, chatFirst, chatSecond],
  },
} as const satisfies Readonly<Record<string, Network>>;

export type NetworkName = keyof typeof networks;
export const networkNames = Object.keys(networks) as NetworkName[];

export interface Trial {
  readonly network: NetworkName;
  readonly about: string;
  readonly description: LabDescription;
  readonly first: Program;
  readonly second: Program;
  readonly lateMs: number;
  readonly apartMs: number;
}

/** SYNs cross if both leave within the delay between the two NATs. */
const DELAY_MS = 20;

/** The hosts, and the sites with the same names. */
export const hostNames = { first: 'alice', second: 'bob' } as const;

export interface TrialsOptions {
  /** Whether this machine can make lines with a delay. Where it cannot, networks that need one are left out. */
  readonly withDelays: boolean;
}

/** Whether a network is nothing without a delay: no two SYNs cross, and only RSTs come back. */
export function needsDelay(name: NetworkName): boolean {
  const network: Network = networks[name];
  return network.delayMs !== undefined;
}

/** The trials on these networks, in the order of the table; on all of them if none is named. Throws ERR_USAGE. */
export function trialsOn(
  names: readonly string[],
  { withDelays }: TrialsOptions = { withDelays: true },
): Trial[] {
  for (const name of names) {
    if (!Object.hasOwn(networks, name)) {
      throw unknownNetwork(name);
    }
  }
  const chosen = networkNames
    .filter((name) => names.length === 0 || names.includes(name))
    .filter((name) => withDelays || !needsDelay(name));
  return chosen.flatMap((name) => {
    const network: Network = networks[name];
    return network.pairs.map(([first, second]): Trial => ({
      network: name,
      about: network.about,
      description: descriptionOf(network, withDelays),
      first,
      second,
      lateMs: network.lateMs ?? 0,
      // Once is enough for a network.
      apartMs: first === 'client' && second === 'client' ? (network.apartMs ?? 0) : 0,
    }));
  });
}

function descriptionOf(
  { delayMs = DELAY_MS, sites: [first, second] }: Network,
  withDelays: boolean,
): LabDescription {
  const line = withDelays ? { delayMs } : {};
  return {
    sites: {
      [hostNames.first]: { ...parseSite(first), line },
      [hostNames.second]: { ...parseSite(second), line },
    },
  };
}

function unknownNetwork(name: string): PunchlineError {
  const meant = suggest(name, networkNames);
  return new PunchlineError('ERR_USAGE', `${quote(name)} is no network of the check`, {
    hint: meant === undefined ? `Known are ${networkNames.join(', ')}.` : `Did you mean "${meant}"?`,
  });
}
