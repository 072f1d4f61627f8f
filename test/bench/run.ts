import { figureText, passes, type Figure } from './figure.ts';
import { fuzz } from './fuzz.ts';
import { idle } from './idle.ts';
import { keystroke } from './keystroke.ts';
import { limit } from './limit.ts';
import { memory } from './memory.ts';
import { message } from './message.ts';
import { pipe } from './pipe.ts';
import { relay } from './relay.ts';
import { spray } from './spray.ts';
import { startUp } from './start-up.ts';
import { transcript } from './transcript.ts';

/** `npm run bench [NAME…]`: prints each figure with its bound, and exits 1 where one is missed. */
const benches: Record<string, () => Promise<Figure[]>> = {
  'start-up': startUp,
  keystroke,
  idle,
  transcript,
  limit,
  spray,
  pipe,
  message,
  memory,
  relay,
  fuzz,
};

const chosen = process.argv.slice(2);
const unknown = chosen.filter((name) => !(name in benches));
if (unknown.length > 0) {
  process.stderr.write(`no bench ${unknown.join(', ')}; there are ${Object.keys(benches).join(', ')}\n`);
  process.exit(2);
}
for (const [name, bench] of Object.entries(benches)) {
  if (chosen.length > 0 && !chosen.includes(name)) continue;
  for (const figure of await bench()) {
    const passed = passes(figure);
    process.stdout.write(`${passed ? 'pass' : 'FAIL'}  ${figure.name}: ${figureText(figure)}\n`);
    if (!passed) process.exitCode = 1;
  }
}
