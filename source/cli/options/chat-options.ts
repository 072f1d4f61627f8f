import { relayWishes } from '../../protocol/relay-wish.ts';
import { notifyLevels, themes } from '../../ui/settings/screen-settings.ts';
import type { Options } from './option.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

export const server = {
  kind: 'text',
  alias: 's',
  argument: 'HOST[:PORT]',
  about: 'the rendezvous; without a port, 8877',
  inConfig: true,
} as const;

export const family = {
  '4': { kind: 'flag', about: 'IPv4 only' },
  '6': { kind: 'flag', about: 'IPv6 only' },
} as const satisfies Options;

export const probePort = {
  kind: 'number',
  argument: 'PORT',
  min: 1,
  max: 65_535,
  whole: true,
  about: 'the probe port of the rendezvous',
} as const;

export const plain = { kind: 'flag', about: 'lines of text instead of a screen' } as const;

/** From two NATs to one connection: `chat` and `pipe`. */
export const connectingOptions = {
  server: {
    ...server,
    argument: 'PLACE',
    about:
      'where to meet: a rendezvous HOST[:PORT] (port 8877) or https://HOST[:PORT], a mailbox server ws://… or wss://…, or wormhole, the public mailbox',
  },
  here: {
    kind: 'number',
    argument: 'PORT',
    min: 0,
    max: 65_535,
    whole: true,
    bare: 0,
    about: 'meet on this machine, without any server: it opens this port, or with 0 any free one',
  },
  code: {
    kind: 'text',
    argument: 'CODE',
    about: 'a code agreed beforehand, with a number of 1000 or more',
    ifEmpty: 'Name a code, or leave it out.',
  },
  name: {
    kind: 'text',
    argument: 'NAME',
    about: 'how the peer sees you',
    otherwise: 'peer',
    inConfig: true,
  },
  attempts: {
    kind: 'number',
    argument: 'N',
    min: 1,
    max: 100,
    whole: true,
    default: 10,
    about: 'attempts to punch through before giving up',
  },
  relay: {
    kind: 'choice',
    choices: relayWishes,
    off: 'never',
    about: 'whether the rendezvous may relay the encrypted connection',
    otherwise: 'auto',
  },
  stun: {
    kind: 'list',
    argument: 'HOST[:PORT]',
    separator: ',',
    isRepeatable: true,
    ifEmpty: 'Name a STUN server, or leave it out.',
    about: 'a STUN server (TCP, port 3478) for a mailbox, a proxy, https or --here=PORT; repeatable',
  },
  transit: {
    kind: 'text',
    argument: 'HOST[:PORT]',
    ifEmpty: 'Name a transit relay, or leave it out.',
    about: 'a transit relay of magic-wormhole (port 4001), for a mailbox; none: no relay',
  },
  proxy: {
    kind: 'text',
    argument: 'URL',
    ifEmpty: 'Name a proxy, or leave it out.',
    about: 'a proxy that leads to the place: socks5h://, http:// or https://[USER:PASSWORD@]HOST[:PORT]',
    otherwise: 'as ALL_PROXY, HTTPS_PROXY and NO_PROXY say',
  },
  lan: { kind: 'flag', isOn: true, about: 'no candidates on the local network' },
  'port-mapping': { kind: 'flag', isOn: true, about: 'ask no router for a port' },
  quiet: { kind: 'flag', about: 'ping every 25 s instead of 5, for metered links' },
  ...family,
  wait: {
    kind: 'number',
    argument: 'MINUTES',
    min: 0.01,
    max: 10_080,
    unit: MINUTE,
    about: 'how long to wait for the peer',
    otherwise: 'no end',
  },
  'give-up': {
    kind: 'number',
    argument: 'MINUTES',
    min: 0.01,
    max: 1440,
    unit: MINUTE,
    default: 10,
    about: 'how long to keep trying when the connection is lost',
  },
  report: {
    kind: 'flag',
    isOn: true,
    about: 'do not tell the rendezvous which path and kinds of NAT it was',
    inConfig: true,
  },
  'probe-port': { ...probePort, otherwise: 'the one that it names, or the one after its own' },
  'fresh-port': {
    kind: 'flag',
    about: 'dial from another port, which opens no NAT: to see a punch fail',
  },
  spray: {
    kind: 'text',
    argument: 'DIALSxSOCKETS',
    about: 'the size of a spray, on both sides: to see how often fewer meet',
    otherwise: '1024x256, which is also the most',
  },
} as const satisfies Options;

export const conversationOptions = {
  heartbeat: {
    kind: 'number',
    argument: 'SECONDS',
    min: 0.1,
    max: 3600,
    unit: SECOND,
    bare: 1,
    about: 'send "Hello, world" by itself, every so many seconds',
  },
  classic: {
    kind: 'flag',
    about: 'the old protocol: peers are paired by order of arrival, NOT ENCRYPTED',
  },
  typing: {
    kind: 'flag',
    isOn: true,
    about: 'do not show the peer that you are writing',
    inConfig: true,
  },
  history: {
    kind: 'flag',
    about: 'keep the conversation with a friend, sealed, and show its end at the next start',
  },
  log: {
    kind: 'text',
    argument: 'FILE',
    ifEmpty: 'Name a file, or leave it out.',
    about: 'append the conversation to a file',
  },
  send: {
    kind: 'list',
    argument: 'PATH',
    // No path holds a NUL.
    separator: '\0',
    isRepeatable: true,
    ifEmpty: 'Name a file or a folder, or leave it out.',
    about: 'offer a file or a folder as soon as there is a peer; repeatable',
  },
  'accept-files': {
    kind: 'text',
    argument: 'FOLDER',
    ifEmpty: 'Name a folder, or leave it out.',
    about: 'put all that the peer offers into this folder, without asking',
  },
  'accept-hidden': {
    kind: 'flag',
    about: 'keep hidden names in it as they are, instead of with _ in front',
  },
} as const satisfies Options;

export const sendOptions = {
  text: {
    kind: 'text',
    argument: 'TEXT',
    ifEmpty: 'Name a text, or leave it out.',
    about: 'hand over a text, which the other side prints',
  },
} as const satisfies Options;

export const receiveOptions = {
  into: {
    kind: 'text',
    argument: 'FOLDER',
    ifEmpty: 'Name a folder, or leave it out.',
    about: 'where to put it',
    otherwise: 'as the config file says, else the current folder',
  },
  yes: { kind: 'flag', about: 'take everything without asking, as without a terminal' },
  'accept-hidden': conversationOptions['accept-hidden'],
} as const satisfies Options;

export const forwardOptions = {
  allow: {
    kind: 'list',
    argument: 'HOST:PORT',
    separator: ',',
    isRepeatable: true,
    ifEmpty: 'Name HOST:PORT, or leave it out.',
    about: 'what the other side may reach from here; repeatable',
  },
} as const satisfies Options;

export const screenOptions = {
  theme: {
    kind: 'choice',
    choices: themes,
    about: 'colours for a dark or a light background, or none',
    otherwise: 'as the terminal says',
    inConfig: true,
  },
  notify: {
    kind: 'choice',
    choices: notifyLevels,
    about: 'how to tell of a message that nobody sees',
    otherwise: 'name',
    inConfig: true,
  },
  mouse: { kind: 'flag', isOn: true, about: 'leave the mouse to the terminal', inConfig: true },
  'alt-screen': { kind: 'flag', isOn: true, about: 'draw on the ordinary screen', inConfig: true },
  'reduced-motion': { kind: 'flag', about: 'nothing moves by itself', inConfig: true },
  'screen-reader': {
    kind: 'flag',
    about: 'lines of text, each said once and in order',
    inConfig: true,
  },
} as const satisfies Options;

export const scriptOptions = {
  plain,
  json: { kind: 'flag', about: 'events as JSON lines; lines of stdin are messages' },
} as const satisfies Options;

export const chatOptions = {
  ...connectingOptions,
  ...conversationOptions,
  ...screenOptions,
  ...scriptOptions,
} as const;

/** What only the config file can set, or sets in another way. */
export const configOnly = {
  here: { kind: 'flag', about: 'open rooms on this machine, as --here does', inConfig: true },
  downloads: {
    kind: 'text',
    argument: 'FOLDER',
    ifEmpty: 'the name of a folder',
    about: 'where accepted files go, if no other folder is named',
    otherwise: 'the current folder',
    inConfig: true,
  },
} as const satisfies Options;

export const doctorOptions = {
  server: { ...server, about: 'the rendezvous; without a port, 8877; or https://HOST[:PORT]' },
  stun: {
    kind: 'list',
    argument: 'HOST[:PORT]',
    separator: ',',
    isRepeatable: true,
    mayStandAlone: true,
    about: 'ask STUN servers (TCP, port 3478) and no rendezvous; alone, two public ones; repeatable',
  },
  lifetime: {
    kind: 'number',
    argument: 'SECONDS',
    min: 1,
    // The rendezvous sleeps no longer for a client.
    max: 900,
    unit: SECOND,
    // Clouds are known to forget idle connections after 240 and 350 s; a chat is never silent for longer than 25.
    bare: 360,
    about: 'also find out how long an idle connection lives, up to so many seconds, and take as long',
  },
  'probe-port': { ...probePort, otherwise: 'the one that it names' },
  ...family,
  json: { kind: 'flag', about: 'the report as one JSON object' },
} as const satisfies Options;

export const demoOptions = { plain } as const;
