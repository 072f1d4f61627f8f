/** The screen from every size of a terminal to every other. `npm test` begins each test at one size. */
import { describe } from 'vitest';
import { badInput } from '../helpers/sizes/bad-input.ts';
import { commanding } from '../helpers/sizes/commanding.ts';
import { connection } from '../helpers/sizes/connection.ts';
import { files, fileSizes } from '../helpers/sizes/files.ts';
import { testFromEverySize } from '../helpers/sizes/from-sizes.ts';
import { modes } from '../helpers/sizes/modes.ts';
import { reading } from '../helpers/sizes/reading.ts';
import { handover } from '../helpers/sizes/terminal.ts';
import { writing } from '../helpers/sizes/writing.ts';

describe.each(Object.entries({ badInput, commanding, connection, reading, handover, modes, writing }))(
  '%s',
  (_, tests) => {
    testFromEverySize(tests);
  },
);

describe('files', () => {
  testFromEverySize(files, fileSizes);
});
