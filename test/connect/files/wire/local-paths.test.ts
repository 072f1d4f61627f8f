import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LocalPaths } from '../../../../source/connect/files/wire/local-paths.ts';

function componentsOf(path: string) {
  return new LocalPaths(false).of(path).components;
}

describe('a path within a folder', () => {
  test.each([
    ['a/b/c.txt', ['a', 'b', 'c.txt']],
    ['.git/config', ['_git', 'config']],
    ['a/.b/c', ['a', '_b', 'c']],
    ['../../x', ['file', 'file', 'x']],
    ['/etc//./passwd', ['etc', 'passwd']],
    [String.raw`C:\x/y`, ['C__x', 'y']],
    ['', []],
    ['./.', []],
  ])('%j is %j', (path, components) => {
    expect(componentsOf(path)).toEqual(components);
  });

  test('keeps hidden names if that is wanted', () => {
    expect(new LocalPaths(true).of('.git/..x/HEAD').components).toEqual(['.git', '..x', 'HEAD']);
  });

  test('leads into the folder that got another name, and into no other', () => {
    const paths = new LocalPaths(false);
    paths.call(paths.of('_a').key, '_a (1)');
    paths.call(paths.of('_a/_b').key, '_b (2)');
    expect(paths.of('_a/_b/c').components).toEqual(['_a (1)', '_b (2)', 'c']);
    expect(paths.of('.a/_b/c').components).toEqual(['_a', '_b', 'c']);
    expect(paths.of('./_a//c').components).toEqual(['_a (1)', 'c']);
  });

  test('has the same key only for the same components', () => {
    const component = fc.stringMatching(/^[ab.]{1,3}$/).filter((text) => text !== '.');
    const holds = fc.property(fc.array(component), fc.array(component), (one, other) => {
      const keys = [one, other].map((path) => new LocalPaths(false).of(path.join('/')).key);
      expect(keys[0] === keys[1]).toBe(one.join('/') === other.join('/'));
    });
    expect(() => fc.assert(holds)).not.toThrow();
  });
});
