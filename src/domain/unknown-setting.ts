import { UndertoneError } from './errors.js';
import { nearestName } from './nearest-name.js';

const PREFIX = 'UNDERTONE_';

/** CONFIG_INVALID that names the settings that were probably meant: nobody finds them among a hundred. */
export function unknownSettings(names: readonly string[], known: readonly string[]): UndertoneError {
  return new UndertoneError('CONFIG_INVALID', `${names.map((name) => described(name, known)).join(' ')} Allowed are: ${known.join(', ')}.`);
}

/** Compared without what all begin with. */
function described(name: string, known: readonly string[]): string {
  const near = nearestName(name.slice(PREFIX.length), known.filter((setting) => setting.startsWith(PREFIX)).map((setting) => setting.slice(PREFIX.length)));
  return `Unknown setting ${name}.${near === null ? '' : ` Did you mean ${PREFIX}${near}?`}`;
}
