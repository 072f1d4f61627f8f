import { describe, expect, test } from 'vitest';
import { chatOptions, connectingOptions, doctorOptions } from '../../../source/cli/options/chat-options.ts';
import { commands, labCommands, optionsOf, type Command } from '../../../source/cli/options/command-table.ts';
import { labCutOptions, labMatrixOptions, labTryOptions } from '../../../source/cli/options/lab-options.ts';
import { camelOf, type Options } from '../../../source/cli/options/option.ts';
import { readOptions } from '../../../source/cli/options/read-options.ts';
import { serveOptions } from '../../../source/cli/options/serve-options.ts';
import { MAX_CUT_SECONDS } from '../../../source/lab/named/lab-messages.ts';
import { MAX_SLEEP_MS } from '../../../source/protocol/rendezvous-messages.ts';

const everyOption = Object.entries<Command>({ ...commands, ...labCommands }).flatMap(([path, command]) =>
  Object.entries(optionsOf(command)).map(([name, option]) => [path, name, option] as const),
);

describe('readOptions', () => {
  test('fills in the defaults of the table, and nothing else', () => {
    const { attempts, giveUp, send, stun, ...others } = readOptions(chatOptions, {});
    expect({ attempts, giveUp, send, stun }).toEqual({ stun: [], attempts: 10, giveUp: 600_000, send: [] });
    expect(Object.values(others).every((value) => value === undefined)).toBe(true);
    expect(readOptions(labMatrixOptions, {})).toMatchObject({
      runs: 5,
      delay: 20,
      jitter: 0,
      loss: 0,
      attempts: 5,
    });
    expect(readOptions(labTryOptions, {})).toMatchObject({ attempts: 10, delay: undefined });
    expect(readOptions(serveOptions, {})).toMatchObject({ logLevel: 'info', port: undefined, exempt: [] });
  });

  test('gives durations in ms and sizes in bytes', () => {
    expect(readOptions(chatOptions, { wait: '0.5', giveUp: '1.5', heartbeat: '2.5' })).toMatchObject({
      wait: 30_000,
      giveUp: 90_000,
      heartbeat: 2500,
    });
    expect(readOptions(serveOptions, { relayRate: '50', relayVolume: '0020' })).toMatchObject({
      relayRate: 51_200,
      relayVolume: 20_971_520,
    });
  });

  test.each<[Options, string, string[], string]>([
    [chatOptions, 'attempts', ['0', '101', '1.5', '', '-1', '1e1'], 'is not a whole number from 1 to 100'],
    [chatOptions, 'wait', ['0', '10081'], 'is not a number from 0.01 to 10080'],
    [chatOptions, 'give-up', ['0', '1441'], 'is not a number from 0.01 to 1440'],
    [chatOptions, 'probe-port', ['0', '65536'], 'is not a whole number from 1 to 65535'],
    [chatOptions, 'heartbeat', ['0', '3601'], 'is not a number from 0.1 to 3600'],
    [chatOptions, 'relay', ['', 'sometimes'], 'is none of auto, never and always'],
    [chatOptions, 'theme', ['', 'pink'], 'is none of dark, light and plain'],
    [chatOptions, 'notify', ['', 'pink'], 'is none of off, bell, name and text'],
    [doctorOptions, 'lifetime', ['0', '901'], 'is not a number from 1 to 900'],
    [doctorOptions, 'probe-port', ['0', '65536'], 'is not a whole number from 1 to 65535'],
    [serveOptions, 'port', ['-1', '65536'], 'is not a whole number from 0 to 65535'],
    [serveOptions, 'probe-port', ['-1', '65536'], 'is not a whole number from 0 to 65535'],
    [serveOptions, 'relay-pairs', ['0', '100001'], 'is not a whole number from 1 to 100000'],
    [serveOptions, 'relay-pairs-per-address', ['0', '100001'], 'is not a whole number from 1 to 100000'],
    [serveOptions, 'relay-rate', ['0', '10000001'], 'is not a number from 1 to 10000000'],
    [serveOptions, 'relay-volume', ['0', '10000001'], 'is not a number from 1 to 10000000'],
    [serveOptions, 'relay-minutes', ['0', '30001'], 'is not a number from 0.01 to 30000'],
    [serveOptions, 'max-connections', ['0', '1000001'], 'is not a whole number from 1 to 1000000'],
    [serveOptions, 'max-connections-per-address', ['0', '1.5'], 'is not a whole number from 1 to 1000000'],
    [serveOptions, 'log-level', ['', 'loud'], 'is none of silent, error, warn, info and debug'],
    [labCutOptions, 'for', ['0', '86401'], 'is not a number from 0.1 to 86400'],
    [labTryOptions, 'delay', ['-1', '60001'], 'is not a number from 0 to 60000'],
    [labTryOptions, 'attempts', ['0', '101'], 'is not a whole number from 1 to 100'],
    [labMatrixOptions, 'runs', ['0', '1001'], 'is not a whole number from 1 to 1000'],
    [labMatrixOptions, 'attempts', ['0', '101'], 'is not a whole number from 1 to 100'],
    [labMatrixOptions, 'parallel', ['0', '65'], 'is not a whole number from 1 to 64'],
    [labMatrixOptions, 'delay', ['-1', '60001'], 'is not a number from 0 to 60000'],
    [labMatrixOptions, 'jitter', ['-1', '60001'], 'is not a number from 0 to 60000'],
    [labMatrixOptions, 'loss', ['-1', '101'], 'is not a number from 0 to 100'],
  ])('(%#) refuses for --%s %j: %s', (options, name, values, why) => {
    for (const value of values) {
      const typed: Record<string, string> = { [camelOf(name)]: value };
      expect(() => readOptions(options, typed)).toThrow(
        expect.objectContaining({
          code: 'ERR_USAGE',
          message: expect.stringContaining(`--${name} '${value}' ${why}`) as unknown,
        }),
      );
    }
  });

  test.each(
    everyOption.flatMap(([path, name, option]) =>
      option.kind === 'number' ? [[path, name, option] as const] : [],
    ),
  )('takes both bounds: %s --%s', (_, name, option) => {
    const { max, min, unit } = option;
    const values = [min, max].map((value) =>
      readOptions({ [name]: option }, { [camelOf(name)]: String(value) }),
    );
    expect(values).toEqual(
      [min, max].map((value) => ({ [camelOf(name)]: unit === undefined ? value : Math.round(value * unit) })),
    );
  });

  test.each([
    [{ log: '' }, '--log is empty', 'Name a file'],
    [{ acceptFiles: '' }, '--accept-files is empty', 'Name a folder'],
    [{ send: 'a\0' }, '--send is empty', 'Name a file or a folder'],
  ])('refuses %j: %s', (typed, message, hint) => {
    expect(() => readOptions(chatOptions, typed)).toThrow(
      expect.objectContaining({ message, hint: expect.stringContaining(hint) as unknown }),
    );
  });

  test.each(everyOption.filter(([, , option]) => option.kind !== 'flag' && !('off' in option)))(
    'refuses --no- in front of an option that cannot be switched off: %s --%s',
    (_, name, option) => {
      const typed: Record<string, never> = { [camelOf(name)]: false as never };
      expect(() => readOptions({ [name]: option }, typed)).toThrow(`there is no option '--no-${name}'`);
    },
  );

  test('takes --no-relay for a choice', () => {
    expect(readOptions(connectingOptions, { relay: false }).relay).toBe('never');
  });

  test('takes an empty value of an option that may stand alone as if it stood alone', () => {
    expect(readOptions(doctorOptions, { lifetime: '' }).lifetime).toBe(360_000);
    expect(readOptions(chatOptions, { heartbeat: '' }).heartbeat).toBe(1000);
  });
});

test('the bounds that other machines and processes check are the same', () => {
  expect(doctorOptions.lifetime.max * 1000).toBe(MAX_SLEEP_MS);
  expect(labCutOptions.for.max).toBe(MAX_CUT_SECONDS);
});
