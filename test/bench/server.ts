import { runBenches } from './run-benches.ts';
import { hostile } from './server/hostile.ts';
import { lines } from './server/lines.ts';
import { matches } from './server/matches.ts';
import { relay } from './server/relay.ts';
import { store } from './server/store.ts';
import { waiting } from './server/waiting.ts';

/**
 * `npm run bench:server [NAME…]`: measures a rendezvous under load. The load
 * comes from other processes, over loopback only.
 */
await runBenches({ waiting, matches, store, relay, lines, hostile });
