import type { Conversation } from '../domain/conversation.js';
import type { Interval } from '../domain/intervals.js';
import type { SpokenStretch } from '../domain/speaker-turns.js';
import type { SpeakerRecord } from '../domain/records.js';
import type { ConversationType, SpeakerTurns } from './conversation.type.js';
import type { Plain } from './plain.js';

export type ConversationRoot = Plain<ConversationType>;

export function conversationView(conversation: Conversation, speakers: readonly SpeakerRecord[]): ConversationRoot {
  const idOf = new Map(speakers.map(({ key, id }) => [key, id]));
  const withIds = (stretches: readonly SpokenStretch[]): Plain<SpeakerTurns> => ({ ...columnsOf(stretches), speakers: stretches.map(({ speaker }) => idOf.get(speaker) ?? '') });
  const { turns, stretches, overlaps, ...figures } = conversation;
  return { ...figures, turns: withIds(turns), speech: withIds(stretches), overlaps: columnsOf(overlaps) };
}

export function columnsOf(intervals: readonly Interval[]): { readonly startSeconds: readonly number[]; readonly endSeconds: readonly number[] } {
  return { startSeconds: intervals.map(({ startSeconds }) => startSeconds), endSeconds: intervals.map(({ endSeconds }) => endSeconds) };
}
