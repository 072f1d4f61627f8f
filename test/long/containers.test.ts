/** Containers of ordinary users facing all kinds of NAT. The doctor's view of them is in test/doctor. */
import { testEveryPair } from '../helpers/lab/every-pair.ts';

testEveryPair(
  ['open', 'full-cone', 'restricted', 'port-restricted', 'counting', 'random', 'slirp', 'passt'],
  ({ container }) => container !== undefined,
);
