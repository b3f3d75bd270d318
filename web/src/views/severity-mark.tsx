import type { Severity } from '../rule-types.js';
import { Icon } from './icon.js';

const WORDS: Readonly<Record<Severity, string>> = { INFO: 'info', WARNING: 'warning', CRITICAL: 'critical' };

/** How much an alert matters: sign and word, so that it reads without colour. */
export function SeverityMark({ severity }: { readonly severity: Severity }) {
  return <span class={`severity severity--${WORDS[severity]}`}><Icon name={severity === 'INFO' ? 'info' : severity === 'WARNING' ? 'warning' : 'error'} />{WORDS[severity]}</span>;
}
