// `npm audit` against the registry that npm is set to. 1 when a known hole is neither mended nor explained below. Registries
// that only hand out packages have no advisories: then it ends with 3, which is neither a clean bill nor a hole.
import { spawnSync } from 'node:child_process';
import process from 'node:process';
import { ROOT, say } from './setup-run.mjs';

const NOT_CHECKED = 3;

/** Advisories that do not concern us, by their GHSA id, each with the reason. */
const EXPLAINED = {};

const { stdout } = spawnSync('npm', ['audit', '--json', '--loglevel=error'], { cwd: ROOT, encoding: 'utf8', timeout: 120_000, maxBuffer: 64 * 1024 * 1024 });
const report = parsed(stdout);
if (report?.vulnerabilities === undefined) {
  say(`Not checked: the registry answers no advisories (${report?.statusCode ?? 'no answer'}). Run \`node scripts/audit.mjs\` where one does.`);
  process.exitCode = NOT_CHECKED;
} else {
  const holes = Object.values(report.vulnerabilities).flatMap(({ via }) => via.filter((cause) => typeof cause === 'object'));
  const open = holes.filter(({ url }) => EXPLAINED[url?.split('/').at(-1)] === undefined);
  for (const { name, severity, title, url } of open) say(`${severity}: ${name}: ${title} (${url})`);
  say(`${holes.length} advisories, ${holes.length - open.length} of them explained.`);
  process.exitCode = open.length === 0 ? 0 : 1;
}

function parsed(json) {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
