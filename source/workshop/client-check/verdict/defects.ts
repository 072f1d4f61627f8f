/** The defects that can be named, what to do about each, and where to read. */

export interface DefectText {
  readonly title: string;
  /** What to change in the program. */
  readonly hint: string;
  readonly read: string;
}

const sharing =
  'Set SO_REUSEADDR and SO_REUSEPORT on every socket before bind(), and bind each to the port that getsockname() gives for the connection to the server. In Node, give localAddress and localPort to every connect().';

/** In the order in which they are looked for: an early one can be the cause of a later one. */
export const defects = {
  'never-met': {
    title: 'does not reach the server',
    hint: 'The last argument is the IPv4 address of the server. It listens on port 8877.',
    read: 'punchline help workshop',
  },
  'port-in-use': {
    title: 'binds a port that is in use',
    hint: sharing,
    read: 'socket(7), SO_REUSEADDR',
  },
  'spoke-first': {
    title: 'speaks to the server',
    hint: 'A client of the classic protocol only reads from the server. One that sends a byte is taken for a newer client.',
    read: 'punchline help workshop',
  },
  'left-early': {
    title: 'leaves the server before the peer is named',
    hint: 'Read until the greeting has the peer in it. The first client gets two greetings, each with a newline and a NUL byte at its end, and one read() may bring both or a part.',
    read: 'punchline help workshop',
  },
  'wrong-endpoint': {
    title: 'dials another endpoint than the server named',
    hint: 'Read address and port as decimal numbers, and put the port through htons() once.',
    read: 'ip(7); byteorder(3)',
  },
  'fresh-port': {
    title: 'dials from a fresh port',
    hint: `A NAT has a mapping for each local port, and the peer was told only that of the first connection. ${sharing}`,
    read: 'RFC 5382, REQ-1; Ford, Srisuresh, Kegel: Peer-to-Peer Communication Across NATs (2005), 4.2',
  },
  'outside-port': {
    title: 'listens on the outside port',
    hint: 'The third number of the greeting is the port that the outside sees. The NAT translates it, so listen on the local port of the connection to the server.',
    read: 'RFC 4787, section 4.1',
  },
  blocks: {
    title: 'does not listen while it waits for its dial',
    hint: 'connect() may block for two minutes. Make the dial non-blocking, or give it a thread of its own, and listen on the same port meanwhile.',
    read: 'connect(2), EINPROGRESS; poll(2)',
  },
  'never-dialled': {
    title: 'dials nobody',
    hint: 'A NAT lets a packet in only after one has left: dial the peer from the port with which you met the server, also if you are the second.',
    read: 'RFC 5382, REQ-3; RFC 4787, section 5',
  },
  'no-retry': {
    title: 'gives up after a refusal',
    hint: 'A refusal only says that the peer was not there yet. Dial again, for 10 s or so.',
    read: 'RFC 5382, REQ-4',
  },
  'fixed-period': {
    title: 'tries again with a fixed period',
    hint: 'An RST takes away the state in both NATs. Two clients that wait equally long never cross: wait for a random time before each dial, for example 20 to 150 ms.',
    read: 'RFC 5382, REQ-4; Guha, Francis: Characterization and Measurement of TCP Traversal through NATs and Firewalls (2005)',
  },
  'no-listener': {
    title: 'does not listen',
    hint: 'Where the peer comes from another port than the one that the server named, only a listener hears it. Listen on the local port of the connection to the server.',
    read: 'RFC 4787, section 4.1; RFC 9293, section 3.5',
  },
  'unused-connection': {
    title: 'does not use the connection that its dial made',
    hint: 'Two SYNs that cross make one connection (simultaneous open), and connect() succeeds on both sides. Read from that socket.',
    read: 'RFC 9293, section 3.5; RFC 5382, REQ-2',
  },
  'sent-nothing': {
    title: 'connects, and sends nothing',
    hint: 'The first client sends "Hello, world", a newline and a NUL byte, every second.',
    read: 'punchline help workshop',
  },
  'printed-nothing': {
    title: 'receives the greeting, and does not print it',
    hint: 'Print what you read to the standard output, and flush it: into a pipe, most languages keep the output back.',
    read: 'setbuf(3)',
  },
  'ended-early': {
    title: 'ends before anything was sent',
    hint: 'See what it said last.',
    read: 'punchline help workshop',
  },
  unknown: {
    title: 'not connected, and the cause has no name',
    hint: 'Read the packets below from the top. Which is the first that you did not expect?',
    read: 'punchline help punching',
  },
} as const satisfies Readonly<Record<string, DefectText>>;

export type DefectName = keyof typeof defects;
