import * as v from 'valibot';
import { PunchlineError } from '../errors.ts';
import { keepLab, type Keeper } from '../lab/named/lab-daemon.ts';
import { refusal, type Answer } from '../lab/named/lab-messages.ts';
import { labSchema } from '../lab/plan/lab-file.ts';
import { readLine } from '../lab/one-line.ts';

const orderSchema = v.strictObject({ name: v.string(), description: labSchema });

/**
 * The process behind `punchline lab up`: reads on stdin what lab to make, says on
 * stdout how it is, and keeps it when it is then told to. Nobody types this.
 */
export async function runLabHold(): Promise<number> {
  const keeper = await make();
  // `lab up` may have been ended meanwhile: a lab that nobody was told of must not stay.
  if (keeper !== undefined && (await readLine(process.stdin)) !== 'keep') await keeper.end();
  // Its other end is gone, or stays open for as long as this process lives.
  process.stdin.destroy();
  await keeper?.ended;
  return 0;
}

async function make(): Promise<Keeper | undefined> {
  try {
    const order = v.parse(orderSchema, JSON.parse((await readLine(process.stdin)) ?? ''));
    const keeper = await keepLab(order.name, order.description);
    say({ ok: true, state: await keeper.state() });
    return keeper;
  } catch (error) {
    say(refusal(error instanceof PunchlineError ? error : new PunchlineError('ERR_BUG', String(error))));
    return undefined;
  }
}

function say(answer: Answer): void {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
