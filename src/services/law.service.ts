import { z } from 'zod';
import type { WorkspaceRepository } from '../db/workspace.repository.js';
import { UndertoneError } from '../domain/errors.js';
import type { AnalysisOptions } from '../domain/analysis.js';
import { judge, transparencyNotice, type Judgement } from '../domain/law/judge.js';
import { JURISDICTIONS, LEGAL_BASES, PURPOSES, SPEAKER_ROLES } from '../domain/law/purposes.js';
import { CHANNELS_OF_A_CALL, decidesByChannel, forbiddenVoices, type ForbiddenVoice } from '../domain/law/voices.js';
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

export interface VoiceDecision {
  /** Channels that must not be judged, each with what forbids it; the others may be. */
  readonly leftOut: readonly ForbiddenVoice[];
  /** For the caller to write down with what it does. */
  readonly overridden: LawOverridden | null;
}

/** Decides before anything is inferred whose voices may be judged. */
export interface LawService {
  /**
   * LAW_PROHIBITED with `article`, `source` and `tableVersion` where no voice of such an analysis may be judged. Where
   * roles are named by channel they decide, one by one; otherwise what the workspace says of who is heard. A workspace
   * that states nothing is let through.
   */
  decide(workspaceId: string, options: Pick<AnalysisOptions, 'speakers' | 'raw' | 'roles'>): Promise<VoiceDecision>;
  /** What people who are heard should be told, and what is left unsaid. */
  transparencyNotice(principal: Principal): Promise<string>;
}

const ALL_ALLOWED: VoiceDecision = { leftOut: [], overridden: null };

export function createLawService(workspaces: Pick<WorkspaceRepository, 'find'>): LawService {
  const lawOf = async (workspaceId: string): Promise<WorkspaceLaw> => (await workspaces.find(workspaceId))?.law ?? NO_STATEMENT;
  return {
    async decide(workspaceId, options) {
      const { purpose, jurisdiction, speakerRole, overrideReason } = await lawOf(workspaceId);
      if (purpose === null || jurisdiction === null) return ALL_ALLOWED;
      const forbidden = forbiddenVoices(purpose, jurisdiction, options);
      const ofAll = decidesByChannel(options) ? null : judge(purpose, jurisdiction, speakerRole);
      const first = ofAll?.verdict === 'prohibited' ? ofAll : forbidden[0];
      if (first === undefined) return ALL_ALLOWED;
      if (overrideReason !== null) return { leftOut: [], overridden: { ...first, reason: overrideReason } };
      const isWhole = ofAll !== null || forbidden.length === CHANNELS_OF_A_CALL;
      if (!isWhole) return { leftOut: forbidden, overridden: null };
      const whom = ofAll?.verdict === 'prohibited' ? speakerRole : forbidden.map(({ name, role }) => `${name ?? 'nobody named'}: ${role}`).join(', ');
      const { article, source, tableVersion } = first;
      throw new UndertoneError('LAW_PROHIBITED', `${article ?? ''} forbids to infer emotions of these speakers (${whom}) for this workspace's purpose (${purpose}) in ${jurisdiction}. If the statement is wrong, correct it (undertone workspaces set); where each side of a call has a channel, name them (speakers channels, roles by channel) and only those are judged whom the law lets be; docs/responsible-use.md says what else can be done.`, { article: article ?? '', source: source ?? '', tableVersion, purpose, jurisdiction, speakerRole });
    },
    async transparencyNotice(principal) {
      requireScope(principal, 'policy:read');
      return transparencyNotice(await lawOf(principal.workspaceId));
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
