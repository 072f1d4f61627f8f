import type { Argv } from 'yargs';

const text = { type: 'string', requiresArg: true } as const;
const flag = { type: 'boolean' } as const;

export function serveOptions(builder: Argv) {
  return builder
    .option('port', { ...text, describe: 'where clients come; 0: any free port [8877]' })
    .option('host', { ...text, describe: 'one local address to listen on [all]' })
    .option('probe-port', { ...text, describe: 'a second port, which shows how NATs map [8878]' })
    .option('probe-host', { ...text, describe: 'a second local address for probes' })
    .option('relay', { ...flag, describe: 'for those who cannot be punched; --no-relay: never' })
    .option('relay-pairs', { ...text, describe: 'pairs that are relayed at once [100]' })
    .option('relay-pairs-per-address', { ...text, describe: 'the same for each address of clients [60]' })
    .option('relay-rate', { ...text, describe: 'KIB a second that a relayed pair may send [1024]' })
    .option('relay-volume', { ...text, describe: 'MIB that a relayed pair may send in all [1024]' })
    .option('relay-minutes', { ...text, describe: 'MINUTES that a pair is relayed [720]' })
    .option('store', { ...text, describe: 'redis://HOST: share rooms with other servers there' })
    .option('advertise', {
      ...text,
      describe: 'where clients reach this very server, HOST[:PORT], to be relayed from others of the store',
    })
    .option('proxy-protocol', {
      ...text,
      describe: 'balancers in this network say ahead where clients come from; several with commas between',
    })
    .option('exempt', {
      ...text,
      describe: 'a network such as 192.0.2.0/24 without limits by address; repeatable',
    })
    .option('max-connections', { ...text, describe: 'clients at once, in all [20000]' })
    .option('max-connections-per-address', { ...text, describe: 'clients at once of one address [1000]' })
    .option('metrics', { ...text, describe: 'Prometheus metrics at [HOST:]PORT; HOST 127.0.0.1 by default' })
    .option('log-level', { ...text, describe: 'silent, error, warn, info or debug [info]' })
    .option('log-addresses', {
      ...flag,
      describe: 'log whole addresses of clients, not only their networks',
    });
}
