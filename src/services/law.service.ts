import { z } from 'zod';
import type { WorkspaceRepository } from '../db/workspace.repository.js';
import { UndertoneError } from '../domain/errors.js';
import { judge, transparencyNotice, type Judgement } from '../domain/law/judge.js';
import { JURISDICTIONS, LEGAL_BASES, PURPOSES, SPEAKER_ROLES } from '../domain/law/purposes.js';
import type { Principal } from '../domain/principal.js';
import { NO_STATEMENT, type WorkspaceLaw } from '../domain/usage.js';
import { requireScope } from './permissions.js';
import { parseWith } from './recording-input.js';

const REASON_LENGTH = { least: 10, most: 500 } as const;

const lawInput = z.object({
  purpose: z.enum(PURPOSES).nullable(), jurisdiction: z.enum(JURISDICTIONS).nullable(), legalBasis: z.enum(LEGAL_BASES).nullable(), speakerRole: z.enum(SPEAKER_ROLES),
  overrideReason: z.string().trim().min(REASON_LENGTH.least).max(REASON_LENGTH.most).nullable(),
}).partial();
export type LawInput = z.input<typeof lawInput>;

/** A prohibition that the operator has put aside, and why. */
export interface LawOverridden extends Judgement {
  readonly reason: string;
}

/** Decides before anything is inferred whether the voices of a workspace may be judged. */
export interface LawService {
  /**
   * LAW_PROHIBITED with `article`, `source` and `tableVersion`. A workspace that states nothing is let through. What was
   * put aside is for the caller to write down with what it does.
   */
  assertAllowed(principal: Principal): Promise<LawOverridden | null>;
  /** What people who are heard should be told, and what is left unsaid. */
  transparencyNotice(principal: Principal): Promise<string>;
}

export function createLawService(workspaces: Pick<WorkspaceRepository, 'find'>): LawService {
  const lawOf = async ({ workspaceId }: Principal): Promise<WorkspaceLaw> => (await workspaces.find(workspaceId))?.law ?? NO_STATEMENT;
  return {
    async assertAllowed(principal) {
      const { purpose, jurisdiction, speakerRole, overrideReason } = await lawOf(principal);
      if (purpose === null || jurisdiction === null) return null;
      const judgement = judge(purpose, jurisdiction, speakerRole);
      if (judgement.verdict !== 'prohibited') return null;
      if (overrideReason !== null) return { ...judgement, reason: overrideReason };
      const { article, source, tableVersion } = judgement;
      throw new UndertoneError('LAW_PROHIBITED', `${article ?? ''} forbids to infer emotions of this workspace's speakers (${speakerRole}) for its purpose (${purpose}) in ${jurisdiction}. If the statement is wrong, correct it (undertone workspaces set); docs/responsible-use.md says what else can be done.`, { article: article ?? '', source: source ?? '', tableVersion, purpose, jurisdiction, speakerRole });
    },
    async transparencyNotice(principal) {
      requireScope(principal, 'policy:read');
      return transparencyNotice(await lawOf(principal));
    },
  };
}

/** What of a workspace's statement is to change. A reason to put the law aside is dated; taking it back ends both. */
export function lawChange(input: LawInput, now: () => number): Partial<WorkspaceLaw> {
  const { overrideReason, purpose, jurisdiction, legalBasis, speakerRole } = parseWith(lawInput, input);
  return {
    ...(purpose === undefined ? {} : { purpose }), ...(jurisdiction === undefined ? {} : { jurisdiction }), ...(legalBasis === undefined ? {} : { legalBasis }), ...(speakerRole === undefined ? {} : { speakerRole }),
    ...(overrideReason === undefined ? {} : { overrideReason, overriddenAt: overrideReason === null ? null : new Date(now()) }),
  };
}
