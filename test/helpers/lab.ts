import type { TestContext } from 'vitest';
import { PunchlineError } from '../../source/errors.ts';
import type { LabDescription } from '../../source/lab/description.ts';
import type { Host } from '../../source/lab/host.ts';
import { createLab, type Lab } from '../../source/lab/lab.ts';

/**
 * A lab that ends with the test. Where this machine cannot make one, the test is
 * skipped with the reason; under CI, which installs what a lab needs, it fails.
 */
export async function labOrSkip(context: TestContext, description: LabDescription): Promise<Lab> {
  try {
    const lab = await createLab(description);
    context.onTestFinished(() => lab.close());
    return lab;
  } catch (error) {
    const isUnable =
      error instanceof PunchlineError &&
      (error.code === 'ERR_MISSING_TOOL' || error.code === 'ERR_PERMISSION');
    if (!isUnable || process.env['CI'] !== undefined) throw error;
    return context.skip(error.message);
  }
}

/**
 * Counts the packets that a router forwards, or a host receives and sends, by
 * name: each count is a match in nft's words. Returns what reads the counts.
 */
export async function countPackets<Name extends string>(
  host: Host,
  matches: Readonly<Record<Name, string>>,
): Promise<() => Promise<Record<Name, number>>> {
  const names = Object.keys(matches) as Name[];
  const rules = names.map((name) => `${matches[name]} counter name "${name}"`).join('\n');
  const ruleset = [
    'table inet count {',
    ...names.map((name) => `counter ${name} { }`),
    // Each packet passes exactly one of the chains that carry its match, before any filter.
    `chain forward { type filter hook forward priority -150;\n${rules}\n}`,
    `chain input { type filter hook input priority -150;\n${rules}\n}`,
    `chain output { type filter hook output priority -150;\n${rules}\n}`,
    '}\n',
  ].join('\n');
  const loaded = await host.exec(['nft', '-f', '-'], ruleset);
  if (loaded.code !== 0) throw new Error(`nft: ${loaded.stderr}`);
  return async () => {
    const { stdout } = await host.exec(['nft', '-j', 'list', 'counters', 'table', 'inet', 'count']);
    const { nftables } = JSON.parse(stdout) as { nftables: { counter?: { name: Name; packets: number } }[] };
    const counted = nftables.flatMap(({ counter }) =>
      counter ? [[counter.name, counter.packets] as const] : [],
    );
    return Object.fromEntries(counted) as Record<Name, number>;
  };
}
