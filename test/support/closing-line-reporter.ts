import type { Reporter, TestCase, TestModule, TestSuite, Vitest } from 'vitest/node';

const UNSTATED = 'no cause given';

interface Tally {
  passed: number;
  failed: number;
  skipped: number;
}

/** The name a reader knows a suite by: its file, or the first `describe` inside it. */
function suiteTitle(module: TestModule, root: string): string {
  const path = module.moduleId.startsWith(`${root}/`) ? module.moduleId.slice(root.length + 1) : module.moduleId;
  const only = [...module.children.suites()];
  const first: TestSuite | undefined = only.length === 1 ? only[0] : undefined;
  return first === undefined ? path : `${path} › ${first.name}`;
}

/** The cause of a skip is the note of `context.skip('needs root')`, or `meta.skipCause` of the test or of a suite around it. */
function causeOf(test: TestCase): string {
  const result = test.result();
  if (result.state === 'skipped' && result.note !== undefined) {
    return result.note;
  }
  let task: TestCase | TestSuite | TestModule = test;
  while (task.type !== 'module') {
    const { skipCause } = task.meta() as { skipCause?: string };
    if (skipCause !== undefined) {
      return skipCause;
    }
    task = task.parent;
  }
  return UNSTATED;
}

/**
 * Names every skipped suite with its cause, then ends the run with one line a person and a script can read:
 * `N passed, N failed, N skipped`.
 */
class ClosingLineReporter implements Reporter {
  #root = process.cwd();

  onInit(vitest: Vitest): void {
    this.#root = vitest.config.root;
  }

  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const tally: Tally = { passed: 0, failed: unhandled.length, skipped: 0 };
    const causes: string[] = [];
    for (const module of modules) {
      this.#count(module, tally, causes);
    }
    const lines = causes.map((cause) => `skipped  ${cause}`);
    lines.push(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`);
    process.stdout.write(`\n${lines.join('\n')}\n`);
  }

  #count(module: TestModule, tally: Tally, causes: string[]): void {
    const skips = new Map<string, number>();
    // A file that fails to import has no test to fail, and must not look like a success.
    if (module.state() === 'failed' && module.errors().length > 0) {
      tally.failed += 1;
    }
    for (const test of module.children.allTests()) {
      const result = test.result();
      if (result.state === 'passed' || result.state === 'failed') {
        tally[result.state] += 1;
        if ((test.diagnostic()?.retryCount ?? 0) > 0) {
          process.stdout.write(`\nsecond try  ${test.fullName}\n`);
        }
      } else {
        tally.skipped += 1;
        const cause = causeOf(test);
        skips.set(cause, (skips.get(cause) ?? 0) + 1);
      }
    }
    for (const [cause, count] of skips) {
      causes.push(`${suiteTitle(module, this.#root)} (${count}): ${cause}`);
    }
  }
}

// vitest loads a reporter by its file's default export.
export { ClosingLineReporter as default };
