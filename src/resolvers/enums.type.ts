import { registerEnumType } from 'type-graphql';

/** Names as the API shows them, values as the domain holds them. */
export const RoleEnum = { viewer: 'viewer', analyst: 'analyst', admin: 'admin' } as const;
export const AnalysisStatusEnum = { QUEUED: 'QUEUED', RUNNING: 'RUNNING', SUCCEEDED: 'SUCCEEDED', FAILED: 'FAILED', CANCELLED: 'CANCELLED' } as const;
export const GateKindEnum = { SPEECH: 'speech', SILENCE: 'silence', SINGING: 'singing', MUSIC: 'music', NOISE: 'noise', BYPASSED: 'bypassed' } as const;
export const EmotionEnum = {
  ANGRY: 'angry', DISGUSTED: 'disgusted', FEARFUL: 'fearful', HAPPY: 'happy', NEUTRAL: 'neutral', OTHER: 'other', SAD: 'sad', SURPRISED: 'surprised', UNKNOWN: 'unknown',
} as const;
export const EmbeddingKindEnum = { UTTERANCE: 'UTTERANCE', SEGMENT: 'SEGMENT' } as const;
export const SpeakersModeEnum = { NONE: 'none', CHANNELS: 'channels', AUTO: 'auto' } as const;
export const RoleRuleEnum = { CHANNEL: 'channel', FIRST_SPEAKER: 'first-speaker', TALK_TIME: 'talk-time' } as const;
export const RoleSourceEnum = { ...RoleRuleEnum, PERSON: 'person' } as const;
export const ModelStateKindEnum = { UNLOADED: 'unloaded', LOADING: 'loading', READY: 'ready', BUSY: 'busy', DRAINING: 'draining', FAILED: 'failed' } as const;
export const TranscriptSourceEnum = { ENGINE: 'engine', IMPORT: 'import' } as const;
export const TranscriptFormatEnum = { SRT: 'srt', VTT: 'vtt', JSON: 'json' } as const;
export const WordFeelingEnum = {
  ANGRY: 'angry', DISGUSTED: 'disgusted', FEARFUL: 'fearful', HAPPY: 'happy', SAD: 'sad', SURPRISED: 'surprised', THREAT: 'threat', POSITIVE: 'positive', NEGATIVE: 'negative',
} as const;
export const ContradictionKindEnum = { SAD_WORDS_HAPPY_VOICE: 'sad-words-happy-voice', THREAT_CALM_VOICE: 'threat-calm-voice', SARCASM_CANDIDATE: 'sarcasm-candidate', HAPPY_WORDS_SAD_VOICE: 'happy-words-sad-voice' } as const;
export const NodeRoleEnum = { API: 'api', WORKER: 'worker' } as const;
export const SortDirectionEnum = { ASC: 'asc', DESC: 'desc' } as const;
export const RecordingOrderFieldEnum = { CREATED_AT: 'createdAt', DURATION: 'durationSeconds', FILE_NAME: 'fileName' } as const;

/** Every value must be described: the type says so, so that none is forgotten. */
function register<T extends object>(enumObject: T, name: string, description: string, values: Record<keyof T, string>): void {
  const valuesConfig = Object.fromEntries(Object.entries<string>(values).map(([key, text]) => [key, { description: text }]));
  registerEnumType(enumObject, { name, description, valuesConfig: valuesConfig as Record<keyof T, { description: string }> });
}

register(RoleEnum, 'Role', 'What a key may do; each role may do what the ones before it may.', {
  viewer: 'Reads recordings, analyses and models.', analyst: 'Also uploads recordings and starts or cancels analyses.', admin: 'Also deletes, loads and unloads models and manages keys.',
});
register(AnalysisStatusEnum, 'AnalysisStatus', 'Where an analysis is in its life.', {
  QUEUED: 'Accepted and waiting for a worker.', RUNNING: 'A worker is on it.', SUCCEEDED: 'Finished; results are complete.', FAILED: 'Ended without results; `problem` says why.', CANCELLED: 'Stopped on request.',
});
register(GateKindEnum, 'GateKind', 'What was heard, decided before any score is shown.', {
  SPEECH: 'Speech: judged.', SILENCE: 'Nothing audible: not judged.', SINGING: 'Singing: not judged.', MUSIC: 'Music: not judged.', NOISE: 'Noise without speech: not judged.', BYPASSED: 'A raw analysis: the gate was not asked.',
});
register(EmotionEnum, 'Emotion', 'The nine emotions of the Emotion2Vec+ models: what is expressed in the voice, not what somebody feels.', {
  ANGRY: 'Anger.', DISGUSTED: 'Disgust.', FEARFUL: 'Fear.', HAPPY: 'Happiness.', NEUTRAL: 'No marked emotion.', OTHER: 'An emotion outside the other labels.', SAD: 'Sadness.', SURPRISED: 'Surprise.', UNKNOWN: 'The model cannot tell, or nothing was judged.',
});
register(EmbeddingKindEnum, 'EmbeddingKind', 'What an embedding stands for.', { UTTERANCE: 'A whole analysis: the speech-weighted mean of its segments.', SEGMENT: 'One segment.' });
register(SpeakersModeEnum, 'SpeakersMode', 'How speakers are told apart.', { NONE: 'They are not.', CHANNELS: 'Each channel of the recording is one speaker.', AUTO: 'By the sound of the voices, where diarization is installed.' });
const RULES = { CHANNEL: "By the channel: the first name is the first channel's (the left one's).", FIRST_SPEAKER: 'The first name is of who speaks first, the second of who speaks next.', TALK_TIME: 'The first name is of who talks most.' };
register(RoleRuleEnum, 'SpeakerRoleRule', 'What decides which speaker gets which role.', RULES);
register(RoleSourceEnum, 'SpeakerRoleSource', 'Where a role comes from.', { ...RULES, PERSON: 'A person said so; `roleHistory` has who and why.' });
register(ModelStateKindEnum, 'ModelStateKind', 'The life of a model host process.', {
  UNLOADED: 'No process; the next request starts one.', LOADING: 'Starting.', READY: 'Warm and idle.', BUSY: 'Running windows.', DRAINING: 'Finishing what it holds, then ending.', FAILED: 'Could not start or ended unexpectedly; retried with back-off.',
});
register(NodeRoleEnum, 'NodeRole', 'What a process of the platform does.', { API: 'Answers requests.', WORKER: 'Takes jobs.' });
register(SortDirectionEnum, 'SortDirection', 'Order of a list.', { ASC: 'Smallest or oldest first.', DESC: 'Largest or newest first.' });
register(RecordingOrderFieldEnum, 'RecordingOrderField', 'What recordings are sorted by.', { CREATED_AT: 'When it was uploaded.', DURATION: 'Its length; recordings not analysed yet have none.', FILE_NAME: 'The name it was uploaded under.' });
register(TranscriptSourceEnum, 'TranscriptSource', 'Where a transcript comes from.', { ENGINE: 'A transcriber of this server wrote it.', IMPORT: 'It was imported.' });
register(TranscriptFormatEnum, 'TranscriptFormat', 'Form of a transcript.', {
  SRT: 'SubRip: numbered lines with times.', VTT: 'WebVTT: the same with a header; `<v Name>` says who speaks.', JSON: 'A list, or an object with `words` or `segments`; each item has `text` (or `word`), `startSeconds` and `endSeconds` (or `start` and `end`).',
});
register(WordFeelingEnum, 'WordFeeling', 'What a word or phrase says of feeling, by the lexicon.', {
  ANGRY: 'Anger.', DISGUSTED: 'Disgust.', FEARFUL: 'Fear.', HAPPY: 'Happiness.', SAD: 'Sadness.', SURPRISED: 'Surprise.', THREAT: 'A threat.', POSITIVE: 'Something good, without more.', NEGATIVE: 'Something bad, without more.',
});
register(ContradictionKindEnum, 'ContradictionKind', 'How words contradict the voice that says them.', {
  SAD_WORDS_HAPPY_VOICE: 'Sad, fearful or otherwise bad words in a happy voice.', THREAT_CALM_VOICE: 'A threat in a calm or happy voice.', SARCASM_CANDIDATE: 'Good words in an angry or disgusted voice: sarcasm, perhaps.', HAPPY_WORDS_SAD_VOICE: 'Good words in a sad or fearful voice.',
});
