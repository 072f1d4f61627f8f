/**
 * mDNS as the library multicast-dns speaks it, inside a host of a lab. `browse` asks for hosts of Punchline, and tells
 * each answer as a line of JSON. `serve ID NUMBER PORT` answers for one, with more records than ours have.
 */
import { networkInterfaces } from 'node:os';
import process from 'node:process';
import multicastDns from 'multicast-dns';

/** A record, as the library gives it. */
interface Told {
  readonly type: string;
  readonly name: string;
  readonly ttl: number;
  readonly data: unknown;
}

const service = '_punchline._tcp.local';
const [, , role, id = '', number = '', port = ''] = process.argv;
const own = networkInterfaces()['eth0']?.find(({ family }) => family === 'IPv4')?.address ?? '';
// A socket of Linux that is bound to an address hears nothing that is sent to a group.
const mdns = multicastDns({ interface: own, bind: '0.0.0.0' });

function tell(line: object): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

if (role === 'browse') {
  mdns.on('response', ({ answers = [], additionals = [] }) => {
    for (const { type, name, ttl, data } of [...answers, ...additionals] as readonly Told[]) {
      tell({ type, name, ttl, data: Array.isArray(data) ? data.map(String) : data });
    }
  });
} else {
  const name = `${id}.${service}`;
  mdns.on('query', ({ questions = [] }) => {
    if (questions.some((one) => one.name === service && one.type === 'PTR')) {
      mdns.respond({
        answers: [{ type: 'PTR', name: service, ttl: 4500, data: name }],
        additionals: [
          { type: 'TXT', name, ttl: 4500, data: ['txtvers=1', `number=${number}`] },
          {
            type: 'SRV',
            name,
            ttl: 120,
            data: { port: Number(port), target: 'laptop.local', weight: 0, priority: 0 },
          },
          { type: 'A', name: 'laptop.local', ttl: 120, data: own },
        ],
      });
    }
  });
}
function browse(): void {
  mdns.query([{ name: service, type: 'PTR' }]);
}

mdns.on('ready', () => {
  tell({ ready: true });
  if (role === 'browse') {
    browse();
  }
});
// A host may begin to listen after the first question, so all browsers ask again (RFC 6762, 5.2).
const browsing = role === 'browse' ? setInterval(browse, 1000) : undefined;
process.stdin
  .on('end', () => {
    clearInterval(browsing);
    mdns.destroy();
  })
  .resume();
