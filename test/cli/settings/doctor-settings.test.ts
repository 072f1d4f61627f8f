import { expect, test } from 'vitest';
import { doctorSettings, type DoctorArguments } from '../../../source/cli/settings/doctor-settings.ts';

test('without options, both families are tested, and no lifetime', () => {
  expect(doctorSettings({}, {}, {})).toEqual({
    server: undefined,
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

test.each<[DoctorArguments, string]>([
  [{ 4: true, 6: true }, '-4 and -6 exclude each other'],
  [{ lifetime: '0' }, "--lifetime '0' is not a number from 1 to 900"],
  [{ lifetime: 'long' }, "--lifetime 'long' is not a number from 1 to 900"],
  [{ lifetime: '901' }, "--lifetime '901' is not a number from 1 to 900"],
  [{ probePort: '0' }, "--probe-port '0' is not a whole number from 1 to 65535"],
])('%j is usage', (args, message) => {
  expect(() => doctorSettings(args, {}, {})).toThrow(expect.objectContaining({ code: 'ERR_USAGE', message }));
});
