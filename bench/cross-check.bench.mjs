// What the cross-check costs without speech recognition, against the length of the recording: aligning the words of an
// hour, reading them, comparing them with the voice. `node bench/cross-check.bench.mjs`, after a build.
import { readFileSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { alignWords, textsOf } from '../dist/src/domain/align-words.js';
import { spreadWords } from '../dist/src/domain/transcript.js';
import { crossCheck, warningsOf } from '../dist/src/plugins/asr-cross-check/cross-check.js';
import { joinLexicons, parseLexicon } from '../dist/src/plugins/asr-cross-check/lexicon.js';
import { median, report } from './bench-report.mjs';

const HOUR_SECONDS = 3600;
const WINDOW_SECONDS = 6;
const RUNS = 15;
/** Fast speech; the lexicon's own phrases stand among it far more often than in any call. */
const WORDS_AN_HOUR = 12_000;

const lexicons = joinLexicons(['en', 'zh'].map((name) => parseLexicon(readFileSync(new URL(`../lexicon/${name}.tsv`, import.meta.url), 'utf8'), name)));
let seed = 7;
const random = (limit) => (seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31) % limit;

function hourOf(language) {
  const joint = language === 'zh' ? '' : ' ';
  const phrases = [...lexicons.get(language).byFirst.values()].flat().map(({ tokens }) => tokens.join(joint));
  const plain = language === 'zh' ? ['我', '们', '明', '天', '再', '看', '一', '下', '吧'] : ['the', 'parcel', 'was', 'at', 'your', 'door', 'on', 'monday', 'and', 'not'];
  const parts = [];
  let count = 0;
  while (count < WORDS_AN_HOUR) {
    const part = random(10) === 0 ? phrases[random(phrases.length)] : plain[random(plain.length)];
    parts.push(part);
    count += language === 'zh' ? part.length : part.split(' ').length;
  }
  return spreadWords(parts.join(joint), 0, HOUR_SECONDS);
}

const labels = ['angry', 'happy', 'neutral', 'sad', 'fearful', 'disgusted', 'surprised', 'other', 'unknown'];
const segments = Array.from({ length: HOUR_SECONDS / WINDOW_SECONDS }, (_, index) => {
  const scores = Object.fromEntries(labels.map((label) => [label, 1 / labels.length]));
  return { index, startSeconds: index * WINDOW_SECONDS, endSeconds: (index + 1) * WINDOW_SECONDS, speaker: `channel-${index % 2}`, prediction: { label: labels[index % 4], confidence: 0.8, calibrated: true, abstained: false, predictionSet: [], scores, logits: [] } };
});

const figures = {};
for (const language of ['en', 'zh']) {
  const spoken = hourOf(language);
  const seconds = [];
  let check;
  for (let run = 0; run < RUNS; run++) {
    const began = performance.now();
    const words = alignWords(spoken, segments);
    textsOf(words);
    check = crossCheck(words, segments, language, lexicons);
    warningsOf(check);
    seconds.push((performance.now() - began) / 1000);
  }
  const medianSeconds = median(seconds);
  figures[language] = { words: spoken.length, segments: segments.length, readings: check.readings.length, contradictions: check.contradictions.length, medianSeconds, shareOfRealTime: medianSeconds / HOUR_SECONDS };
}
const worst = Math.max(...Object.values(figures).map(({ shareOfRealTime }) => shareOfRealTime));
report('cross-check', { what: 'align, read and compare the words of an hour; speech recognition not counted', must: 0.01, worstShareOfRealTime: worst, holds: worst <= 0.01, figures });
