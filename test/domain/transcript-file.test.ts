import { describe, expect, it } from 'vitest';
import { alignWords, textsOf } from '../../src/domain/align-words.js';
import { assertFits, readTranscript, wordsOf } from '../../src/domain/transcript-file.js';
import { joinWords } from '../../src/domain/transcript.js';

const SRT = '1\n00:00:00,500 --> 00:00:02,000\nGood morning.\n\n2\n00:00:02,500 --> 00:00:04,000\n<i>How are</i> you?\n';
const VTT = 'WEBVTT - a call\nLanguage: en-GB\n\nNOTE not spoken\nstill not\n\nSTYLE\n::cue { color: red }\n\nfirst\n00:01.000 --> 00:03.000 align:start\n<v Agent>Hello &amp; welcome\n\n01:00:00.000 --> 01:00:02.000\n<v Agent>Yes?<v.loud Customer>No!\n';
const message = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    return (error as Error).message;
  }
  return 'it was taken';
};

describe('reading a transcript', () => {
  it('takes SRT with its marks left out', () => {
    const { format, language, texts } = readTranscript(SRT);
    expect({ format, language }).toEqual({ format: 'srt', language: null });
    expect(texts.map(({ text, startSeconds, endSeconds }) => [text, startSeconds, endSeconds])).toEqual([['Good morning.', 0.5, 2], ['How are you?', 2.5, 4]]);
  });

  it('takes SRT with a byte order mark, Windows line ends and no number', () => {
    expect(readTranscript('\uFEFF00:00:01,000 --> 00:00:02,000\r\nYes\r\n\r\n').texts).toMatchObject([{ text: 'Yes', startSeconds: 1, endSeconds: 2 }]);
  });

  it('takes WebVTT with its language and voices, and passes over notes and styles', () => {
    const { format, language, texts } = readTranscript(VTT);
    expect({ format, language }).toEqual({ format: 'vtt', language: 'en-GB' });
    expect(texts.map(({ text, speaker, startSeconds }) => [text, speaker, startSeconds])).toEqual([['Hello & welcome', 'Agent', 1], ['Yes?', 'Agent', 3600], ['No!', 'Customer', 3600 + (2 * 4) / 7]]);
  });

  it('takes JSON in the forms that engines write', () => {
    const words = [{ word: ' Hi', start: 0, end: 0.4, probability: 0.9 }, { word: 'there', start: 0.4, end: 1 }];
    expect(readTranscript(JSON.stringify({ language: 'english', words })).texts).toEqual([
      { text: 'Hi', startSeconds: 0, endSeconds: 0.4, confidence: 0.9, speaker: null, isWord: true }, { text: 'there', startSeconds: 0.4, endSeconds: 1, confidence: null, speaker: null, isWord: true },
    ]);
    expect(readTranscript(JSON.stringify({ language: 'english', words })).language).toBe('en');
    expect(readTranscript(JSON.stringify({ segments: [{ start: 0, end: 1, text: 'Hi there', speaker: 'A' }, { start: 2, end: 3, text: 'x', words: [{ text: 'You', startSeconds: 2, endSeconds: 2.5 }], speaker: 'B' }] })).texts.map(({ text, speaker, isWord }) => [text, speaker, isWord])).toEqual([['Hi there', 'A', false], ['You', 'B', true]]);
    expect(readTranscript(JSON.stringify([{ text: '你好', startSeconds: 0, endSeconds: 1 }])).texts).toHaveLength(1);
  });

  it.each([
    ['times that are none', '1\n00:00:x,000 --> 00:00:02,000\nsecret words\n', 'item 1 (line 2) has times that cannot be read'],
    ['text without times', 'once upon a time\n', 'item 1 (line 1) should begin with its number or its times'],
    ['JSON that is none', '{"words": [', 'is not valid JSON'],
    ['JSON without times', '{"words": [{"text": "secret"}]}', 'words 1 has no times'],
    ['JSON without words', '{"hello": 1}', 'has neither `words` nor `segments`'],
    ['a word without text', '[{"start": 0, "end": 1}]', 'item 1 has no `text`'],
  ])('refuses %s, and says where without saying what', (_what, content, expected) => {
    expect(message(() => readTranscript(content))).toContain(expected);
    expect(message(() => readTranscript(content))).not.toContain('secret');
  });

  it('refuses WebVTT without its first line', () => {
    expect(message(() => readTranscript(SRT, 'vtt'))).toContain('begins with the line WEBVTT');
  });
});

describe('a transcript beside a recording', () => {
  it.each([
    ['longer than it', 3, 'item 2 ends at 4.000 s and the recording at 3.000 s'],
    ['without words', 10, 'has no words with times', ''],
    ['out of order', 10, 'item 2 begins at 1.000 s, before the one above it (3.000 s)', '00:00:03,000 --> 00:00:04,000\na\n\n00:00:01,000 --> 00:00:02,000\nb\n'],
    ['with an end before its start', 10, 'item 1 ends at 1.000 s, before it begins at 2.000 s', '00:00:02,000 --> 00:00:01,000\na\n'],
    ['before its start', 10, 'item 1 begins at -1.000 s', '[{"text": "a", "start": -1, "end": 1}]'],
  ])('does not fit when it is %s', (_what, seconds, expected, content = SRT) => {
    expect(message(() => assertFits(readTranscript(content).texts, seconds))).toContain(expected);
  });

  it('fits when only its last line is rounded up, and nothing lies behind the end then', () => {
    const { texts } = readTranscript(SRT);
    expect(message(() => assertFits(texts, 3.6))).toBe('it was taken');
    expect(wordsOf(texts, 3.6).at(-1)).toMatchObject({ text: 'you?', endSeconds: 3.6 });
  });

  it('shares the time of a line over its words by their letters', () => {
    expect(wordsOf(readTranscript('00:00:00,000 --> 00:00:01,000\nab abc\n').texts, 5).map(({ text, startSeconds, endSeconds }) => [text, startSeconds, endSeconds])).toEqual([['ab', 0, 0.4], ['abc', 0.4, 1]]);
  });

  it('is written as people write it: Chinese without spaces', () => {
    expect(joinWords(['你', '好', ',', 'world', '!', '再', '见'])).toBe('你好, world! 再见');
  });
});

describe('aligning words', () => {
  const word = (text: string, startSeconds: number, speaker: string | null = null) => ({ text, startSeconds, endSeconds: startSeconds + 0.2, confidence: null, speaker });
  const segments = [{ index: 0, startSeconds: 0, endSeconds: 2, speaker: 'a' }, { index: 1, startSeconds: 2.2, endSeconds: 4, speaker: 'b' }, { index: 2, startSeconds: 3, endSeconds: 9, speaker: 'a' }];

  it('goes by the middle of each word, and takes the segment\'s speaker', () => {
    const aligned = alignWords([word('late', 8.5), word('one', 0.1), word('two', 2.3)], segments);
    expect(aligned.map(({ text, segmentIndex, speaker }) => [text, segmentIndex, speaker])).toEqual([['one', 0, 'a'], ['two', 1, 'b'], ['late', 2, 'a']]);
    expect(textsOf([...aligned, ...alignWords([word('three', 2.6)], segments)])).toEqual(new Map([[0, 'one'], [1, 'two three'], [2, 'late']]));
  });

  it('never gives a word to another voice\'s segment', () => {
    expect(alignWords([word('x', 3.5, 'a'), word('y', 3.5, 'b'), word('z', 1, 'b')], segments).map(({ text, segmentIndex, speaker }) => [text, segmentIndex, speaker])).toEqual([['z', null, 'b'], ['x', 2, 'a'], ['y', 1, 'b']]);
  });

  it('keeps a word just outside of a window with it, and one far outside with none', () => {
    expect(alignWords([word('near', 9.2), word('far', 12)], segments, [{ speaker: 'b', startSeconds: 11, endSeconds: 13 }]).map(({ segmentIndex, speaker }) => [segmentIndex, speaker])).toEqual([[2, 'a'], [null, 'b']]);
  });

  it('agrees with looking at every segment for each word', () => {
    const many = Array.from({ length: 200 }, (_, index) => ({ index, startSeconds: index * 3, endSeconds: index * 3 + 2.5 + (index % 5) * 0.4, speaker: index % 2 === 0 ? 'a' : 'b' }));
    const words = Array.from({ length: 1000 }, (_, i) => word(`w${i}`, ((i * 7919) % 6200) / 10));
    const gap = (middle: number, index: number): number => Math.max(0, many[index]!.startSeconds - middle, middle - many[index]!.endSeconds);
    for (const { startSeconds, endSeconds, segmentIndex } of alignWords(words, many)) {
      const middle = (startSeconds + endSeconds) / 2;
      const least = Math.min(...many.map(({ index }) => gap(middle, index)));
      if (least >= 0.5) expect(segmentIndex).toBeNull();
      else expect(gap(middle, segmentIndex!)).toBe(least);
    }
  });
});
