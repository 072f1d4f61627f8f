/**
 * The two datagrams of mDNS that we speak (RFC 6762, with the names of RFC 6763): a question for all hosts of
 * Punchline on the link, and the answer of one of them. Pure: sockets are in link.ts.
 *
 * The answer names a random id, a port and the number of a code. It has no address, because it counts only for the
 * address that it came from, and no name of a host or a person. The library dns-packet reads and writes DNS. What may
 * come from anybody is bounded before the library sees it.
 */
import { decode, encode, type Answer, type Packet } from 'dns-packet';

/** What a host tells everybody on its link. */
export interface Announcement {
  /** 16 hexadecimal digits, drawn anew in each run. */
  readonly id: string;
  /** Of the code, from 1 to 999999999. */
  readonly number: number;
  /** On which the host can be met by TCP, from 1 to 65535. */
  readonly port: number;
}

export type LinkMessage =
  | {
      readonly t: 'query';
      /** The ids of hosts that the questioner knows already. They need not answer (RFC 6762, section 7.1). */
      readonly known: ReadonlySet<string>;
    }
  | { readonly t: 'answer'; readonly announcements: readonly Announcement[] };

const service = '_punchline._tcp.local';

/** In s. Nobody of us keeps an answer; it only bounds how long other programs show a host that has died silently. */
const TTL_S = 10;

/** A message of ours has less than 200 bytes. One of an Ethernet frame is as long as this. */
const MAX_DATAGRAM_BYTES = 1472;
/** A message of ours has three records. A reader of other services may ask several questions at once. */
const MAX_RECORDS = 32;

/** RFC 6762, section 18.4: an authority answers. */
const AUTHORITATIVE = 0x0400;

const idForm = /^[0-9a-f]{16}$/;
const numberForm = /^number=([1-9]\d{0,8})$/;

/** The question for all hosts. */
export function encodeQuery(): Uint8Array {
  return encode({ type: 'query', questions: [{ type: 'PTR', name: service, class: 'IN' }] });
}

/** The answer of a host. */
export function encodeAnnouncement(announcement: Announcement): Uint8Array {
  return encode(answer(announcement, TTL_S));
}

/** The same host says that it has ended (RFC 6762, section 10.1). */
export function encodeGoodbye(announcement: Announcement): Uint8Array {
  return encode(answer(announcement, 0));
}

function answer({ id, number, port }: Announcement, ttl: number): Packet {
  const name = `${id}.${service}`;
  return {
    type: 'response',
    flags: AUTHORITATIVE,
    answers: [
      { type: 'PTR', name: service, ttl, class: 'IN', data: name },
      // SRV has to name a host. This name has no address: who wants one takes that of the datagram.
      { type: 'SRV', name, ttl, class: 'IN', flush: true, data: { port, target: `${id}.local` } },
      { type: 'TXT', name, ttl, class: 'IN', flush: true, data: `number=${number}` },
    ],
  };
}

/** Reads a datagram of anybody. Undefined if it is not about us, too large, or malformed. Never throws. */
export function parseLinkMessage(datagram: Uint8Array): LinkMessage | undefined {
  const bytes = Buffer.from(datagram.buffer, datagram.byteOffset, datagram.length);
  // A name of ours is written out once in each message about us. Other services are passed over without any work.
  if (bytes.length > MAX_DATAGRAM_BYTES || recordsIn(bytes) > MAX_RECORDS || !bytes.includes('_punchline')) {
    return undefined;
  }
  let packet: Packet;
  try {
    packet = decode(bytes);
  } catch {
    return undefined;
  }
  return packet.type === 'query' ? readQuery(packet) : readAnswer(packet);
}

/** As the header says (RFC 1035, section 4.1.1). */
function recordsIn(bytes: Buffer): number {
  return bytes.length < 12
    ? Number.POSITIVE_INFINITY
    : [4, 6, 8, 10].reduce((sum, at) => sum + bytes.readUInt16BE(at), 0);
}

function readQuery({ questions = [], answers = [] }: Packet): LinkMessage | undefined {
  const asked = questions.some(
    ({ type, name }) =>
      ((type as string) === 'ANY' || type === 'PTR' || type === 'SRV' || type === 'TXT') &&
      (name === service || idOf(name) !== undefined),
  );
  const known = answers.flatMap((one) => {
    const id = one.type === 'PTR' && one.name === service ? idOf(one.data) : undefined;
    return id === undefined || !(ttlOf(one) * 2 >= TTL_S) ? [] : [id];
  });
  return asked ? { t: 'query', known: new Set(known) } : undefined;
}

function readAnswer({ answers = [], additionals = [] }: Packet): LinkMessage {
  const alive = [...answers, ...additionals].filter((one) => ttlOf(one) > 0);
  const announcements = alive.flatMap((one) => {
    const id = one.type === 'SRV' ? idOf(one.name) : undefined;
    const number = alive.map((text) => (text.name === one.name ? numberOf(text) : undefined)).find(Boolean);
    return one.type !== 'SRV' || id === undefined || number === undefined || one.data.port === 0
      ? []
      : [{ id, number, port: one.data.port }];
  });
  return { t: 'answer', announcements };
}

function ttlOf(one: Answer): number {
  return ('ttl' in one && one.ttl) || 0;
}

/** The id in the name of an instance of our service. */
function idOf(name: string): string | undefined {
  const [id = '', ...rest] = name.split('.');
  return idForm.test(id) && rest.join('.') === service ? id : undefined;
}

function numberOf(one: Answer): number | undefined {
  if (one.type !== 'TXT') {
    return undefined;
  }
  const texts = Array.isArray(one.data) ? one.data : [one.data];
  const found = texts.map((text) => numberForm.exec(String(text))?.[1]).find(Boolean);
  return found === undefined ? undefined : Number(found);
}
