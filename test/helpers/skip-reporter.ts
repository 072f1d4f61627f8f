import type { Reporter, TestModule } from 'vitest/node';

/**
 * Prints a line for each skipped test with its reason at the end of a run, and
 * one with the numbers of passed, failed and skipped tests.
 */
export default class SkipReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0 };
    const reasons: string[] = [];
    for (const module of modules) {
      for (const test of module.children.allTests()) {
        const result = test.result();
        if (result.state === 'pending') {
          continue;
        }
        counts[result.state] += 1;
        if (result.state === 'skipped') {
          reasons.push(`skipped: ${test.fullName}: ${result.note ?? 'no reason'}`);
        }
      }
    }
    process.stdout.write(
      [...reasons, `${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`, ''].join(
        '\n',
      ),
    );
  }
}
