// Runs a suite of tests and counts honestly: a file that could not be loaded, an unhandled error or a runner that died are
// failures too, although no test of theirs is in the report.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import process from 'node:process';
import { spawn } from 'node:child_process';
import { stripVTControlCharacters as withoutColours } from 'node:util';
import { ROOT } from './setup-run.mjs';

/** Runs with the terminal's own output; resolves to the exit code, 127 when there is no such program. */
export function runVisibly(command, args, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'], env: { ...process.env, ...env } });
    child.on('error', () => resolve(127));
    child.on('close', (code, signal) => resolve(code ?? (signal === null ? 1 : 128)));
  });
}

export const reportPath = (name) => join(ROOT, '.cache', 'reports', `${name}.json`);

/** `npm test` as everybody types it: set-up, build and the main suite. */
export async function npmTest() {
  rmSync(reportPath('main'), { force: true });
  const code = await runVisibly('npm', ['test']);
  return { name: 'npm test', ...countReport(reportPath('main'), code) };
}

/** Vitest with a JSON report in .cache/reports/NAME.json. `node`: the command that is Node, for another version of it. */
export async function vitest(name, { config = null, args = [], env = {}, node = [process.execPath] } = {}) {
  const report = reportPath(name);
  mkdirSync(dirname(report), { recursive: true });
  rmSync(report, { force: true });
  const code = await runVisibly(node[0], [
    ...node.slice(1), join(ROOT, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...(config === null ? [] : ['-c', config]),
    '--reporter=default', '--reporter=json', `--outputFile.json=${report}`, ...args,
  ], env);
  return { name, ...countReport(report, code) };
}

/** {passed, failed, reasons} of a vitest JSON report and the runner's exit code. */
export function countReport(path, exitCode) {
  if (!existsSync(path)) return { passed: 0, failed: 1, reasons: [`no report was written (exit ${exitCode})`] };
  const report = JSON.parse(readFileSync(path, 'utf8'));
  const reasons = [];
  let failed = report.numFailedTests;
  for (const file of report.testResults) {
    for (const test of file.assertionResults) if (test.status === 'failed') reasons.push(`${relative(ROOT, file.name)} › ${test.fullName}: ${withoutColours(test.failureMessages?.[0] ?? 'no message').slice(0, 600)}`);
    if (file.status !== 'failed' || file.assertionResults.some((test) => test.status === 'failed')) continue;
    failed += 1;
    reasons.push(`${file.name}: ${(file.message || 'could not be run').split('\n')[0]}`);
  }
  const skipped = report.numPendingTests + report.numTodoTests;
  if (skipped > 0) reasons.push(`${skipped} skipped`);
  if (failed === 0 && exitCode !== 0) {
    failed = 1;
    reasons.push(`the runner ended with ${exitCode} although no test failed (an unhandled error; see above)`);
  }
  return { passed: report.numPassedTests, failed, reasons };
}

/** A check that passes or fails as a whole, such as lint. `notChecked`: ends with this code where nothing could be looked at, which counts as neither and is said. */
export async function check(name, command, args, { notChecked = null } = {}) {
  const code = await runVisibly(command, args);
  if (code === notChecked) return { name, passed: 0, failed: 0, reasons: ['NOT CHECKED here: its own words are above'] };
  return code === 0 ? { name, passed: 1, failed: 0, reasons: [] } : { name, passed: 0, failed: 1, reasons: [`exit ${code}`] };
}

/** A suite that could not start: one failure that says why. */
export function couldNotStart(name, reason) {
  return { name, passed: 0, failed: 1, reasons: [`could not start: ${reason}`] };
}

const REASONS_SHOWN = 40;

/** Prints one line a suite with the reasons of its failures, and the sum as the last line; returns the exit code. */
export function conclude(results) {
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  if (results.length > 1) {
    process.stdout.write('\n');
    for (const { name, passed, failed, reasons } of results) process.stdout.write(`${failed > 0 ? '✗' : passed > 0 ? '✓' : '–'} ${name}: ${passed} passed, ${failed} failed\n${reasons.slice(0, REASONS_SHOWN).map((reason) => `    ${reason}\n`).join('')}`);
  } else for (const reason of results[0].reasons) process.stdout.write(`${reason}\n`);
  process.stdout.write(`${sum('passed')} passed, ${sum('failed')} failed\n`);
  return sum('failed') === 0 ? 0 : 1;
}
