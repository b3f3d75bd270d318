import { conversationOf } from '../../src/domain/conversation.js';
import { conversationView, columnsOf } from '../../src/resolvers/conversation.view.js';
import { summaryOf, type MockSegment } from './mock-answers.js';

interface Role { role: string | null; source: string | null; readonly history: { id: string; before: string | null; after: string | null; reason: string; keyId: string; keyName: string; changedAt: string }[] }

const VOICES = ['channel-0', 'channel-1'] as const;
const FIRST_ROLES = ['agent', null] as const;

/** Two voices that take turns over the canned segments, and now and then talk at once. Roles are kept when they are changed. */
export class MockSpeakers {
  readonly #roles = new Map<string, Role>();

  assign(recordingId: string, segments: readonly MockSegment[]): MockSegment[] {
    return segments.map((segment, index) => {
      const voice = index % 3 === 1 ? 1 : 0;
      const id = speakerId(recordingId, voice);
      const endSeconds = index % 3 === 0 ? segment.endSeconds + 1.6 : segment.endSeconds;
      return { ...segment, endSeconds, speaker: { __typename: 'Speaker', id, key: VOICES[voice], role: this.#role(id, voice).role } };
    });
  }

  conversation(recordingId: string, segments: readonly MockSegment[], durationSeconds: number) {
    const ids = VOICES.map((_, voice) => speakerId(recordingId, voice));
    const spoken = segments.filter(({ gate }) => gate === 'SPEECH').map(({ startSeconds, endSeconds, speaker }) => ({ startSeconds, endSeconds, speaker: (speaker as { key: string }).key }));
    const talk = conversationOf(spoken, durationSeconds, VOICES);
    const speakers = VOICES.map((key, voice) => {
      const id = ids[voice]!;
      const { role, source, history } = this.#role(id, voice);
      const figures = talk.speakers.find(({ speaker }) => speaker === key)!;
      return {
        __typename: 'Speaker', id, key, role, roleSource: source, channel: voice, talkSeconds: figures.talkSeconds, figures, roleHistory: history,
        summary: summaryOf(segments.filter(({ speaker }) => (speaker as { key: string }).key === key)), turns: columnsOf(talk.turns.filter(({ speaker }) => speaker === key)),
      };
    });
    const records = speakers.map(({ id, key }) => ({ id, key })) as unknown as Parameters<typeof conversationView>[1];
    return { speakers, conversation: conversationView(talk, records) };
  }

  setRole({ speakerId: id, role, reason }: { speakerId: string; role: string | null; reason: string }) {
    const known = this.#roles.get(id);
    if (!known) return { __typename: 'NotFoundProblem', code: 'NOT_FOUND', message: 'There is no such speaker.', id };
    known.history.push({ id: `chg_${known.history.length}`, before: known.role, after: role, reason, keyId: 'key_1', keyName: 'first admin', changedAt: new Date().toISOString() });
    known.role = role;
    known.source = role === null ? null : 'PERSON';
    return { __typename: 'Speaker', id };
  }

  #role(id: string, voice: number): Role {
    const known = this.#roles.get(id) ?? { role: FIRST_ROLES[voice]!, source: FIRST_ROLES[voice] === null ? null : 'CHANNEL', history: [] };
    this.#roles.set(id, known);
    return known;
  }
}

function speakerId(recordingId: string, voice: number): string {
  return `spk_${recordingId}_${voice}`;
}
