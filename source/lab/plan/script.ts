/**
 * Turns commands into one script of the shell. A lab of two sites has some
 * twenty commands, and one shell starts them in half of the time that this
 * program takes to start each.
 */
import type { Command } from './namespaces.ts';

/** No input of ours has such a line. */
const endOfInput = '----';

/**
 * Runs the commands up to the first that fails. Of that one, the script prints
 * the place in the list, a new line and the complaint, and then it ends with 1.
 * `folder` is where `ip netns` puts namespaces, and `complaint` a file to write.
 *
 * A program that stays must hold none of our pipes, so the commands get neither
 * descriptor 3 nor our stderr.
 */
export function scriptOf(
  commands: readonly Command[],
  { complaint, folder }: { readonly complaint: string; readonly folder: string },
): string {
  return [
    `exec 3>&1 > /dev/null`,
    `failed() { echo "$1" >&3; cat ${complaint} >&3; exit 1; }`,
    ...commands.map(({ argv, input = '', namespace }, index) => {
      const inside = namespace === undefined ? [] : ['nsenter', `--net=${folder}/${namespace}`, '--'];
      const words = [...inside, ...argv].map(shellWord).join(' ');
      return input === ''
        ? `${words} 2> ${complaint} 3>&- < /dev/null || failed ${index}`
        : `${words} 2> ${complaint} 3>&- << '${endOfInput}' || failed ${index}\n${input.replace(/\n?$/, '\n')}${endOfInput}`;
    }),
    '',
  ].join('\n');
}

const plain = /^[\w./:=,@%+-]+$/;

/** A word that the shell takes as it is, whatever is in it. */
export function shellWord(word: string): string {
  return plain.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
