import { expect, test } from 'vitest';
import { doctorSettings, type DoctorArguments } from '../../../source/cli/settings/doctor-settings.ts';

test('without options, both families are tested, and no lifetime', () => {
  expect(doctorSettings({}, {}, {})).toEqual({
    server: undefined,
    stun: undefined,
    json: false,
    lifetimeUpToMs: undefined,
    probePort: undefined,
    family: undefined,
  });
});

test('an option names the rendezvous before the variable, and that before the config file', () => {
  const [environment, config] = [{ server: 'two.example' }, { server: 'three.example' }];
  expect(doctorSettings({ server: 'one.example:1' }, environment, config).server).toEqual({
    host: 'one.example',
    port: 1,
  });
  expect(doctorSettings({}, environment, config).server).toEqual({ host: 'two.example', port: 8877 });
  expect(doctorSettings({}, { server: '' }, config).server).toEqual({ host: 'three.example', port: 8877 });
});

test.each<[DoctorArguments, object]>([
  [{ lifetime: '' }, { lifetimeUpToMs: 360_000 }],
  [{ lifetime: '1.5' }, { lifetimeUpToMs: 1500 }],
  [{ probePort: '443' }, { probePort: 443 }],
  [{ 4: true }, { family: 4 }],
  [{ 6: true }, { family: 6 }],
  [{ json: true }, { json: true }],
])('%j', (args, expected) => {
  expect(doctorSettings(args, {}, {})).toMatchObject(expected);
});

test.each<[string, object]>([
  ['', { named: [], isPublic: true }],
  ['one.example', { named: [{ host: 'one.example', port: 3478 }], isPublic: false }],
  [
    'one.example:443,[2001:db8::1]:5,stun:two.example:3479,stun:3478',
    {
      named: [
        { host: 'one.example', port: 443 },
        { host: '2001:db8::1', port: 5 },
        { host: 'two.example', port: 3479 },
        { host: 'stun', port: 3478 },
      ],
      isPublic: false,
    },
  ],
  ['one.example,', { named: [{ host: 'one.example', port: 3478 }], isPublic: true }],
])('--stun %j names STUN servers, and then no rendezvous is asked', (stun, expected) => {
  const settings = doctorSettings({ stun }, { server: 'a:b' }, { server: 'three.example' });
  expect(settings).toMatchObject({ server: undefined, stun: expected });
});

test('a rendezvous at https is asked where no other one is named', () => {
  const https = { host: 'one.example', port: 443, https: true };
  expect(doctorSettings({ server: 'https://one.example' }, {}, {}).server).toEqual(https);
  expect(doctorSettings({}, { server: 'wormhole,https://one.example' }, {}).server).toEqual(https);
  const both = { server: 'https://one.example,two.example' };
  expect(doctorSettings(both, {}, {}).server).toEqual({ host: 'two.example', port: 8877 });
});

test.each<[DoctorArguments, string]>([
  [
    { server: 'https://one.example:444', lifetime: '' },
    '--lifetime needs a rendezvous over TCP, and https://one.example:444 is reached by https',
  ],
  [{ stun: 'a:b' }, "--stun: 'b' is no port"],
  [{ stun: 'https://example.org' }, "--stun: 'https://example.org' is a URL or a path, not HOST[:PORT]"],
  [
    { stun: '', server: 'example.org' },
    '--stun and --server exclude each other: with --stun, no rendezvous is asked',
  ],
  [
    { stun: '', lifetime: '5' },
    '--stun and --lifetime exclude each other: with --stun, no rendezvous is asked',
  ],
  [
    { stun: '', probePort: '5' },
    '--stun and --probe-port exclude each other: with --stun, no rendezvous is asked',
  ],
  [{ 4: true, 6: true }, '-4 and -6 exclude each other'],
  [{ lifetime: '0' }, "--lifetime '0' is not a number from 1 to 900"],
  [{ lifetime: 'long' }, "--lifetime 'long' is not a number from 1 to 900"],
  [{ lifetime: '901' }, "--lifetime '901' is not a number from 1 to 900"],
  [{ probePort: '0' }, "--probe-port '0' is not a whole number from 1 to 65535"],
])('%j is usage', (args, message) => {
  expect(() => doctorSettings(args, {}, {})).toThrow(expect.objectContaining({ code: 'ERR_USAGE', message }));
});
