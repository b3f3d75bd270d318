import type { Settings } from '../domain/settings.js';
import type { CliRuntime } from './cli-runtime.js';
import { checkAccelerator, checkConfinement, checkDatabase, checkDataFolder, checkDependencies, checkEncryption, checkFfmpeg, checkModels, checkNode, checkPrivateFiles, checkStorage, checkTelemetry } from './doctor-checks.js';
import type { Finding } from './doctor-checks.js';
import { painter, print, printable } from './terminal.js';
import type { Terminal } from './terminal.js';

export interface DoctorArguments {
  readonly json: boolean;
  /** The environment of this process has telemetry off. */
  readonly telemetryOff: boolean;
}

const NODE_RANGE = '^20.19 || ^22.12 || >=24';

/** Looks at everything that Undertone stands on and says how to mend what is broken. 1 when something failed. */
export async function doctorCommand(runtime: CliRuntime, terminal: Terminal, args: DoctorArguments): Promise<number> {
  const findings: Finding[] = [checkNode(process.version, NODE_RANGE), await checkDependencies(), ...(await checkFfmpeg())];
  const settings = readSettings(runtime);
  if ('found' in settings) findings.push(settings);
  else {
    findings.push({ check: 'settings', state: 'ok', found: 'all known and in range', mend: null }, ...(await checkDataFolder(settings.dataDir, settings.minFreeBytes)), await checkPrivateFiles(settings));
    findings.push(...(await checkStorage(runtime)), await checkDatabase(runtime), await checkEncryption(runtime), ...(await checkModels(runtime)), await checkAccelerator(settings.provider), await checkConfinement(runtime));
  }
  findings.push(checkTelemetry(args.telemetryOff));
  const failedCount = findings.filter((finding) => finding.state === 'failed').length;
  if (args.json) await print(terminal.out, `${JSON.stringify({ ok: failedCount === 0, findings })}\n`);
  else await print(terminal.out, doctorText(findings, failedCount, painter(terminal.out)));
  return failedCount === 0 ? 0 : 1;
}

function readSettings(runtime: CliRuntime): Settings | Finding {
  try {
    return runtime.settings();
  } catch (error) {
    return { check: 'settings', state: 'failed', found: error instanceof Error ? error.message : String(error), mend: 'Correct it in the environment or in .env; README lists all settings.' };
  }
}

const MARKS = { ok: ['green', '✓'], warning: ['yellow', '!'], failed: ['red', '✗'] } as const;

function doctorText(findings: readonly Finding[], failedCount: number, paint: ReturnType<typeof painter>): string {
  const width = Math.max(...findings.map((finding) => finding.check.length));
  const lines = findings.map((finding) => {
    const [style, mark] = MARKS[finding.state];
    const mend = finding.mend === null ? '' : `${' '.repeat(width + 4)}→ ${printable(finding.mend)}\n`;
    return `${paint(style, mark)} ${finding.check.padEnd(width)}  ${printable(finding.found)}\n${mend}`;
  });
  return `${lines.join('')}${failedCount === 0 ? 'Everything that is needed is there.' : `${failedCount} to mend.`}\n`;
}
