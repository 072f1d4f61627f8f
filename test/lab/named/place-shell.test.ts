import { expect, test } from 'vitest';
import { placeEnvironment, shellCommand } from '../../../source/lab/named/place-shell.ts';

const place = { host: 'alice.router', lab: 'class', tools: '/run/user/1000/punchline/class.bin' };

test('bash reads our file, which sets the prompt; another shell takes it from the environment', () => {
  expect(shellCommand('/bin/bash', place).slice(-4)).toEqual([
    '/bin/bash',
    '--rcfile',
    '/run/user/1000/punchline/class.bin/bashrc',
    '-i',
  ]);
  expect(shellCommand('/bin/sh', place).slice(-3)).toEqual(['alice.router.class', '/bin/sh', '+m']);
  expect(shellCommand('/usr/bin/fish', place).at(-1)).toBe('/usr/bin/fish');
  expect(placeEnvironment(place, '/usr/bin')).toMatchObject({
    PATH: '/run/user/1000/punchline/class.bin:/usr/bin',
    PS1: 'alice.router@class:$PWD$ ',
  });
});

test('a folder that a PATH cannot name is left out of it', () => {
  expect(placeEnvironment({ ...place, tools: '/run/a:b/class.bin' }, '/usr/bin')).toMatchObject({
    PATH: '/usr/bin',
  });
});
