/** Inside a program that serves several users at a time, because each start of it is dear: see lab/host-program.ts. */
import { createInterface } from 'node:readline';

export interface User<Order> {
  readonly take: (order: Order) => void;
  /** No order comes any more. */
  readonly end: () => void;
}

/** Each line of stdin is the number of a user and an order, or `null` for its end. What a user is told goes to stdout. */
export function serveUsers<Order>(start: (tell: (told: object) => void) => User<Order>): void {
  const users = new Map<number, User<Order>>();
  createInterface({ input: process.stdin })
    .on('line', (line) => {
      const [n, order] = JSON.parse(line) as [number, Order | null];
      const user =
        users.get(n) ?? start((told) => void process.stdout.write(`${JSON.stringify([n, told])}\n`));
      users.set(n, user);
      if (order === null) {
        users.delete(n);
        user.end();
      } else {
        user.take(order);
      }
    })
    .on('close', () => {
      for (const user of users.values()) {
        user.end();
      }
    });
}
