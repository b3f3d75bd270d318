import { describe, expect, it } from 'vitest';
import { judge, transparencyNotice } from '../../src/domain/law/judge.js';
import { LAW_TABLE, LAW_TABLE_VERSION } from '../../src/domain/law/law-table.js';
import { forbiddenVoices } from '../../src/domain/law/voices.js';
import { JURISDICTIONS, PURPOSES, SPEAKER_ROLES } from '../../src/domain/law/purposes.js';

const MEDICAL_OR_SAFETY = ['medical', 'safety'];

describe('the law table', () => {
  it('prohibits in the EU to judge employees, pupils and applicants, for every purpose but medical and safety', () => {
    for (const purpose of PURPOSES) {
      for (const role of ['employee', 'pupil', 'applicant'] as const) {
        const { verdict, article, source } = judge(purpose, 'EU', role);
        expect(verdict, `${purpose} ${role}`).toBe(MEDICAL_OR_SAFETY.includes(purpose) ? 'allowed' : 'prohibited');
        expect(article).toContain('Article 5(1)(f)');
        expect(source).toMatch(/^https:\/\/eur-lex\.europa\.eu\//);
      }
    }
  });

  it('takes an unknown speaker for a protected one where people work or learn', () => {
    for (const purpose of ['workplace-monitoring', 'education', 'recruitment', 'quality-assurance', 'customer-service'] as const) expect(judge(purpose, 'EU', 'unknown').verdict, purpose).toBe('prohibited');
    expect(judge('research', 'EU', 'unknown').verdict).toBe('allowed');
    expect(judge('customer-service', 'EU', 'customer')).toMatchObject({ verdict: 'allowed', article: expect.stringContaining('Article 50(3)') as string });
  });

  it('says `unknown` where it knows no law, and never `allowed`', () => {
    for (const jurisdiction of JURISDICTIONS.filter((name) => name !== 'EU')) {
      for (const purpose of PURPOSES) for (const role of SPEAKER_ROLES) expect(judge(purpose, jurisdiction, role)).toEqual({ verdict: 'unknown', article: null, source: null, tableVersion: LAW_TABLE_VERSION });
    }
  });

  it('has for every row an article and a source, and no row that can never decide', () => {
    const deciding = new Set(PURPOSES.flatMap((purpose) => SPEAKER_ROLES.map((role) => LAW_TABLE.findIndex((row) => (row.purposes?.includes(purpose) ?? true) && (row.roles?.includes(role) ?? true)))));
    expect(LAW_TABLE.every(({ article, source }) => article !== '' && URL.canParse(source))).toBe(true);
    expect([...deciding].sort()).toEqual(LAW_TABLE.map((_row, index) => index));
  });
});

describe('the notice', () => {
  it('tells what results are, and what a workspace has left unsaid', () => {
    expect(transparencyNotice({ purpose: null, jurisdiction: null })).toMatch(/not what somebody feels.*has not stated its purpose/);
    expect(transparencyNotice({ purpose: 'research', jurisdiction: 'EU' })).toMatch(/Article 50\(3\)/);
    expect(transparencyNotice({ purpose: 'research', jurisdiction: 'US' })).not.toMatch(/Article|stated/);
  });
});

describe('voices', () => {
  const byChannel = (...names: string[]) => ({ speakers: 'channels', raw: false, roles: { rule: 'channel', names } }) as const;
  const channels = (...names: string[]) => forbiddenVoices('customer-service', 'EU', byChannel(...names)).map(({ channel, role }) => `${channel} ${role}`);

  it('of agents are forbidden channel by channel, and one that nobody knows counts as an agent', () => {
    expect(channels('agent', 'customer')).toEqual(['0 employee']);
    expect(channels('Caller', 'AGENT')).toEqual(['1 employee']);
    expect(channels('customer', 'somebody else')).toEqual(['1 unknown']);
    expect(channels('customer')).toEqual(['1 unknown']);
    expect(channels('agent', 'supervisor')).toEqual(['0 employee', '1 employee']);
  });

  it('that nobody knows are let be where the law shields nobody, or allows all', () => {
    expect(forbiddenVoices('medical', 'EU', byChannel('doctor', 'somebody'))).toEqual([]);
    expect(forbiddenVoices('customer-service', 'US', byChannel('agent', 'somebody'))).toEqual([]);
  });

  it('whose role is a guess forbid the whole as soon as one of them is forbidden, and are nobody without speakers', () => {
    const guessed = { raw: false, roles: { rule: 'talk-time', names: ['customer', 'agent'] } } as const;
    expect(forbiddenVoices('customer-service', 'EU', { ...guessed, speakers: 'auto' })).toMatchObject([{ channel: null, role: 'employee', verdict: 'prohibited' }]);
    expect(forbiddenVoices('customer-service', 'EU', { ...guessed, speakers: 'none' })).toEqual([]);
  });
});
