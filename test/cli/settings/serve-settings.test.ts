import { describe, expect, test } from 'vitest';
import { serveSettings, type ServeArguments } from '../../../source/cli/settings/serve-settings.ts';
import { PunchlineError } from '../../../source/errors.ts';

describe('serveSettings', () => {
  test('leaves to the server what was not given', () => {
    expect(serveSettings({})).toEqual({
      port: undefined,
      probePort: undefined,
      host: undefined,
      probeHost: undefined,
      relay: true,
      exempt: [],
      metrics: undefined,
      store: undefined,
      proxyProtocol: [],
      certificateFiles: undefined,
      forwarded: [],
      limits: {},
      logLevel: 'info',
      logAddresses: undefined,
    });
  });

  test('reads every option', () => {
    const given = {
      port: '0',
      probePort: '65535',
      host: '::1',
      probeHost: '192.0.2.1',
      exempt: '192.0.2.0/24, 2001:db8::/32',
      metrics: '[::1]:9464',
      store: 'redis://store.example/1',
      advertise: 'relay.example:8887',
      proxyProtocol: '192.0.2.1/32',
      maxConnections: '5000',
      maxConnectionsPerAddress: '60',
      tlsCert: 'certificate.pem',
      tlsKey: 'key.pem',
      forwarded: '10.0.0.0/8',
      logLevel: 'debug',
      logAddresses: true,
    };
    const { maxConnections, maxConnectionsPerAddress, tlsCert, tlsKey, ...rest } = given;
    expect(serveSettings(given)).toEqual({
      ...rest,
      relay: true,
      port: 0,
      probePort: 65_535,
      exempt: ['192.0.2.0/24', '2001:db8::/32'],
      proxyProtocol: ['192.0.2.1/32'],
      certificateFiles: { certFile: tlsCert, keyFile: tlsKey },
      forwarded: ['10.0.0.0/8'],
      metrics: { host: '::1', port: 9464 },
      limits: {
        maxConnections: Number(maxConnections),
        maxConnectionsPerAddress: Number(maxConnectionsPerAddress),
      },
    });
  });

  test('converts the limits of the relay to bytes and ms', () => {
    const given = {
      relayPairs: '7',
      relayPairsPerAddress: '3',
      relayRate: '50',
      relayVolume: '20',
      relayMinutes: '1.5',
    };
    expect(serveSettings(given)).toMatchObject({
      relay: true,
      limits: {
        maxRelays: 7,
        maxRelaysPerAddress: 3,
        relayBytesPerSecond: 50 * 1024,
        maxRelayBytes: 20 * 1024 * 1024,
        maxRelayMs: 90_000,
      },
    });
    expect(serveSettings({ relay: false })).toMatchObject({ relay: false, limits: {} });
  });

  test('shows metrics only to this machine if only a port is given', () => {
    expect(serveSettings({ metrics: '9464' }).metrics).toEqual({ host: '127.0.0.1', port: 9464 });
    expect(serveSettings({ metrics: '192.0.2.1:9464' }).metrics).toEqual({ host: '192.0.2.1', port: 9464 });
  });

  test.each<[ServeArguments, string]>([
    [{ metrics: '' }, "--metrics '' is not [HOST:]PORT"],
    [{ metrics: 'localhost:9464' }, "--metrics 'localhost:9464' is not [HOST:]PORT"],
    [{ metrics: '::1:9464' }, "--metrics '::1:9464' is not [HOST:]PORT"],
    [{ metrics: '127.0.0.1' }, "--metrics '127.0.0.1' is not [HOST:]PORT"],
    [{ metrics: '65536' }, "--metrics '65536' is not [HOST:]PORT"],
    [{ port: '65536' }, "--port '65536' is not a whole number from 0 to 65535"],
    [{ port: 'abc' }, "--port 'abc' is not a whole number from 0 to 65535"],
    [{ port: '' }, "--port '' is not"],
    [{ port: '-1' }, "--port '-1' is not"],
    [{ port: '80.5' }, "--port '80.5' is not"],
    [{ probePort: '70000' }, "--probe-port '70000' is not a whole number from 0 to 65535"],
    [{ logLevel: 'loud' }, "--log-level 'loud' is none of silent, error, warn, info and debug"],
    [{ logLevel: '' }, "--log-level '' is none of"],
    [{ relayPairs: '0' }, "--relay-pairs '0' is not a whole number from 1 to 100000"],
    [{ relayPairsPerAddress: '1.5' }, "--relay-pairs-per-address '1.5' is not a whole number"],
    [{ relayRate: '0' }, "--relay-rate '0' is not a number from 1 to 10000000"],
    [{ relayVolume: 'all' }, "--relay-volume 'all' is not a number"],
    [{ relayMinutes: '-5' }, "--relay-minutes '-5' is not a number"],
    [{ advertise: '127.0.0.1' }, '--advertise needs --store'],
    [{ advertise: '', store: 'redis://store.example' }, '--advertise is empty'],
    [{ advertise: 'http://a', store: 'redis://store.example' }, 'is a URL or a path'],
    [{ advertise: 'a:0', store: 'redis://store.example' }, 'is no port'],
    [
      { advertise: 'a', store: 'redis://store.example', relay: false },
      '--advertise and --no-relay exclude each other',
    ],
    [{ relay: false, relayRate: '5' }, '--no-relay and limits of the relay exclude each other'],
    [{ exempt: '192.0.2.0' }, "--exempt '192.0.2.0' is not a network"],
    [{ exempt: '192.0.2.0/33' }, "--exempt '192.0.2.0/33' is not a network"],
    [{ exempt: '10/8' }, "--exempt '10/8' is not a network"],
    [{ exempt: '192.0.2.0/24,::/129' }, "--exempt '::/129' is not a network"],
    [{ exempt: '' }, "--exempt '' is not a network"],
    [{ maxConnections: '0' }, "--max-connections '0' is not a whole number from 1 to 1000000"],
    [{ maxConnectionsPerAddress: 'many' }, "--max-connections-per-address 'many' is not a whole number"],
    [{ host: '' }, '--host is empty'],
    [{ probeHost: '' }, '--probe-host is empty'],
  ])('refuses %j: %s', (args, message) => {
    expect(() => serveSettings(args)).toThrow(PunchlineError);
    expect(() => serveSettings(args)).toThrow(message);
  });
});
