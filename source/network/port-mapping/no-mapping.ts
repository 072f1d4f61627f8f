import type { Endpoint, Family } from '../../events.ts';
import { addressClass, familyOf } from '../address.ts';
import { formatEndpoint } from '../endpoint.ts';

/** Why one way to a mapping leads to none. It never leaves this folder but as a sentence. */
export class NoMapping extends Error {
  override readonly name = 'NoMapping';
  /** Whether the router has answered. What it said tells more than the silence of another protocol. */
  readonly isAnswer: boolean;

  constructor(isAnswer: boolean, message: string) {
    super(message);
    this.isAnswer = isAnswer;
  }
}

/** The endpoint that a router says it has mapped. Throws NoMapping if no peer could ever dial it. */
export function expectUsable(external: Endpoint, family: Family): Endpoint {
  const reach = addressClass(external.address);
  const isUnicast = reach === 'global' || reach === 'private' || reach === 'unique-local';
  if (external.port === 0 || !isUnicast || familyOf(external.address) !== family) {
    throw new NoMapping(
      true,
      `the router says that it maps ${formatEndpoint(external)}, which nobody can dial`,
    );
  }
  return external;
}
