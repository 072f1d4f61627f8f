import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { actionNames, actions } from '../../../source/ui/settings/actions.ts';
import { keyText } from '../../../source/ui/settings/key-map.ts';

test('the manual lists every action with its keys, and no other', () => {
  const [, list = ''] = readFileSync('source/cli/manual/config.md', 'utf8').split(
    /^<summary>The actions.*$/m,
  );
  const [rows = ''] = list.split('</details>');
  const told = rows
    .split('\n')
    .filter((row) => row.startsWith('| `'))
    .map((row) => row.split(/(?<!\\)\|/).map((cell) => cell.trim()));
  expect(told.map(([, name, keys]) => [name, keys])).toEqual(
    actionNames.map((action) => [
      `\`${action}\``,
      actions[action].map((key) => `\`${keyText(key)}\``).join(', '),
    ]),
  );
  expect(told.filter(([, , , about]) => about === '')).toEqual([]);
});
