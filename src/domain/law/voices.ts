import type { AnalysisOptions } from '../analysis.js';
import { judge, type Judgement } from './judge.js';
import { SPEAKER_ROLES, type Jurisdiction, type Purpose, type SpeakerRole } from './purposes.js';

/** What people call those who are heard. A name that is not here is nobody that the law knows: `unknown`. */
const ROLE_OF_NAME: Readonly<Record<string, SpeakerRole>> = {
  agent: 'employee', advisor: 'employee', operator: 'employee', representative: 'employee', rep: 'employee', staff: 'employee', supervisor: 'employee', manager: 'employee', colleague: 'employee', worker: 'employee', interviewer: 'employee', recruiter: 'employee', teacher: 'employee', doctor: 'employee', nurse: 'employee',
  caller: 'customer', client: 'customer', consumer: 'customer', buyer: 'customer',
  student: 'pupil', learner: 'pupil', candidate: 'applicant', subject: 'participant', interviewee: 'participant', respondent: 'participant', me: 'self',
};

export function speakerRoleOf(name: string | undefined): SpeakerRole {
  const wanted = name?.trim().toLowerCase() ?? '';
  return SPEAKER_ROLES.find((role) => role === wanted) ?? ROLE_OF_NAME[wanted] ?? 'unknown';
}

/** A voice that must not be judged, and by what. */
export interface ForbiddenVoice extends Judgement {
  /** Its channel; null where nobody can say which voice it is before it is judged. */
  readonly channel: number | null;
  readonly name: string | null;
  readonly role: SpeakerRole;
}

/** Both sides of a stereo call; more channels than these are not told apart. */
export const CHANNELS_OF_A_CALL = 2;

type VoiceOptions = Pick<AnalysisOptions, 'speakers' | 'raw' | 'roles'>;

/** Whether each channel has a role before anything is judged. */
export function decidesByChannel({ speakers, raw, roles }: VoiceOptions): boolean {
  return roles?.rule === 'channel' && speakers === 'channels' && !raw;
}

/**
 * Which voices of an analysis with named roles the law forbids to judge. A channel whose name nobody knows, or that has
 * none, is taken for the most protected role: the worse mistake is to judge somebody whom the law shields. Roles that go
 * by who speaks first or most are guesses made from the voices themselves, so they forbid the whole as soon as one of
 * them is forbidden.
 */
export function forbiddenVoices(purpose: Purpose, jurisdiction: Jurisdiction, options: VoiceOptions): readonly ForbiddenVoice[] {
  const { roles, speakers, raw } = options;
  // Roles that nobody is given: what the workspace says of all decides alone.
  if (roles == null || speakers === 'none' || raw) return [];
  const voices = decidesByChannel(options)
    ? Array.from({ length: CHANNELS_OF_A_CALL }, (_, channel) => ({ channel, name: roles.names[channel] ?? null }))
    : roles.names.map((name) => ({ channel: null, name }));
  return voices.flatMap(({ channel, name }) => {
    const role = speakerRoleOf(name ?? undefined);
    const judgement = role === 'unknown' ? strictest(purpose, jurisdiction) : judge(purpose, jurisdiction, role);
    return judgement.verdict === 'prohibited' ? [{ channel, name, role, ...judgement }] : [];
  });
}

function strictest(purpose: Purpose, jurisdiction: Jurisdiction): Judgement {
  const all = SPEAKER_ROLES.map((role) => judge(purpose, jurisdiction, role));
  return all.find(({ verdict }) => verdict === 'prohibited') ?? judge(purpose, jurisdiction, 'unknown');
}
