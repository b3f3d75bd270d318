import { UndertoneError } from '../../src/domain/errors.js';
import type { Principal, Role } from '../../src/domain/principal.js';
import type { SpeakerService } from '../../src/services/service-contracts.js';
import type { FakeWorld } from './fake-services.js';

/** What every fake service checks first. */
export interface FakeChecks {
  readonly need: (principal: Principal, role: Role) => void;
  readonly query: (name: string) => void;
  readonly mine: <T extends { readonly workspaceId: string }>(principal: Principal, item: T | undefined) => T | null;
}

export function fakeSpeakers(world: FakeWorld, { need, query, mine }: FakeChecks): SpeakerService {
  return {
    conversations: async (principal, ids) => {
      query('speakers.conversations');
      return Promise.resolve(ids.flatMap((analysisId) => {
        const conversation = world.conversations.get(analysisId);
        return conversation === undefined || mine(principal, world.analyses.get(analysisId)) === null ? [] : [{ analysisId, conversation }];
      }));
    },
    setRole: async (principal, id, { role, reason }) => {
      need(principal, 'analyst');
      const index = world.speakers.findIndex((speaker) => speaker.id === id && mine(principal, world.analyses.get(speaker.analysisId)) !== null);
      const before = world.speakers[index];
      if (before === undefined) throw new UndertoneError('NOT_FOUND', `There is no speaker ${id}.`, { id });
      if (reason.trim() === '') throw new UndertoneError('BAD_INPUT', 'The value of reason is not allowed: must say why.', { field: 'reason' });
      world.roleChanges.push({ id: world.id('rch'), speakerId: id, before: before.role, after: role ?? null, reason, keyId: principal.keyId, keyName: principal.keyName, changedAt: new Date(0) });
      world.speakers[index] = { ...before, role: role ?? null, roleSource: role == null ? null : 'person' };
      return Promise.resolve(world.speakers[index]);
    },
    roleChanges: async (_principal, ids) => {
      query('speakers.roleChanges');
      return Promise.resolve(world.roleChanges.filter(({ speakerId }) => ids.includes(speakerId)));
    },
  };
}
