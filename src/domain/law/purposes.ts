/** What a workspace says its analyses are for. */
export const PURPOSES = ['quality-assurance', 'customer-service', 'workplace-monitoring', 'education', 'recruitment', 'medical', 'safety', 'research', 'law-enforcement', 'personal', 'media', 'other'] as const;
export type Purpose = (typeof PURPOSES)[number];

/** Where its law comes from: the European Union (and the EEA), other places with a table row of their own, or elsewhere. */
export const JURISDICTIONS = ['EU', 'UK', 'US', 'CN', 'other'] as const;
export type Jurisdiction = (typeof JURISDICTIONS)[number];

/** On what the processing of personal data stands (Article 6 GDPR and its likes). */
export const LEGAL_BASES = ['consent', 'contract', 'legal-obligation', 'vital-interests', 'public-task', 'legitimate-interests', 'not-personal-data'] as const;
export type LegalBasis = (typeof LEGAL_BASES)[number];

/** Who is heard. `unknown` is what a recording says as long as nobody has said it. */
export const SPEAKER_ROLES = ['employee', 'pupil', 'applicant', 'customer', 'patient', 'participant', 'self', 'public', 'unknown'] as const;
export type SpeakerRole = (typeof SPEAKER_ROLES)[number];
