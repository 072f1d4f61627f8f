import { classOfTwenty } from './class.ts';
import { doctor } from './doctor.ts';
import { addresses } from './addresses.ts';
import { executable } from './executable.ts';
import { fallback } from './fallback.ts';
import { forward } from './forward.ts';
import { file } from './file.ts';
import { fuzz } from './fuzz.ts';
import { idle } from './idle.ts';
import { keystroke } from './keystroke.ts';
import { limit } from './limit.ts';
import { localNetwork } from './local-network.ts';
import { mailbox } from './mailbox.ts';
import { memory } from './memory.ts';
import { message } from './message.ts';
import { pipe } from './pipe.ts';
import { restart } from './restart.ts';
import { resume } from './resume.ts';
import { runBenches } from './run-benches.ts';
import { spray } from './spray.ts';
import { startUp } from './start-up.ts';
import { transcript } from './transcript.ts';
import { watch } from './watch.ts';

/** `npm run bench [NAME…]`: measures what the two peers do. */
await runBenches({
  'start-up': startUp,
  executable,
  keystroke,
  idle,
  transcript,
  limit,
  spray,
  doctor,
  addresses,
  fallback,
  'local-network': localNetwork,
  mailbox,
  resume,
  restart,
  pipe,
  forward,
  file,
  message,
  memory,
  watch,
  class: classOfTwenty,
  fuzz,
});
