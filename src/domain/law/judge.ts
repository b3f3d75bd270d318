import { LAW_TABLE, LAW_TABLE_VERSION, type LawRow, type Verdict } from './law-table.js';
import type { Jurisdiction, LegalBasis, Purpose, SpeakerRole } from './purposes.js';

/** What a workspace states of itself; null where it says nothing. */
export interface LegalStatement {
  readonly purpose: Purpose | null;
  readonly jurisdiction: Jurisdiction | null;
  readonly legalBasis: LegalBasis | null;
  /** Who is heard in its recordings, unless a recording says otherwise. */
  readonly speakerRole: SpeakerRole;
}

export interface Judgement {
  readonly verdict: Verdict;
  /** Null where no row fits. */
  readonly article: string | null;
  readonly source: string | null;
  readonly tableVersion: string;
}

/** Whether the voice of somebody in this role may be judged for this purpose there. The first row that fits decides. */
export function judge(purpose: Purpose, jurisdiction: Jurisdiction, role: SpeakerRole, table: readonly LawRow[] = LAW_TABLE): Judgement {
  const row = table.find((candidate) => candidate.jurisdiction === jurisdiction && (candidate.purposes?.includes(purpose) ?? true) && (candidate.roles?.includes(role) ?? true));
  return { verdict: row?.verdict ?? 'unknown', article: row?.article ?? null, source: row?.source ?? null, tableVersion: LAW_TABLE_VERSION };
}

/** What people who are heard should be told; shown wherever results are read. */
export function transparencyNotice({ purpose, jurisdiction }: Pick<LegalStatement, 'purpose' | 'jurisdiction'>): string {
  const told = 'These results describe what is expressed in a voice, not what somebody feels. Tell the people who are heard that a system estimates this, and why.';
  if (purpose === null || jurisdiction === null) return `${told} This workspace has not stated its purpose and jurisdiction, so nothing is checked against the law: undertone workspaces set ID --purpose … --jurisdiction ….`;
  return jurisdiction === 'EU' ? `${told} In the European Union Article 50(3) of the AI Act requires it.` : told;
}
