/** What the built program shows of its connection, in pseudo-terminals of every size, while their sizes change. */
import type { TestsOfSizes } from './from-sizes.ts';
import process from 'node:process';
import { expect } from 'vitest';
import { aroundFrom } from '../chats/conversation.ts';
import { openRendezvous } from '../servers/local-rendezvous.ts';
import { program, startPunchline } from '../programs/punchline.ts';
import { openTerminal, type Terminal, type TerminalOptions } from '../terminal/terminal.ts';
import { expectOneScreen, redrawn, resizedWhole } from '../terminal/whole-screen.ts';
import { keyGroup } from '../sessions/key-group.ts';

export const code = '7123-velvet-orbit';
const pageDown = '\u001B[6~';
/** Esc as the kitty protocol sends it: a key that follows cannot become a part of it. */
export const escape = '\u001B[27u';

export function punchline(args: readonly string[], options: Partial<TerminalOptions> = {}): Terminal {
  return openTerminal({ command: process.execPath, args: [program, 'chat', ...args], ...options });
}

/** The text without its breaks into rows. */
function flat(text: string): string {
  return text.replaceAll(/\s/g, '');
}

const hint = /Esc closes$/m;

/** The rows of an overlay, without the header and the hint. */
function overlayRows(screen: string): string[] {
  const rows = screen.split('\n');
  return rows.slice(
    rows.length < 9 ? 0 : 1,
    rows.findIndex((row) => hint.test(row)),
  );
}

/** Reads the log of `/path` by paging to its end, then closes it. Times and spaces are left out. */
export async function readPath(
  screen: Pick<Terminal, 'waitFor'>,
  type: (keys: string) => void,
): Promise<string> {
  type('/path\r');
  let shown = await screen.waitFor(hint);
  // A wide screen begins with the ladder.
  if (shown.includes('l log · Esc')) {
    type('l');
    shown = await screen.waitFor('l ladder · Esc');
  }
  const rows = overlayRows(shown);
  while (/↓ \d+.* Esc closes$/m.test(shown)) {
    const before = overlayRows(shown).join('\n');
    type(pageDown);
    shown = await screen.waitFor((text) => hint.test(text) && overlayRows(text).join('\n') !== before);
    const page = overlayRows(shown);
    function isKnown(count: number) {
      return page.slice(0, count).join('\n') === rows.slice(-count).join('\n');
    }
    rows.push(...page.slice(page.findLastIndex((_, index) => isKnown(index + 1)) + 1));
  }
  type(escape);
  await screen.waitFor((text) => !hint.test(text));
  return flat(rows.map((row) => row.replace(/^\+[\d.:]+(?: ms| s| h \d\d)? /, '')).join('\n'));
}

export const connection: TestsOfSizes = {
  'all steps from the rendezvous to the path are shown, and both sides compare the same words': async (
    size,
  ) => {
    const [second, third, fourth] = aroundFrom(size);
    const { options } = await openRendezvous();
    const server = options[1] ?? '';
    await using anna = punchline([...options, '--name', 'anna', '--no-lan'], size);
    const [, invite = ''] =
      /punchlinechat(\d+-[a-z]+-[a-z]+)@/.exec(
        flat(
          await anna.waitFor(
            (text) => /chat\d+-[a-z]+-[a-z]+@/.test(flat(text)) && !text.includes('Connecting'),
          ),
        ),
      ) ?? [];
    const before = await readPath(anna, anna.write);
    expect(before).toContain('notconnectedyet');
    expect(before).toMatch(new RegExp(`connectingto.*${server}.*waitingat.*${server}.*127\\.0\\.0\\.1:\\d+`));
    await resizedWhole(anna, second, /○ not/);
    await using bob = punchline([...options, invite, '--name', 'bob', '--no-lan', '--plain']);
    await anna.waitFor('● lan · bob');
    await resizedWhole(anna, third, /● lan/);
    const path = await readPath(anna, anna.write);
    expect(path).toContain(`TLS_CHACHA20_POLY1305_SHA256,${keyGroup}`);
    expect(path).toMatch(
      /^lantobob.*over.*IPv4.*127\.0\.0\.1:\d+.*connectingto.*waitingat.*matchedat.*127\.0\.0\.1:\d+\(mapped\).*plan:simultaneous.*attempt1\/10:dialling127.*connectedtobob:lan,127/,
    );
    await resizedWhole(anna, fourth, /● lan/);
    bob.write('/verify\r');
    const [, words = ''] = /\* (\w+ \w+ \w+ \w+)\. Compare/.exec(await bob.waitFor('. Compare')) ?? [];
    anna.write('/verify\r');
    await anna.waitFor((text) => flat(text).includes(`${flat(words)}.`));
    expectOneScreen(anna, /● lan/);
    // Redrawn by a resize, because a key would remove the words.
    await redrawn(anna, () => anna.resize(size.columns, size.rows));
    expectOneScreen(anna, /● lan/);
    expect(flat(anna.text())).toContain(`${flat(words)}.`);
    expect(anna.text().split('\n').at(-1)).toMatch(
      size.columns < 40 ? /^ ● lan · bob/ : /^ ● lan · bob · (?:[\d.]+ m?s · )?encrypted/,
    );
  },
  'a relay is marked as one, with the reason, after any burst of sizes': async (size) => {
    const [second, third, fourth] = aroundFrom(size);
    const { options } = await openRendezvous();
    await using anna = punchline([...options, '--code', code, '--relay', 'always'], size);
    await anna.waitFor('○ not');
    const bob = startPunchline(['chat', '--json', ...options, '--code', code, '--name', 'bob']);
    await anna.waitFor('● relay · bob');
    for (const other of [second, third, fourth, second, third, size, fourth]) {
      anna.resize(other.columns, other.rows);
    }
    bob.write('through the relay\n');
    // Two frames will be compared, so nothing may change between them.
    await anna.waitFor((text) => flat(text).includes('bobthroughtherelay'));
    await resizedWhole(anna, second, /● relay · bob/);
    await resizedWhole(anna, third, /● relay · bob/);
    expect(await readPath(anna, anna.write)).toMatch(
      /^relaytobob.*throughtherendezvous:slower,butstillencryptedendtoend.*asweaskedfor.*thissideisb/,
    );
    await resizedWhole(anna, size, /● relay · bob/);
  },
};
