import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { spreadWords, type TranscriptWord } from '../../src/domain/transcript.js';
import { crossCheck, warningsOf } from '../../src/plugins/asr-cross-check/cross-check.js';
import { joinLexicons, parseLexicon } from '../../src/plugins/asr-cross-check/lexicon.js';
import { readingLanguage } from '../../src/plugins/asr-cross-check/reading-language.js';
import { readText } from '../../src/plugins/asr-cross-check/text-reading.js';
import { aPrediction } from '../support/outcome.js';

const lexicons = joinLexicons(['en', 'zh'].map((name) => parseLexicon(readFileSync(`lexicon/${name}.tsv`, 'utf8'), `${name}.tsv`)));
const read = (text: string, language = 'en') => readText(spreadWords(text, 0, 10), lexicons.get(language)!);
const found = (text: string, language?: string) => read(text, language)?.evidence.map(({ text: words, feeling, negated }) => `${negated ? 'not ' : ''}${words}: ${feeling}`).sort();

describe('the lexicons', () => {
  it.each(['en', 'zh'])('for %s has a few hundred phrases of every feeling, none of them twice', (language) => {
    const entries = parseLexicon(readFileSync(`lexicon/${language}.tsv`, 'utf8'), language).entries;
    expect(entries.length).toBeGreaterThan(500);
    expect(new Set(entries.map(({ feeling }) => feeling))).toEqual(new Set(['angry', 'disgusted', 'fearful', 'happy', 'sad', 'surprised', 'threat', 'positive', 'negative', 'stronger', 'weaker', 'none']));
    expect(new Set(entries.map(({ tokens }) => tokens.join(' '))).size).toBe(entries.length);
  });

  it.each([
    ['no language', 'happy\thappy\t1\t1', 'line 1 should say which language'],
    ['a feeling that is none', '# language: en\nhappy\thapy\t1\t1', 'line 2 has an unknown feeling; did you mean happy'],
    ['too few fields', '# language: en\n\nhappy\thappy\t1', 'line 3 must have four fields'],
    ['a valence out of range', '# language: en\nhappy\thappy\t2\t1', 'valence from -1 to 1'],
    ['an intensity of nothing', '# language: en\nhappy\thappy\t1\t0', 'intensity above 0'],
    ['a phrase without letters', '# language: en\n!!!\thappy\t1\t1', 'a phrase without letters'],
  ])('with %s is refused by its line', (_what, text, expected) => {
    expect(() => parseLexicon(text, 'mine.tsv')).toThrow(expected);
  });

  it('take an entry of a later file in the place of an earlier one', () => {
    const files = ['# language: en\n# name: a\nsick\tsad\t-0.5\t0.5', '# language: en\n# name: b\nsick\thappy\t0.8\t0.8'].map((text) => parseLexicon(text, 'x'));
    const lexicon = joinLexicons(files).get('en')!;
    expect(readText(spreadWords('that is sick', 0, 1), lexicon)).toMatchObject({ valence: expect.closeTo(0.8, 9) as number, feelings: { happy: 1 } });
    expect(lexicon.name).toMatch(/^a@[0-9a-f]{12}\+b@[0-9a-f]{12}$/);
  });
});

describe('reading words', () => {
  it.each([
    ['My father passed away last night', ['passed away: sad']],
    ['I am not happy about this', ['not happy: negative']],
    ['Do not worry. I am happy', ['happy: happy', 'not worry: positive']],
    ['I will not hurt you', undefined],
    ["I'll kill you", ["I'll kill: threat"]],
    ['Please check my blood pressure', undefined],
    ['The train leaves at nine', undefined],
    ['It was, no doubt, a wonderful day', ['wonderful: happy']],
  ])('finds in "%s" what it says', (text, expected) => {
    expect(found(text)).toEqual(expected);
  });

  it.each([
    ['我非常开心', ['开心: happy']],
    ['我不是很开心', ['not 开心: negative']],
    ['特别难过', ['难过: sad']],
    ['他昨天去世了', ['去世了: sad']],
    ['我知道你住哪', ['知道你住哪: threat']],
    ['差不多三点出差', undefined],
    ['我不会打死你', undefined],
  ])('finds in "%s" what it says, without spaces and by the longest match', (text, expected) => {
    expect(found(text, 'zh')).toEqual(expected);
  });

  it('counts for more what is strengthened and for less what is weakened', () => {
    const weights = ['a bit annoying', 'annoying', 'very annoying'].map((text) => read(text)!.evidence[0]!.weight);
    expect(weights).toEqual([0.35, 0.7, 0.98].map((weight) => expect.closeTo(weight, 6) as number));
  });

  it('gives the time of the words', () => {
    const words: TranscriptWord[] = ['he', 'passed', 'away', 'today'].map((text, i) => ({ text, startSeconds: i, endSeconds: i + 0.5, confidence: null, speaker: null, segmentIndex: 0 }));
    expect(readText(words, lexicons.get('en')!)!.evidence).toMatchObject([{ text: 'passed away', startSeconds: 1, endSeconds: 2.5 }]);
  });

  it('tells English and Chinese by what they are made of, and nothing else', () => {
    expect(readingLanguage(['I', 'think', 'it', 'is', 'the', 'one'])).toBe('en');
    expect(readingLanguage(['你', '好', '吗'])).toBe('zh');
    expect(readingLanguage(['お', '元', '気', 'で', 'す', 'か'])).toBeNull();
    expect(readingLanguage('wir haben das Gift heute nicht gefunden'.split(' '))).toBeNull();
    expect(readingLanguage([])).toBeNull();
  });
});

const scoresOf = (label: string, score: number) => ({ angry: 0, happy: 0, neutral: 0, sad: 0, disgusted: 0, fearful: 0, other: 1 - score, [label]: score });
const segment = (index: number, label: string, changes = {}) => ({ index, startSeconds: index * 5, endSeconds: index * 5 + 5, speaker: 'channel-0', prediction: aPrediction({ label, confidence: 0.78, scores: scoresOf(label, 0.78), ...changes }) });
const said = (index: number, text: string): TranscriptWord[] => spreadWords(text, index * 5, index * 5 + 5).map((word) => ({ ...word, speaker: 'channel-0', segmentIndex: index }));
const check = (text: string, label: string, changes = {}, language: string | null = 'en') => crossCheck(said(0, text), [segment(0, label, changes)], language, lexicons);

describe('words beside voice', () => {
  it.each([
    ['My mother passed away yesterday and I cried', 'happy', ['sad-words-happy-voice']],
    ['I know where you live and I will kill you', 'neutral', ['threat-calm-voice']],
    ['I know where you live and I will kill you', 'angry', []],
    ['Oh that is just great, wonderful, thank you so much', 'angry', ['sarcasm-candidate']],
    ['I am so happy, everything is wonderful', 'sad', ['happy-words-sad-voice']],
    ['My mother passed away yesterday and I cried', 'sad', []],
    ['My mother passed away yesterday and I cried', 'neutral', []],
    ['The meeting is at ten', 'happy', []],
    ['I am thrilled, this is fantastic', 'happy', []],
  ])('"%s" in a voice that is %s is flagged as %j', (text, label, kinds) => {
    expect(check(text, label).contradictions.map(({ kind }) => kind)).toEqual(kinds);
  });

  it('agree the more the better they go together', () => {
    const agreements = ['sad', 'fearful', 'neutral', 'happy'].map((label) => check('He passed away, I am heartbroken', label).agreement!);
    expect([...agreements].sort((a, b) => b - a)).toEqual(agreements);
    expect(agreements[0]).toBeGreaterThan(0.85);
    expect(agreements[3]).toBeLessThan(0.15);
  });

  it('give the evidence: words with times and weights, the voice with its scores', () => {
    const [flag] = check('My mother passed away', 'happy').contradictions;
    expect(flag).toMatchObject({ segmentIndex: 0, startSeconds: 0, endSeconds: 5, speaker: 'channel-0', voice: { label: 'happy', confidence: 0.78, scores: { happy: 0.78 } }, words: [{ text: 'passed away', feeling: 'sad', negated: false, weight: 0.95 }] });
    expect(flag!.agreement).toBeLessThan(0.2);
  });

  it('are held against no voice that the platform declines to name, nor one that was not judged', () => {
    expect(check('My mother passed away', 'happy', { abstained: true })).toMatchObject({ contradictions: [], readings: [{ agreement: expect.any(Number) as number }] });
    const unjudged = crossCheck(said(0, 'My mother passed away'), [{ ...segment(0, 'happy'), prediction: null }], 'en', lexicons);
    expect(unjudged).toMatchObject({ agreement: null, contradictions: [], readings: [{ agreement: null }] });
  });

  it('count overall by how much each segment says, and silence about feeling counts for nothing', () => {
    const words = [...said(0, 'He passed away'), ...said(1, 'The meeting is at ten'), ...said(2, 'okay')];
    const result = crossCheck(words, [segment(0, 'happy'), segment(1, 'angry'), segment(2, 'happy')], 'en', lexicons);
    const [strong, weak] = result.readings;
    expect(result.readings.map(({ segmentIndex }) => segmentIndex)).toEqual([0, 2]);
    expect(result.agreement).toBeCloseTo((strong!.agreement! * strong!.strength + weak!.agreement! * weak!.strength) / (strong!.strength + weak!.strength), 12);
  });

  it('are read in no language that there is no lexicon for, and the reason is told', () => {
    expect(check('Gift', 'happy', {}, 'de-AT')).toMatchObject({ language: null, agreement: null, readings: [], reason: 'There is no lexicon for the language de, only for en, zh.' });
    expect(check('Gift', 'happy', {}, null).reason).toContain('Nobody says which language this is');
    expect(check('他去世了,我很难过', 'happy', {}, null)).toMatchObject({ language: 'zh', contradictions: [{ kind: 'sad-words-happy-voice' }] });
  });

  it('are warned of with times and kinds, never with the words', () => {
    const [warning] = warningsOf(check('My mother passed away yesterday', 'happy'));
    expect(warning).toMatchObject({ code: 'PLUGIN_WORDS_AGAINST_VOICE', message: expect.stringContaining('in 1 place, first at 0.0 s (bad words in a happy voice)') as string });
    expect(warning!.message).not.toMatch(/mother|passed/);
    expect(warningsOf(check('Gift', 'happy', {}, 'de'))).toMatchObject([{ code: 'PLUGIN_WORDS_UNREAD' }]);
    expect(warningsOf(check('The meeting is at ten', 'happy'))).toEqual([]);
  });

  it('always agree between 0 and 1, for any voice and any of the lexicon\'s phrases', () => {
    for (const [language, lexicon] of lexicons) {
      for (const entry of [...lexicon.byFirst.values()].flat()) {
        for (const label of ['angry', 'happy', 'neutral', 'sad', 'fearful', 'other', 'mine']) {
          const { agreement } = check(entry.tokens.join(language === 'zh' ? '' : ' '), label, {}, language);
          if (agreement !== null) expect(agreement).toSatisfy((value: number) => value >= 0 && value <= 1);
        }
      }
    }
  });
});
