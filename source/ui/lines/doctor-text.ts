/** The report of the doctor as text for people, aligned in 80 columns. */
import type { Dependency, Diagnosis } from '../../nat/diagnosis.ts';
import type { DoctorReport, Finding, IdleLifetime } from '../../nat/doctor-report.ts';
import { formatEndpoint } from '../../network/endpoint.ts';
import { mappingWords, sequenceWords } from '../../nat/nat-kind.ts';
import type { PeerKind } from '../../nat/reach.ts';
import { safeText } from '../../text/safe-text.ts';
import { wrapText } from '../text/text-layout.ts';
import { durationText } from '../text/wording.ts';

const COLUMNS = 80;

/** Returns the report without the lifetime of idle connections. */
export function doctorText({ server, ms, ipv4, ipv6, reach, advice }: DoctorReport): string {
  const lines = [
    ...wrapped('', `Seen by the rendezvous ${server} in ${durationText(ms)}.`),
    ...findingLines('IPv4', ipv4),
    ...findingLines('IPv6', ipv6),
    '',
    'This machine can chat directly with a peer that has',
    ...reach.flatMap(({ peer, verdict, why }) =>
      wrapped(`  ${verdict.padEnd(7)}  `, `${peerWords[peer]}: ${why}`),
    ),
    ...(advice.length === 0 ? [] : ['', 'What would help:']),
    ...advice.flatMap((sentence) => wrapped('  - ', sentence)),
  ];
  return lines.map((line) => `${line}\n`).join('');
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
  unknown: 'unknown: the rendezvous could not dial back',
};

const answerWords: Record<Exclude<Diagnosis['unsolicited'], 'unknown'>, string> = {
  drop: 'get no answer',
  refuse: 'are refused',
};

function findingLines(family: string, finding: Finding): string[] {
  const title = family.padEnd(15);
  if (!finding.tested) {
    return ['', ...wrapped(title, `not tested: ${finding.reason}`)];
  }
  const { local, mapped, mapping, filtering, unsolicited, hairpinning, roundTripMs } = finding;
  const seen = mapping === 'none' ? '' : `, seen as ${formatEndpoint(mapped)}`;
  return [
    '',
    ...wrapped(title, `${formatEndpoint(local)}${seen}`),
    ...row('mapping', mappingWords[mapping]),
    ...(mapping === 'none' ? [] : row('ports', portWords(finding))),
    ...row('filtering', filteringWords[filtering]),
    ...(unsolicited === 'unknown' ? [] : row('strangers', answerWords[unsolicited])),
    ...(hairpinning === null ? [] : row('hairpinning', hairpinning ? 'yes' : 'no')),
    ...row('round trip', durationText(roundTripMs)),
  ];
}

function portWords(diagnosis: Diagnosis): string {
  return sequenceWords(diagnosis) ?? (diagnosis.portPreservation ? 'preserved' : 'not preserved');
}

function row(name: string, text: string): string[] {
  return wrapped(`  ${name.padEnd(13)}`, text);
}

/** Wraps a text behind a head. Further lines are indented as far as the text of the first. */
function wrapped(head: string, text: string): string[] {
  const [first = '', ...others] = wrapText(safeText(text), COLUMNS - head.length);
  return [`${head}${first}`, ...others.map((line) => `${' '.repeat(head.length)}${line}`)];
}
