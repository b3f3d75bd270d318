import { roleAllows, type Principal, type Role } from './principal.js';

/**
 * What a key may be allowed, one kind of use at a time, with the smallest role whose bundle has it and what it opens. A
 * role is nothing but the bundle of its scopes. Names are stable: they are stored with keys and shown in the API.
 */
export const SCOPE_TABLE = {
  'recordings:read': { role: 'viewer', opens: 'recordings, their sound and waveforms' },
  'recordings:write': { role: 'analyst', opens: 'uploading recordings' },
  'recordings:import': { role: 'admin', opens: 'taking over recordings and results of another tool, with their dates' },
  'recordings:delete': { role: 'admin', opens: 'deleting a recording' },
  'analyses:read': { role: 'viewer', opens: 'results, speakers, timelines, embeddings, comparisons, searches, statistics' },
  'analyses:write': { role: 'analyst', opens: 'asking for analyses, cancelling them, naming the role of a speaker' },
  'models:read': { role: 'viewer', opens: 'models and the nodes that hold them' },
  'models:admin': { role: 'admin', opens: 'loading and unloading models on every node' },
  'usage:read': { role: 'viewer', opens: 'what the workspace stores, and its quota' },
  'rules:read': { role: 'viewer', opens: 'business rules, and trying one on an analysis' },
  'rules:write': { role: 'analyst', opens: 'changing, backtesting and applying rules' },
  'alerts:read': { role: 'viewer', opens: 'alerts' },
  'alerts:write': { role: 'analyst', opens: 'acknowledging alerts' },
  'reviews:read': { role: 'viewer', opens: 'the queue of human review, its items and its policy' },
  'reviews:write': { role: 'analyst', opens: 'sending to review, claiming, answering, skipping, dismissing' },
  'reviews:admin': { role: 'admin', opens: "the policy of review, final answers, and other people's claims and answers" },
  'evaluations:read': { role: 'viewer', opens: 'evaluation sets, runs, reports and calibrations' },
  'evaluations:write': { role: 'analyst', opens: 'making sets, and running, cancelling and accepting evaluations' },
  'evaluations:admin': { role: 'admin', opens: 'deleting sets; fitting and retiring calibrations' },
  'retention:read': { role: 'viewer', opens: 'policies, what they would do, archives, and what is held' },
  'retention:admin': { role: 'admin', opens: 'changing and running policies; opening, verifying and restoring archives' },
  'holds:admin': { role: 'admin', opens: 'legal holds' },
  'erasure:admin': { role: 'admin', opens: 'erasing a subject, and the list of erasures' },
  'policy:read': { role: 'viewer', opens: 'the notice of what people who are heard should be told' },
  'policy:admin': { role: 'admin', opens: 'the list of subjects that have opted out' },
  'audit:read': { role: 'admin', opens: 'the audit log and its verification' },
  'webhooks:read': { role: 'admin', opens: 'webhooks and the logs of their deliveries' },
  'webhooks:write': { role: 'admin', opens: 'making, changing, testing and deleting webhooks, their keys, and delivering again' },
  'jobs:admin': { role: 'admin', opens: 'scheduled tasks and jobs that have failed for good' },
  'keys:admin': { role: 'admin', opens: 'API keys, none with more than the own scopes' },
  'encryption:admin': { role: 'admin', opens: 'the keys that stored data is encrypted under' },
} as const satisfies Readonly<Record<string, { readonly role: Role; readonly opens: string }>>;

export type Scope = keyof typeof SCOPE_TABLE;
export const SCOPES = Object.keys(SCOPE_TABLE) as Scope[];

const bundle = (role: Role): ReadonlySet<Scope> => new Set(SCOPES.filter((scope) => roleAllows(role, SCOPE_TABLE[scope].role)));
const SCOPES_OF_ROLE: Readonly<Record<Role, ReadonlySet<Scope>>> = { viewer: bundle('viewer'), analyst: bundle('analyst'), admin: bundle('admin') };

export function roleScopes(role: Role): ReadonlySet<Scope> {
  return SCOPES_OF_ROLE[role];
}

/** A narrowed key may do what is in its list and in its role: a list never gives more than the role. */
export function allowsScope({ role, scopes }: Pick<Principal, 'role' | 'scopes'>, scope: Scope): boolean {
  return SCOPES_OF_ROLE[role].has(scope) && (scopes === undefined || scopes.includes(scope));
}

export function scopesOf(principal: Pick<Principal, 'role' | 'scopes'>): Scope[] {
  return SCOPES.filter((scope) => allowsScope(principal, scope));
}
