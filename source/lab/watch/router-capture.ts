/**
 * Everything that is read in one router: its packets, the events of its connection
 * tracking, the traces of its rules, and its whole NAT table when it is asked for.
 * One shell runs the tools, and ends with its input: when the watch ends, in
 * whatever way, so do the tools, and the rule that makes the traces is removed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { PunchlineError } from '../../errors.ts';
import { safeText } from '../../text/safe-text.ts';
import { KEPT_BYTES } from './kept-bytes.ts';
import { isInstalled, requireTools, toolPath } from '../tools.ts';

/** The tools take 0.1 s to start, and seconds on a machine under load. */
const START_TIMEOUT_MS = 30_000;

/** Bounds what the tools complain. */
const MAX_COMPLAINT = 2000;

/** Bounds the looks for the sockets of two tools, 10 ms apart: 5 s. */
const SOCKET_TRIES = 500;

/** The groups of netlink that `conntrack -E` and `nft monitor trace` join, as /proc/net/netlink shows them. */
const eventGroups = '00000007';
const traceGroups = '00000100';

/**
 * The trace begins where a packet is forwarded, and ends where it leaves: the rules
 * in between decide, and each rule is a line. A spray of 1,024 dials is as many SYNs
 * at once. Above the limit, packets have no reason, but are not lost. The number of
 * the shell is in the name, because several may watch at once.
 */
const traceRules = `table inet watch_$$ {
chain begin {
type filter hook forward priority -300;
tcp flags & (syn|rst) != 0 limit rate 4000/second burst 4000 packets meta nftrace set 1;
}
chain end {
type filter hook postrouting priority -300;
meta nftrace set 0;
}
}`;

/** A capture hands on what the kernel has seen within a quarter of a second: see HOLD_MS in packets.ts. */
const CAPTURE_LAG_S = 0.4;

const isRoot = process.getuid?.() === 0;

/** What a router has that is worth a look. */
export interface TableOptions {
  /** It translates or filters. */
  readonly hasTable: boolean;
  readonly hasIpv6: boolean;
  /** The map of nft with its mappings, if it has one. */
  readonly map: string | undefined;
}

export interface RouterReadings {
  readonly packets: (chunk: Uint8Array) => void;
  /** A line of `conntrack -E`. */
  readonly connection: (line: string) => void;
  /** A line of `nft monitor trace`. */
  readonly trace: (line: string) => void;
}

export interface RouterCapture {
  /** The names of the devices by their numbers. */
  readonly devices: ReadonlyMap<number, string>;
  /** Asks for the NAT table: lines of `nft -j`, of `ip` and of `conntrack -L`. Undefined if the capture has ended. */
  look(): Promise<readonly string[] | undefined>;
  /** Resolves when the tools have ended, for whatever reason. */
  readonly ended: Promise<void>;
  /** Ends the tools. What they have read until then is handed on before `ended` resolves. */
  close(): void;
}

/** Throws ERR_MISSING_TOOL if a lab cannot be watched here. */
export function requireWatching(path = toolPath): void {
  const hasCapture = hasTcpdump(path) || isInstalled('dumpcap', path);
  const capture = isRoot ? 'tcpdump' : 'dumpcap';
  requireTools(['nsenter', 'ip', 'nft', 'conntrack', ...(hasCapture ? [] : ([capture] as const))], path);
}

/** tcpdump changes to a user that a user namespace does not have. */
function hasTcpdump(path = toolPath): boolean {
  return isRoot && isInstalled('tcpdump', path);
}

/** Starts the tools in a router. Resolves when all of them are ready. */
export async function captureRouter(
  { enter, name }: { readonly enter: readonly string[]; readonly name: string },
  options: TableOptions,
  readings: RouterReadings,
): Promise<RouterCapture> {
  const [file = '', ...words]: readonly string[] = [...enter, 'sh', '-c', script(options)];
  const child = spawn(file, words, {
    // Detached, because Ctrl-C in a terminal must reach only the program that watches, which then ends the tools.
    detached: true,
    env: { ...process.env, PATH: toolPath, LC_ALL: 'C' },
    stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
  });
  const [stdin, stdout, stderr, packets, connections, traces] = child.stdio as unknown as [
    NonNullable<typeof child.stdin>,
    ...Readable[],
  ];
  // A lab that has ended has closed everything.
  stdin.on('error', () => undefined);
  const ended = once(child, 'close').then(() => undefined);
  packets?.on('data', readings.packets);
  createInterface({ input: connections as Readable }).on('line', readings.connection);
  createInterface({ input: traces as Readable }).on('line', readings.trace);
  let complaint = '';
  const capturing = Promise.withResolvers<void>();
  stderr?.on('data', (chunk) => {
    complaint = (complaint + String(chunk)).slice(0, MAX_COMPLAINT);
    if (/listening on|Capturing on/.test(complaint)) {
      capturing.resolve();
    }
  });
  // Without packets, the rest would tell half of the truth.
  packets?.once('end', () => stdin.end());
  const answers = readAnswers(stdout as Readable);
  const stopped = Promise.race([ended, once(packets as Readable, 'end')]).then(() => undefined);
  const timer = setTimeout(() => stdin.end(), START_TIMEOUT_MS);
  const devices = await Promise.race([
    Promise.all([answers.next(), capturing.promise]).then(([lines]) => lines),
    stopped,
  ]);
  clearTimeout(timer);
  if (devices === undefined) {
    stdin.end();
    await ended;
    throw new PunchlineError(
      'ERR_NETWORK',
      `${name} cannot be watched: ${safeText(complaint.trim()) || 'its tools took too long'}`,
      {
        hint: 'The lab may have ended (punchline lab list), or the kernel lacks a part (nf_tables, nf_conntrack_netlink).',
      },
    );
  }
  return {
    devices: devicesOf(devices),
    look: async () => {
      stdin.write('\n');
      return Promise.race([answers.next(), ended.then(() => undefined)]);
    },
    ended,
    close: () => stdin.end(),
  };
}

/** Each answer ends with a line that says so. */
function readAnswers(stdout: Readable): { next: () => Promise<readonly string[] | undefined> } {
  const waiting: ((lines: readonly string[]) => void)[] = [];
  const ready: (readonly string[])[] = [];
  let lines: string[] = [];
  createInterface({ input: stdout }).on('line', (line) => {
    if (line !== 'done') {
      lines.push(line);
      return;
    }
    const take = waiting.shift();
    if (take === undefined) {
      ready.push(lines);
    } else {
      take(lines);
    }
    lines = [];
  });
  return {
    next: () =>
      new Promise((resolve) => {
        const first = ready.shift();
        if (first === undefined) {
          waiting.push(resolve);
        } else {
          resolve(first);
        }
      }),
  };
}

/** `3: alice@if2: <BROADCAST…`. */
function devicesOf(lines: readonly string[]): Map<number, string> {
  return new Map(
    lines.flatMap((line) => {
      const { name = '', number } = /^(?<number>\d+): (?<name>[^:@]+)[:@]/.exec(line)?.groups ?? {};
      return number === undefined ? [] : [[Number(number), name] as const];
    }),
  );
}

/**
 * The tools write into the descriptors 3 to 5, and hold no other of them, so that
 * the end of each is seen.
 */
function script({ hasIpv6, hasTable, map }: TableOptions): string {
  const filter = "'tcp or icmp or icmp6'";
  const capture = hasTcpdump()
    ? `tcpdump -i any -s ${KEPT_BYTES} --immediate-mode -U -w - ${filter}`
    : `dumpcap -q -i any -y LINUX_SLL2 -s ${KEPT_BYTES} -f ${filter} -w -`;
  const lists = ['list chain ip site zone', ...(map === undefined ? [] : [`list map ip site ${map}`])];
  const look = [
    'conntrack -L -p tcp -o extended,id 2>/dev/null',
    ...(hasIpv6 ? ['conntrack -L -f ipv6 -p tcp -o extended,id 2>/dev/null'] : []),
    `nft -j '${lists.join('; ')}'`,
    ...(map === undefined ? [] : ['ip -o route show dev loop0']),
  ];
  return [
    'joined() { count=0; while read -r _ _ _ groups _; do [ "$groups" = "$1" ] && count=$((count + 1)); done < /proc/net/netlink; }',
    'wait_for() { tries=0; while joined "$1"; [ $count -le "$2" ] && [ $tries -lt ' +
      `${SOCKET_TRIES} ]; do tries=$((tries + 1)); sleep 0.01; done; }`,
    `joined ${eventGroups}; events=$count; joined ${traceGroups}; traces=$count`,
    `${capture} >&3 4>&- 5>&- & tools=$!`,
    ...(hasTable
      ? [
          'conntrack -E -p tcp -b 4194304 -o timestamp,id,extended >&4 3>&- 5>&- & tools="$tools $!"',
          `nft -f - <<END || { kill $tools; exit 1; }\n${traceRules}\nEND`,
          'nft monitor trace >&5 3>&- 4>&- & tools="$tools $!"',
        ]
      : []),
    'exec 3>&- 4>&- 5>&-',
    ...(hasTable ? [`wait_for ${eventGroups} $events; wait_for ${traceGroups} $traces`] : []),
    'ip -o link show; echo done',
    `while read -r _; do ${hasTable ? look.join('; ') : ':'}; echo done; done`,
    ...(hasTable ? ['nft delete table inet watch_$$'] : []),
    // What a capture has not read yet, it forgets when it ends.
    `sleep ${CAPTURE_LAG_S}; kill $tools; wait`,
  ].join('\n');
}
