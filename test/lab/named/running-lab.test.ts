import { expect, test } from 'vitest';
import { RunningLab } from '../../../source/lab/named/running-lab.ts';
import { labOrSkip } from '../../helpers/lab/lab.ts';

test('a lab that ends says so, and not that it is up', async (context) => {
  const description = { sites: {} };
  const lab = new RunningLab('class', description, await labOrSkip(context, description));
  expect(await lab.obey({ do: 'show' })).toMatchObject({ name: 'class' });
  const ended = Promise.all([lab.obey({ do: 'down' }), lab.obey({ do: 'down' })]);
  await expect(lab.obey({ do: 'show' })).rejects.toMatchObject({ code: 'ERR_USAGE' });
  await ended;
});
