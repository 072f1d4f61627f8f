import { describe, expect, test } from 'vitest';
import { serveSettings, type ServeArguments } from '../../source/core/serve-settings.ts';
import { PunchlineError } from '../../source/errors.ts';

describe('serveSettings', () => {
  test('leaves what was not given to the server', () => {
    expect(serveSettings({})).toEqual({
      port: undefined,
      probePort: undefined,
      host: undefined,
      probeHost: undefined,
      logLevel: 'info',
      logAddresses: undefined,
    });
  });

  test('reads all there is', () => {
    const given = {
      port: '0',
      probePort: '65535',
      host: '::1',
      probeHost: '192.0.2.1',
      logLevel: 'debug',
      logAddresses: true,
    };
    expect(serveSettings(given)).toEqual({ ...given, port: 0, probePort: 65_535 });
  });

  test.each<[ServeArguments, string]>([
    [{ port: '65536' }, "--port '65536' is not a whole number from 0 to 65535"],
    [{ port: 'abc' }, "--port 'abc' is not a whole number from 0 to 65535"],
    [{ port: '' }, "--port '' is not"],
    [{ port: '-1' }, "--port '-1' is not"],
    [{ port: '80.5' }, "--port '80.5' is not"],
    [{ probePort: '70000' }, "--probe-port '70000' is not a whole number from 0 to 65535"],
    [{ logLevel: 'loud' }, "--log-level 'loud' is none of silent, error, warn, info, debug"],
    [{ logLevel: '' }, "--log-level '' is none of"],
    [{ host: '' }, '--host is empty'],
    [{ probeHost: '' }, '--probe-host is empty'],
  ])('refuses %j: %s', (args, message) => {
    expect(() => serveSettings(args)).toThrow(PunchlineError);
    expect(() => serveSettings(args)).toThrow(message);
  });
});
