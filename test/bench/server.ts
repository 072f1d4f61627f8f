import { figureText, passes, type Figure } from './figure.ts';
import { hostile } from './server/hostile.ts';
import { matches } from './server/matches.ts';
import { waiting } from './server/waiting.ts';

/** `npm run bench:server [NAME…]`: a rendezvous under load, from processes of their own, on the loopback only. */
const benches: Record<string, () => Promise<Figure[]>> = { waiting, matches, hostile };

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
