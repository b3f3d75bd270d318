import { InvalidArgumentError, Option } from 'commander';
import { UndertoneError } from '../domain/errors.js';
import { parseRoleRule, type RoleRule } from '../domain/speaker-roles.js';
import { parseByteLength } from '../domain/usage.js';


/** `FROM=TO`, repeated, as a record. */
export function collectPair(value: string, before: Readonly<Record<string, string>> | undefined): Readonly<Record<string, string>> {
  const at = value.indexOf('=');
  if (at <= 0 || at === value.length - 1) throw new InvalidArgumentError(`Got \`${value}\`; write NAME=VALUE.`);
  return { ...before, [value.slice(0, at)]: value.slice(at + 1) };
}

export function wholeNumber(minimum: number, maximum: number): (value: string) => number {
  return (value) => {
    const number = Number(value);
    if (!Number.isInteger(number) || number < minimum || number > maximum) throw new InvalidArgumentError(`Got \`${value}\`; allowed is a whole number from ${minimum} to ${maximum}.`);
    return number;
  };
}

/** Between 0 and 1, both left out. */
export function share(value: string): number {
  const number = Number(value);
  if (!(number > 0 && number < 1)) throw new InvalidArgumentError(`Got \`${value}\`; allowed is a number between 0 and 1, such as 0.9.`);
  return number;
}

/** `rttm`: the caller's own diarization is read from a file. */
export interface SpeakersArgument {
  readonly mode: 'none' | 'channels' | 'auto';
  readonly rttm: string | null;
}

export function speakersArgument(value: string): SpeakersArgument {
  if (value === 'none' || value === 'channels' || value === 'auto') return { mode: value, rttm: null };
  if (value.startsWith('rttm:') && value.length > 5) return { mode: 'auto', rttm: value.slice(5) };
  throw new InvalidArgumentError(`Got \`${value}\`. Allowed choices are none, channels, auto, rttm:FILE.`);
}

export function rolesArgument(value: string): RoleRule {
  try {
    return parseRoleRule(value);
  } catch (error) {
    throw error instanceof UndertoneError ? new InvalidArgumentError(error.message) : error;
  }
}

/** `a,b`: at least one name. */
export function nameList(value: string): readonly string[] {
  const names = value.split(',').map((name) => name.trim()).filter((name) => name !== '');
  if (names.length === 0) throw new InvalidArgumentError(`Got \`${value}\`; write one or more names with commas between.`);
  return [...new Set(names)];
}

/** `500GB` as bytes; `none` stays, because commander takes null for nothing given. */
export function byteLength(value: string): number | 'none' {
  if (value === 'none') return value;
  const bytes = parseByteLength(value);
  if (bytes === null) throw new InvalidArgumentError(`Got \`${value}\`; write a size such as 500GB or 2GiB, or none.`);
  return bytes;
}

/** An ISO 8601 date or moment. */
export function anyDate(value: string): Date {
  const date = new Date(value);
  if (!/^\d{4}-\d{2}-\d{2}/.test(value) || Number.isNaN(date.getTime())) throw new InvalidArgumentError(`Got \`${value}\`; write a date such as 2027-06-30.`);
  return date;
}

/** The same, in the future. */
export function futureDate(value: string): Date {
  const date = anyDate(value);
  if (date.getTime() <= Date.now()) throw new InvalidArgumentError(`${value} is in the past.`);
  return date;
}

export const modelOption = (): Option => new Option('--model <id>', 'model to use (default: the one that the settings name)');
export const jsonOption = (): Option => new Option('--json', 'print JSON only');
export const verboseOption = (): Option => new Option('-v, --verbose', 'say on stderr what is done');

