import { describe, expect, test } from 'vitest';
import { parseStoreUrl } from '../../../../source/server/rooms/redis/store-url.ts';
import { PunchlineError } from '../../../../source/errors.ts';

const nobody = { username: undefined, password: undefined };

describe('parseStoreUrl', () => {
  test.each([
    ['redis://store.example', { host: 'store.example', port: 6379, tls: false, database: 0, ...nobody }],
    ['redis://127.0.0.1:7000/', { host: '127.0.0.1', port: 7000, database: 0 }],
    ['rediss://store.example/3', { host: 'store.example', port: 6379, tls: true, database: 3 }],
    ['redis://[2001:db8::1]:1', { host: '2001:db8::1', port: 1 }],
    ['redis://:p%40ss@store.example', { host: 'store.example', username: undefined, password: 'p@ss' }],
    ['redis://ada:secret@store.example/0', { username: 'ada', password: 'secret', database: 0 }],
  ])('reads %s', (text, address) => {
    expect(parseStoreUrl(text)).toMatchObject(address);
  });

  test('shows neither user nor password', () => {
    expect(parseStoreUrl('redis://ada:secret@store.example:7000/2').shown).toBe(
      'redis://store.example:7000/2',
    );
  });

  test.each([
    ['', "--store '' is not the URL of a store"],
    ['store.example', 'is not the URL of a store'],
    ['store.example:6379', 'is not the URL of a store'],
    ['http://store.example', 'is not the URL of a store'],
    ['redis:store.example', 'names no host'],
    ['redis://', 'names no host'],
    ['redis:///1', 'names no host'],
    ['redis://store.example/one', 'its database must be a number from 0 to 99999'],
    ['redis://store.example/1/2', 'its database must be a number'],
    ['redis://store.example/100000', 'its database must be a number'],
    ['redis://store.example/1?x=1', 'nothing may follow its database'],
    ['redis://store.example/1#x', 'nothing may follow its database'],
    ['redis://store.example:0', 'port 0 cannot be used'],
    ['redis://store.example:70000', 'is not the URL of a store'],
    ['redis://a:%E0%A4%A@store.example', 'is not percent-encoded'],
  ])('refuses %j: %s', (text, message) => {
    expect(() => parseStoreUrl(text)).toThrow(PunchlineError);
    expect(() => parseStoreUrl(text)).toThrow(message);
  });

  test.each([
    'http://ada:secret@store.example',
    'redis://ada:secret@store.example/x',
    'redis:ada:secret@store',
  ])('says nothing of the password when it refuses %s', (text) => {
    expect(() => parseStoreUrl(text)).toThrow(PunchlineError);
    expect(() => parseStoreUrl(text)).not.toThrow(/secret/);
  });
});
