/**
 * Loaded into the traced program before its own code. Writes one line for each
 * file and each Intl object, until the first frame.
 */
import { appendFileSync } from 'node:fs';
import { registerHooks } from 'node:module';

const trace = process.env['FIRST_FRAME_TRACE'] ?? '';
let isDrawn = false;
function note(line: string): void {
  if (!isDrawn) {
    appendFileSync(trace, `${line}\n`);
  }
}

registerHooks({
  load: (url, context, nextLoad) => {
    if (url.includes('/dist/')) {
      note(url);
    }
    return nextLoad(url, context);
  },
});

for (const name of ['Segmenter', 'DateTimeFormat', 'Collator', 'NumberFormat'] as const) {
  Object.defineProperty(Intl, name, {
    value: new Proxy(Intl[name], {
      construct: (target, args, newTarget): object => {
        note(`Intl.${name}`);
        return Reflect.construct(target, args, newTarget) as object;
      },
    }),
  });
}

const write = process.stdout.write.bind(process.stdout) as (...args: unknown[]) => boolean;
process.stdout.write = (...args: unknown[]): boolean => {
  if (/rendezvous/i.test(String(args[0]))) {
    note('frame');
    isDrawn = true;
  }
  return write(...args);
};
