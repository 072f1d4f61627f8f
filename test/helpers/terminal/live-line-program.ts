/** Draws a live line, and changes it by keys: w writes above it, r refreshes it, m does so 500 times, s refreshes it without a
 * change, q ends. */
import process from 'node:process';
import { LiveLine } from '../../../source/ui/terminal/live-line.ts';

const { stdin, stdout } = process;
let count = 0;
const line = new LiveLine({
  stream: stdout,
  text: () => `line ${count} ${'x'.repeat(100)}`,
  atMostEveryMs: 100,
  isMoving: false,
});
function end(): void {
  line.end();
  stdout.write('the end\n');
  process.exit();
}
if (process.argv[2] === 'background') {
  line.refresh();
  setTimeout(end, 300);
} else {
  stdin.on('data', (keys) => {
    for (const key of keys.toString('latin1')) {
      if (key === 'w') {
        count += 1;
        line.write(`above ${count}\n`);
      } else if (key === 'r') {
        line.refresh();
      } else if (key === 'm') {
        for (let more = 0; more < 500; more += 1) {
          count += 1;
          line.refresh();
        }
      } else if (key === 's') {
        line.refresh();
        setTimeout(() => {
          count += 1;
          line.write(`above ${count}\n`);
        }, 300);
      } else if (key === 'q') {
        end();
      }
    }
  });
}
