/** The report of the doctor as text for people: the verdict first, then who can be reached, then the details. */
import type { Dependency, Diagnosis } from '../../nat/diagnosis.ts';
import type {
  ContainerNetwork,
  DoctorReport,
  Finding,
  IdleLifetime,
  StunFinding,
} from '../../nat/doctor-report.ts';
import { formatEndpoint } from '../../network/endpoint.ts';
import { mappingWords, sequenceWords } from '../../nat/mapping-words.ts';
import type { PeerKind, Reach } from '../../nat/reach.ts';
import { safeText } from '../../text/safe-text.ts';
import { padText, widthOf, wrapText } from '../text/text-layout.ts';
import { durationText } from '../text/wording.ts';

/** A line longer than this is tiring to read, however wide the terminal is. */
const MAX_COLUMNS = 100;
/** A text beside a head needs so much room. On a narrow terminal it stands below. */
const MIN_TEXT_COLUMNS = 20;

export interface DoctorTextOptions {
  readonly columns: number;
  /** Whether the verdict may be bold. */
  readonly isStyled: boolean;
  /** How the verdicts are marked: a screen reader needs words. */
  readonly marks: 'unicode' | 'ascii' | 'words';
}

/** Returns the report without the lifetime of idle connections. */
export function doctorText(report: DoctorReport, options: DoctorTextOptions): string {
  const { server, stun, ms, ipv4, ipv6, portMapping, container, nat64, reach, advice, verdict } = report;
  const columns = Math.min(options.columns, MAX_COLUMNS);
  const bold = options.isStyled ? ['\u001B[1m', '\u001B[22m'] : ['', ''];
  const lines = [
    ...wrapText(safeText(verdict), columns).map((line) => bold.join(line)),
    '',
    ...reachLines(reach, columns, options.marks),
    ...(advice.length === 0 ? [] : ['', 'What would help']),
    ...advice.flatMap((sentence) => wrapped('  - ', sentence, columns)),
    '',
    ...(stun === undefined
      ? wrapped('', `Details, as the rendezvous ${server} saw them in ${durationText(ms)}`, columns)
      : stunLines(stun, ms, columns)),
    ...findingLines('IPv4', ipv4, columns),
    ...findingLines('IPv6', ipv6, columns),
    ...routerLines(portMapping, columns),
    ...(container === null
      ? []
      : ['', ...wrapped('Container'.padEnd(15), containerWords[container], columns)]),
    ...(nat64 === null ? [] : ['', ...wrapped('NAT64'.padEnd(15), nat64Words(nat64), columns)]),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

const marks: Record<DoctorTextOptions['marks'], Record<Reach['verdict'], string>> = {
  unicode: { yes: '✓', usually: '~', no: '✗', unknown: '?' },
  ascii: { yes: '+', usually: '~', no: 'x', unknown: '?' },
  words: { yes: 'yes', usually: 'usually', no: 'no', unknown: 'unknown' },
};

const meanings: Record<Reach['verdict'], string> = {
  yes: 'directly',
  usually: 'nearly always',
  no: 'not directly',
  unknown: 'not known',
};

function reachLines(reach: readonly Reach[], columns: number, kind: DoctorTextOptions['marks']): string[] {
  const shown = marks[kind];
  const width = Math.max(0, ...reach.map(({ verdict }) => widthOf(shown[verdict])));
  const verdicts = (['yes', 'usually', 'no', 'unknown'] as const).filter((one) =>
    reach.some(({ verdict }) => verdict === one),
  );
  const legend = verdicts.map((verdict) => `${shown[verdict]} ${meanings[verdict]}`).join(', ');
  const indent = ' '.repeat(width + 4);
  return [
    ...wrapped('', 'You reach a peer that has', columns),
    ...reach.flatMap(({ peer, verdict, why }) =>
      wrapped(`  ${padText(shown[verdict], width)}  `, `${peerWords[peer]}: ${why}`, columns),
    ),
    // Words explain themselves.
    ...(kind === 'words' ? [] : wrapped(indent, `(${legend})`, columns)),
  ];
}

function stunLines(stun: readonly StunFinding[], ms: number, columns: number): string[] {
  return [
    ...wrapped('', `Details, as STUN servers saw them in ${durationText(ms)}`, columns),
    ...stun.flatMap((one) => {
      const over = one.family === undefined ? '' : ` over IPv${one.family}`;
      const said = 'mapped' in one ? formatEndpoint(one.mapped) : one.reason;
      return wrapped('  - ', `${one.server}${over}: ${said}`, columns);
    }),
  ];
}

/** Returns a sentence about how long an idle connection lives, as far as it was tested. */
export function lifetimeText({ atLeastMs, lessThanMs }: IdleLifetime): string {
  if (lessThanMs === null) {
    return `An idle connection lives for more than ${atLeastMs / 1000} s.\n`;
  }
  return atLeastMs === 0
    ? `An idle connection lives for less than ${lessThanMs / 1000} s.\n`
    : `An idle connection lives for ${atLeastMs / 1000} to ${lessThanMs / 1000} s.\n`;
}

const peerWords: Record<PeerKind, string> = {
  open: 'no NAT, or one that lets everybody in',
  ordinary: 'an ordinary NAT',
  counting: 'a NAT that counts its ports up',
  random: 'a NAT with random ports',
  'address-dependent': 'a NAT with another port for each address',
  'same-network': 'the same NAT in front of it',
  ipv6: 'IPv6 as well',
};

const filteringWords: Record<Dependency, string> = {
  'endpoint-independent': 'endpoint-independent: everybody gets in',
  'address-dependent': 'address-dependent: an address that we have dialled gets in, from any port',
  'address-and-port-dependent': 'address-and-port-dependent: only the port that we have dialled',
  'not address-and-port-dependent': 'an endpoint that we have dialled gets in, and perhaps others',
  'not endpoint-independent': 'only an endpoint that we have dialled gets in',
  unknown: 'unknown: nobody could dial back',
};

const answerWords: Record<Exclude<Diagnosis['unsolicited'], 'unknown'>, string> = {
  drop: 'get no answer',
  refuse: 'are refused',
};

function findingLines(family: string, finding: Finding, columns: number): string[] {
  function row(name: string, text: string): string[] {
    return wrapped(`  ${name.padEnd(13)}`, text, columns);
  }
  const title = family.padEnd(15);
  if (!finding.tested) {
    return ['', ...wrapped(title, `not tested: ${finding.reason}`, columns)];
  }
  const { local, mapped, mapping, filtering, unsolicited, hairpinning, roundTripMs } = finding;
  const seen = mapping === 'none' ? '' : `, seen as ${formatEndpoint(mapped)}`;
  return [
    '',
    ...wrapped(title, `${formatEndpoint(local)}${seen}`, columns),
    ...row('mapping', mappingWords[mapping]),
    ...(mapping === 'none' ? [] : row('ports', portWords(finding))),
    ...row('filtering', filteringWords[filtering]),
    ...(unsolicited === 'unknown' ? [] : row('strangers', answerWords[unsolicited])),
    ...(hairpinning === null ? [] : row('hairpinning', hairpinning ? 'yes' : 'no')),
    ...row('round trip', durationText(roundTripMs)),
  ];
}

const protocolWords = { pcp: 'PCP', 'nat-pmp': 'NAT-PMP', upnp: 'UPnP' } as const;

/** Whether the router maps a port for us. */
function routerLines(answer: DoctorReport['portMapping'], columns: number): string[] {
  const title = 'Router'.padEnd(15);
  if (!answer.mapped) {
    return ['', ...wrapped(title, `maps no port for us: ${answer.reason}`, columns)];
  }
  const by = `maps a port for us, by ${protocolWords[answer.protocol]}`;
  const doubt =
    answer.reachable === true ? '' : `, but at ${answer.external.address}: another NAT stands before it`;
  return ['', ...wrapped(title, `${by}${doubt}`, columns)];
}

function nat64Words(prefix: string): string {
  return `this network has IPv6 alone, and ${safeText(prefix)} leads to IPv4. What is said of IPv4 holds behind it`;
}

const containerWords: Record<ContainerNetwork, string> = {
  slirp: 'its network is slirp, which ends each connection and opens its own',
  passt: 'its network is passt, which ends each connection and opens its own',
};

function portWords(diagnosis: Diagnosis): string {
  return sequenceWords(diagnosis) ?? (diagnosis.portPreservation ? 'preserved' : 'not preserved');
}

/** Wraps a text behind a head. Further lines are indented as far as the text of the first. */
function wrapped(head: string, text: string, columns: number): string[] {
  const width = widthOf(head);
  const safe = safeText(text);
  if (columns - width < MIN_TEXT_COLUMNS) {
    return [head.trimEnd(), ...wrapText(safe, Math.max(1, columns - 4)).map((line) => `    ${line}`)];
  }
  const [first = '', ...others] = wrapText(safe, columns - width);
  return [`${head}${first}`, ...others.map((line) => `${' '.repeat(width)}${line}`)];
}
