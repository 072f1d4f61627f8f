/** Networks with IPv6 alone facing all kinds of NAT. They connect as the NAT does that stands behind their NAT64. */
import { testEveryPair } from '../helpers/lab/every-pair.ts';

testEveryPair(
  ['open', 'port-restricted', 'counting', 'random', 'nat64', 'counting/nat64', 'random/nat64'],
  ({ nat64 }) => nat64 === true,
);
