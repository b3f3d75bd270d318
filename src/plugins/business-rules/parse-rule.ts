import { UndertoneError } from '../../domain/errors.js';
import { nearestName } from '../../domain/nearest-name.js';
import { schemaFaults, type RuleFault } from './rule-faults.js';
import { ruleSchema, type Condition, type RuleDefinition } from './rule.schema.js';

const MAX_BYTES = 64 * 1024;
const MAX_DEPTH = 12;
const MAX_CONDITIONS = 200;
const SHOWN_FAULTS = 5;

/**
 * A rule, checked whole. BAD_INPUT with the path of each fault and, where a name is wrong, the nearest that is right.
 * `knownLabels`: a label that no model gives would make a rule that never fires and never says so.
 */
export function parseRule(given: unknown, knownLabels: readonly string[]): RuleDefinition {
  const text = JSON.stringify(given) as string | undefined;
  if (text === undefined || text.length > MAX_BYTES) throw ruleRefused([{ path: '', message: `is ${text === undefined ? 'nothing' : `${text.length} characters long; at most ${MAX_BYTES} are taken`}`, nearest: null }]);
  if (depthOf(given) > MAX_DEPTH * 3) throw ruleRefused([{ path: 'when', message: `is nested more than ${MAX_DEPTH} deep`, nearest: null }]);
  const parsed = ruleSchema.safeParse(given);
  if (!parsed.success) throw ruleRefused(schemaFaults(parsed.error.issues, given));
  const faults = labelFaults(parsed.data, knownLabels);
  if (faults.length > 0) throw ruleRefused(faults);
  return parsed.data;
}

/** BAD_INPUT that names the first faults with their paths; its details are the first's. */
export function ruleRefused(faults: readonly RuleFault[]): UndertoneError {
  const lines = faults.slice(0, SHOWN_FAULTS).map(({ path, message, nearest }) => `${path === '' ? 'the rule' : path} ${message}${nearest === null ? '.' : `; did you mean "${nearest}"?`}`);
  const more = faults.length > SHOWN_FAULTS ? ` And ${faults.length - SHOWN_FAULTS} more.` : '';
  const nearest = faults[0]?.nearest;
  return new UndertoneError('BAD_INPUT', `The rule is not valid: ${lines.join(' ')}${more} What is allowed is at /schemas/rule.json.`, { field: faults[0]?.path ?? '', ...(nearest == null ? {} : { nearest }) });
}

function labelFaults(rule: RuleDefinition, known: readonly string[]): readonly RuleFault[] {
  const faults: RuleFault[] = [];
  let count = 0;
  const check = (label: string, path: string): void => {
    if (!known.includes(label)) faults.push({ path, message: `is "${label}", a label that no installed model gives (${known.join(', ')})`, nearest: nearestName(label, known) });
  };
  const checkAll = (labels: readonly string[], path: string): void => labels.forEach((label, index) => check(label, `${path}[${index}]`));
  visit(rule.when, 'when', (condition, path) => {
    count += 1;
    if (condition.label !== undefined) checkAll(condition.label.in, `${path}.label.in`);
    if (condition.score !== undefined) check(condition.score.label, `${path}.score.label`);
    if (condition.trajectory !== undefined) {
      checkAll(condition.trajectory.from, `${path}.trajectory.from`);
      checkAll(condition.trajectory.to, `${path}.trajectory.to`);
    }
  });
  if (count > MAX_CONDITIONS) faults.push({ path: 'when', message: `has ${count} conditions; at most ${MAX_CONDITIONS} are taken`, nearest: null });
  return faults;
}

/** Each condition with its path, outermost first. */
export function visit(condition: Condition, path: string, see: (condition: Condition, path: string) => void): void {
  see(condition, path);
  condition.all?.forEach((one, index) => visit(one, `${path}.all[${index}]`, see));
  condition.any?.forEach((one, index) => visit(one, `${path}.any[${index}]`, see));
  if (condition.not !== undefined) visit(condition.not, `${path}.not`, see);
  if (condition.sustained !== undefined) visit(condition.sustained.when, `${path}.sustained.when`, see);
  condition.sequence?.steps.forEach((step, index) => visit(step.when, `${path}.sequence.steps[${index}].when`, see));
  if (condition.share !== undefined) visit(condition.share.when, `${path}.share.when`, see);
  if (condition.count !== undefined) visit(condition.count.when, `${path}.count.when`, see);
}

function depthOf(value: unknown, depth = 0): number {
  if (typeof value !== 'object' || value === null || depth > 100) return depth;
  return Math.max(depth, ...Object.values(value).map((one) => depthOf(one, depth + 1)));
}
