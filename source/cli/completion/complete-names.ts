/**
 * `punchline __complete KIND [LAB]`: names for the script of a shell, one a line. Nobody types it. A shell waits for it
 * with every Tab, so it loads little, and whatever goes wrong ends in no names.
 */
import { writeSync } from 'node:fs';

/** In ms. Nobody waits longer for a Tab; a lab that hangs has no names then. */
const PATIENCE_MS = 2000;

/** Node makes a stream of process.stdout, which would take longer. */
const STDOUT = 1;

/** What may stand in a line: nothing that means something to a shell, and no end of a line. */
const safeName = /^[\p{L}\p{M}\p{Nd}._-]+$/u;

const [kind, lab = ''] = process.argv.slice(3);
setTimeout(() => process.exit(0), PATIENCE_MS).unref();
try {
  const names = (await namesOf(kind)).filter((name) => safeName.test(name));
  if (names.length > 0) {
    writeSync(STDOUT, `${names.join('\n')}\n`);
  }
} catch {
  // A shell has no place for an error, and the command itself will tell it.
}
process.exit(0);

async function namesOf(wanted: string | undefined): Promise<readonly string[]> {
  switch (wanted) {
    case 'friends': {
      const { friendsFolder, readFriends } = await import('../../friends/friend-files.ts');
      const found = readFriends(friendsFolder());
      return found.flatMap((one) => (one.state === 'read' ? [one.record.friend.name] : [])).toSorted();
    }
    case 'words': {
      const { wordlist } = await import('@scure/bip39/wordlists/english.js');
      return wordlist;
    }
    case 'labs': {
      const { listLabs } = await import('../../lab/named/lab-client.ts');
      return (await listLabs()).map(({ name }) => name);
    }
    case 'hosts': {
      const { hosts, routers } = await stateOf();
      return [...hosts, ...routers].map(({ name }) => name);
    }
    case 'sites': {
      const { sites } = await stateOf();
      return [...sites.map(({ name }) => name), 'rendezvous'];
    }
    default: {
      return [];
    }
  }
}

async function stateOf() {
  const { askLab } = await import('../../lab/named/lab-client.ts');
  return askLab(lab, { do: 'show' });
}
