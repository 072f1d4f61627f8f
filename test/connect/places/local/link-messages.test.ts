import { decode, encode, type Answer } from 'dns-packet';
import { array, assert, integer, nat, oneof, property, tuple, uint8Array } from 'fast-check';
import { expect, test } from 'vitest';
import {
  encodeAnnouncement,
  encodeGoodbye,
  encodeQuery,
  parseLinkMessage,
} from '../../../../source/connect/places/local/link-messages.ts';

const id = '0123456789abcdef';
const host = { id, number: 7, port: 4000 };
const name = `${id}._punchline._tcp.local`;

function answers(all: readonly Answer[]): Uint8Array {
  return encode({ type: 'response', answers: [...all] });
}

function srv(port: number, of = name): Answer {
  return { type: 'SRV', name: of, ttl: 10, data: { port, target: 'x.local' } };
}

function txt(data: string | string[], of = name): Answer {
  return { type: 'TXT', name: of, ttl: 10, data };
}

const nothing = { t: 'answer', announcements: [] };

test('a question asks for all hosts, in the bytes of RFC 6762', () => {
  expect(Buffer.from(encodeQuery()).toString('latin1')).toBe(
    '\0\0\0\0\0\x01\0\0\0\0\0\0\x0a_punchline\x04_tcp\x05local\0\0\x0c\0\x01',
  );
  expect(parseLinkMessage(encodeQuery())).toEqual({ t: 'query', known: new Set() });
});

test('an announcement says the id, the number and the port, and nothing else', () => {
  const {
    answers: said,
    questions,
    authorities,
    additionals,
    flag_aa: isAuthority,
  } = decode(Buffer.from(encodeAnnouncement(host))) as ReturnType<typeof decode> & { flag_aa: boolean };
  expect([questions, authorities, additionals, isAuthority]).toEqual([[], [], [], true]);
  expect(said).toEqual([
    { type: 'PTR', name: '_punchline._tcp.local', class: 'IN', ttl: 10, flush: false, data: name },
    {
      type: 'SRV',
      name,
      class: 'IN',
      ttl: 10,
      flush: true,
      data: { priority: 0, weight: 0, port: 4000, target: `${id}.local` },
    },
    { type: 'TXT', name, class: 'IN', ttl: 10, flush: true, data: [Buffer.from('number=7')] },
  ]);
});

test('an announcement is read as it was written, with any number and port', () => {
  assert(
    property(integer({ min: 1, max: 999_999_999 }), integer({ min: 1, max: 65_535 }), (number, port) => {
      const written = { id, number, port };
      expect(parseLinkMessage(encodeAnnouncement(written))).toEqual({
        t: 'answer',
        announcements: [written],
      });
    }),
  );
});

test('a host that says goodbye is announced no more', () => {
  expect(parseLinkMessage(encodeGoodbye(host))).toEqual(nothing);
});

function readAsked(ttl: number) {
  return parseLinkMessage(
    encode({
      type: 'query',
      questions: [{ type: 'PTR', name: '_punchline._tcp.local' }],
      answers: [{ type: 'PTR', name: '_punchline._tcp.local', ttl, data: name }],
    }),
  );
}

test('a question names the hosts that it knows, as long as it will know them', () => {
  expect(readAsked(5)).toEqual({ t: 'query', known: new Set([id]) });
  expect(readAsked(4)).toEqual({ t: 'query', known: new Set() });
});

function isForUs(type: 'SRV' | 'TXT' | 'A' | 'PTR', of: string) {
  return parseLinkMessage(encode({ type: 'query', questions: [{ type, name: of }] })) !== undefined;
}

test('a question for one host by name is a question for us, and one for its address or another service is not', () => {
  expect(isForUs('SRV', name)).toBe(true);
  expect(isForUs('TXT', name)).toBe(true);
  expect(isForUs('A', name)).toBe(false);
  expect(isForUs('PTR', '_ipp._tcp.local')).toBe(false);
  expect(isForUs('PTR', '_punchline._udp.local')).toBe(false);
});

test.each([
  ['no text', [srv(4000)]],
  ['a text of another host', [srv(4000), txt('number=7', `fedcba9876543210._punchline._tcp.local`)]],
  ['no port', [txt('number=7')]],
  ['port 0', [srv(0), txt('number=7')]],
  ['a number with a zero in front', [srv(4000), txt('number=07')]],
  ['a number that no code has', [srv(4000), txt('number=1000000000')]],
  ['a negative number', [srv(4000), txt('number=-7')]],
  ['a text around the number', [srv(4000), txt('number=7\n')]],
  ['a name that is no id', [srv(4000, 'Bob’s laptop._punchline._tcp.local'), txt('number=7')]],
  ['an id in capitals', [srv(4000, `${id.toUpperCase()}._punchline._tcp.local`), txt('number=7')]],
  [
    'another service',
    [srv(4000, `${id}._http._tcp.local`), txt('number=7', `${id}._http._tcp.local`), txt('_punchline')],
  ],
  ['an address alone', [{ type: 'A', name: `${id}._punchline._tcp.local`, data: '192.0.2.1' }]],
] satisfies [string, Answer[]][])('an answer with %s announces nobody', (_, all) => {
  expect(parseLinkMessage(answers(all))).toEqual(nothing);
});

test('other texts beside the number are passed over', () => {
  const read = parseLinkMessage(answers([srv(4000), txt(['v=2', 'number=7', 'number=8'])]));
  expect(read).toEqual({ t: 'answer', announcements: [host] });
});

function readRecords(records: number) {
  const more = Array.from({ length: records - 2 }, () => txt('', 'x'));
  return parseLinkMessage(answers([srv(4000), txt('number=7'), ...more]));
}

test('an answer of 33 records is not read, whatever it says', () => {
  expect(readRecords(32)).toEqual({ t: 'answer', announcements: [host] });
  expect(readRecords(33)).toBeUndefined();
});

test('a header that claims more records than the library could read costs nothing', () => {
  const claims = Buffer.from(encodeAnnouncement(host));
  claims.writeUInt16BE(65_535, 10);
  expect(parseLinkMessage(claims)).toBeUndefined();
});

function readBytes(bytes: number) {
  const texts = Array.from({ length: 5 }, () => 'x'.repeat(255));
  const bare = answers([srv(4000), txt('number=7'), txt([...texts, ''], 'x')]).length;
  const datagram = answers([srv(4000), txt('number=7'), txt([...texts, 'x'.repeat(bytes - bare)], 'x')]);
  expect(datagram.length).toBe(bytes);
  return parseLinkMessage(datagram);
}

test('a datagram longer than an Ethernet frame is not read', () => {
  expect(readBytes(1472)).toEqual({ t: 'answer', announcements: [host] });
  expect(readBytes(1473)).toBeUndefined();
});

test('no bytes make the reader throw', () => {
  const whole = Buffer.from(encodeAnnouncement(host));
  const cut = nat(whole.length).map((length) => whole.subarray(0, length));
  const bent = array(tuple(nat(whole.length - 1), nat(255)), { minLength: 1, maxLength: 8 }).map(
    (changes) => {
      const copy = Buffer.from(whole);
      for (const [at, byte] of changes) {
        copy[at] = byte;
      }
      return copy;
    },
  );
  const marked = uint8Array({ maxLength: 200 }).map((bytes) =>
    Buffer.concat([bytes.subarray(0, 12), Buffer.from('\x0a_punchline'), bytes.subarray(12)]),
  );
  assert(
    property(oneof(cut, bent, marked, uint8Array({ maxLength: 2000 })), (bytes) => {
      const message = parseLinkMessage(bytes);
      for (const one of message?.t === 'answer' ? message.announcements : []) {
        expect(one.id).toMatch(/^[0-9a-f]{16}$/);
        expect(one.number).toBeGreaterThan(0);
        expect(one.port).toBeGreaterThan(0);
      }
    }),
  );
});
