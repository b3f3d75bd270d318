import { UndertoneError } from './errors.js';

export const ROLE_RULES = ['channel', 'first-speaker', 'talk-time'] as const;
/** What decides who gets the first role, the second and so on: the channel's number, who speaks first, or who talks most. */
export type RoleRuleKind = (typeof ROLE_RULES)[number];

/** `names[i]` goes to the i-th speaker by the rule; speakers beyond the names have no role. */
export interface RoleRule {
  readonly rule: RoleRuleKind;
  readonly names: readonly string[];
}

/** Where a role comes from: one of the rules, a person's word, or nowhere. */
export type RoleSource = RoleRuleKind | 'person';

export const MAX_ROLE_NAMES = 8;
export const ROLE_NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,39}$/u;

export interface RoleCandidate {
  readonly key: string;
  readonly channel: number | null;
  readonly firstSeconds: number;
  readonly talkSeconds: number;
}

/** Role of each speaker by its key. With the rule `channel`, speakers that are no channels have none. */
export function rolesBy(rule: RoleRule | null, speakers: readonly RoleCandidate[]): ReadonlyMap<string, string> {
  const roles = new Map<string, string>();
  if (rule === null) return roles;
  if (rule.rule === 'channel') {
    for (const { key, channel } of speakers) if (channel !== null && rule.names[channel] !== undefined) roles.set(key, rule.names[channel]);
    return roles;
  }
  const rank = rule.rule === 'first-speaker' ? (one: RoleCandidate) => one.firstSeconds : (one: RoleCandidate) => -one.talkSeconds;
  [...speakers].sort((a, b) => rank(a) - rank(b) || (a.key < b.key ? -1 : 1)).forEach(({ key }, place) => {
    const name = rule.names[place];
    if (name !== undefined) roles.set(key, name);
  });
  return roles;
}

const FORMS = 'Write left=agent,right=customer or channel:agent,customer; first-speaker:agent,customer; talk-time:agent,customer';

/** From the command line or a setting. BAD_INPUT says which forms there are. */
export function parseRoleRule(text: string): RoleRule {
  const refuse = (why: string): UndertoneError => new UndertoneError('BAD_INPUT', `The roles ${why}. ${FORMS}.`, { field: 'roles' });
  const sides = /^left=([^,=:]+),right=([^,=:]+)$/.exec(text.trim());
  const [kind = '', list = ''] = sides === null ? text.trim().split(/:(.*)/s) : ['channel', `${sides[1]!},${sides[2]!}`];
  const rule = ROLE_RULES.find((known) => known === kind.trim());
  if (rule === undefined) throw refuse(`begin with none of ${ROLE_RULES.join(', ')}`);
  const names = list.split(',').map((name) => name.trim());
  const fault = faultOfRoleNames(names);
  if (fault !== null) throw refuse(fault);
  return { rule, names };
}

/** What is wrong with a list of names, or null. */
export function faultOfRoleNames(names: readonly string[]): string | null {
  if (names.length === 0 || names.length > MAX_ROLE_NAMES) return `must be 1 to ${MAX_ROLE_NAMES} names`;
  if (names.some((name) => !ROLE_NAME.test(name))) return 'must be names of 1 to 40 letters, digits, spaces, ".", "_" and "-"';
  return new Set(names).size === names.length ? null : 'must differ from each other';
}
