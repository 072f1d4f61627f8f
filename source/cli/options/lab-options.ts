import { relayWishes } from '../../protocol/relay-wish.ts';
import type { Options } from './option.ts';

const json = { kind: 'flag', about: 'JSON lines instead of text' } as const;

/** A minute each way is more than anybody waits for a packet. */
const milliseconds = { kind: 'number', argument: 'MS', min: 0, max: 60_000 } as const;
const count = { kind: 'number', argument: 'N', min: 1, whole: true } as const;

export const labWatchOptions = {
  plain: { kind: 'flag', about: 'lines of text instead of the screen' },
  json: { kind: 'flag', about: 'JSON lines instead of the screen: a recording' },
  record: { kind: 'text', argument: 'FILE', about: 'also write the JSON lines into a new file' },
  pcapng: { kind: 'text', argument: 'FILE', about: 'write the packets into a new file for Wireshark' },
  svg: { kind: 'text', argument: 'FILE', about: 'at the end, draw the ladder into a new file' },
} as const satisfies Options;

export const labReplayOptions = {
  plain: { kind: 'flag', about: 'all lines at once instead of the screen' },
  svg: { kind: 'text', argument: 'FILE', about: 'draw the ladder into a new file' },
} as const satisfies Options;

export const labUpOptions = {
  file: { kind: 'text', argument: 'LAB.json', about: 'a file that describes the sites' },
  json,
} as const satisfies Options;

export const labListOptions = { json } as const satisfies Options;

export const labNatOptions = { json } as const satisfies Options;

const from = {
  kind: 'number',
  argument: 'PORT',
  min: 1,
  max: 65_535,
  whole: true,
  otherwise: 'any that is free',
} as const;
/** An hour is longer than any exercise waits. */
const seconds = { kind: 'number', argument: 'SECONDS', min: 0.1, max: 3600, unit: 1000 } as const;

export const labDialOptions = {
  from: { ...from, about: 'the local port from which it dials' },
  wait: { ...seconds, default: 10, about: 'how long it waits for an answer' },
  listen: { kind: 'flag', about: 'accept a connection at the same port, too' },
  json,
} as const satisfies Options;

export const labListenOptions = {
  from: { ...from, about: 'the port at which it listens' },
  wait: { ...seconds, default: 60, about: 'how long it waits for a connection' },
  '6': { kind: 'flag', about: 'IPv6 instead of IPv4' },
  json,
} as const satisfies Options;

export const labCutOptions = {
  for: {
    kind: 'number',
    argument: 'SECONDS',
    min: 0.1,
    // A day.
    max: 86_400,
    about: 'restore it after so many seconds',
  },
} as const satisfies Options;

export const labDownOptions = { all: { kind: 'flag', about: 'end all labs' } } as const satisfies Options;

export const labTryOptions = {
  delay: { ...milliseconds, about: 'one way, on each line that says nothing of it', otherwise: '20' },
  attempts: { ...count, max: 100, default: 10, about: 'attempts to punch through before giving up' },
  relay: {
    kind: 'choice',
    choices: relayWishes,
    off: 'never',
    about: 'whether the rendezvous may relay the connection',
    otherwise: 'never',
  },
  lan: { kind: 'flag', isOn: true, about: 'no candidates on the local network' },
  'fresh-port': {
    kind: 'flag',
    about: 'both dial from another port, which opens no NAT: to see a punch fail',
  },
  spray: {
    kind: 'text',
    argument: 'DIALSxSOCKETS',
    about: 'the size of a spray: to see how often fewer meet',
    otherwise: '1024x256, which is also the most',
  },
  classic: { kind: 'flag', about: 'two chats of the old protocol' },
  keep: {
    kind: 'text',
    argument: 'NAME',
    ifEmpty: 'Name the lab that stays, or leave it out.',
    about: 'let the lab stay under this name, when the chats are over',
  },
  plain: { kind: 'flag', about: 'lines of text instead of tmux' },
  json,
} as const satisfies Options;

export const labMatrixOptions = {
  kinds: {
    kind: 'list',
    argument: 'KIND,…',
    separator: ',',
    about: 'the list: kinds, or MAPPING/PORTS',
    otherwise: 'each mapping',
  },
  filterings: {
    kind: 'list',
    argument: 'FILTERING,…',
    separator: ',',
    about: 'each kind with each of these filterings',
    otherwise: 'its own',
  },
  answers: {
    kind: 'list',
    argument: 'ANSWER,…',
    separator: ',',
    about: 'each kind with each of these answers: drop, rst, icmp, icmp-late',
    otherwise: 'drop',
  },
  runs: { ...count, max: 1000, default: 5, about: 'meetings of each pair' },
  delay: { ...milliseconds, default: 20, about: 'one way, on each line' },
  jitter: { ...milliseconds, default: 0, about: 'by how much the delay varies' },
  loss: {
    kind: 'number',
    argument: 'PERCENT',
    min: 0,
    max: 100,
    default: 0,
    about: 'packets lost on each line',
  },
  attempts: { ...count, max: 100, default: 5, about: 'attempts to punch through in each meeting' },
  parallel: { ...count, max: 64, about: 'pairs that meet at once', otherwise: 'one for each processor' },
  json,
} as const satisfies Options;
