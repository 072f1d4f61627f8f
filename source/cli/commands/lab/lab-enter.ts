import { askLab } from '../../../lab/named/lab-client.ts';
import { runInPlace } from '../../../lab/named/run-in-place.ts';

/** `punchline lab enter`: runs a shell or a command in a host. Resolves with its exit code. */
export async function runLabEnter(args: {
  readonly name: string;
  readonly host: string;
  /** Empty for a shell. */
  readonly command: readonly string[];
}): Promise<number> {
  return runInPlace(await askLab(args.name, { do: 'show' }), args.host, args.command);
}
