import { describe, expect, it } from 'vitest';
import { analysisSvg, waveformExtremes } from '../../src/domain/svg-analysis.js';
import type { AnalysisPlot } from '../../src/domain/svg-analysis.js';
import { confusionSvg, coverageSvg, reliabilitySvg } from '../../src/domain/svg-evaluation.js';
import { escapeXml, minuteSeconds, timeTicks } from '../../src/domain/svg-plot.js';

const PLOT: AnalysisPlot = {
  title: '<script>alert(1)</script> & "call".wav', subtitle: 'angry 81 %', durationSeconds: 95,
  waveform: { minimum: [-0.5, -1], maximum: [0.5, 1] },
  speechRegions: [{ startSeconds: 1, endSeconds: 40 }],
  labels: ['angry', 'neutral', 'sad'],
  segments: [
    { startSeconds: 1, endSeconds: 40, speaker: 'A', gate: 'speech', label: 'angry', bins: [{ startSeconds: 1, endSeconds: 20, scores: { angry: 0.7, neutral: 0.2, sad: 0.1 } }, { startSeconds: 20, endSeconds: 40, scores: { angry: 0.4, neutral: 0.5, sad: 0.1 } }] },
    { startSeconds: 50, endSeconds: 90, speaker: null, gate: 'music', label: null, bins: [] },
  ],
  warnings: [{ code: 'LOW_SNR', message: 'Noise is loud.' }],
};

/** Every tag that is opened is closed in order: enough to catch a broken document without a parser of our own for XML. */
function isWellFormed(xml: string): boolean {
  const open: string[] = [];
  for (const [, closing, name, selfClosing] of xml.matchAll(/<(\/?)([a-zA-Z]+)[^<>]*?(\/?)>/g)) {
    if (closing === '/') {
      if (open.pop() !== name) return false;
    } else if (selfClosing !== '/') open.push(name!);
  }
  return open.length === 0 && !/&(?!amp;|lt;|gt;|quot;|#39;)/.test(xml);
}

describe('analysis plot', () => {
  const svg = analysisSvg(PLOT);

  it('is one well-formed document without scripts, styles or addresses from outside', () => {
    expect(isWellFormed(svg)).toBe(true);
    expect(svg).not.toContain('<script');
    expect(svg.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|href|@import|<style/);
  });

  it('names labels, warnings and minutes, and gives every label a hatch of its own for black and white', () => {
    for (const text of ['>angry<', '>neutral<', '>sad<', '>1:00<', 'time (m:ss)', 'LOW_SNR: Noise is loud.', 'A: angry']) expect(svg).toContain(text);
    const hatches = [...svg.matchAll(/<pattern id="label\d+".*?<\/pattern>/g)].map(([pattern]) => /<path d="([^"]*)"/.exec(pattern)?.[1] ?? 'none');
    expect(new Set(hatches).size).toBe(3);
  });

  it('stacks the scores of each bin to the full height and leaves a gated segment empty but for its kind', () => {
    const stacked = [...svg.matchAll(/height="([\d.]+)" fill="url\(#label\d\)" stroke="#ffffff"/g)].map((match) => Number(match[1]));
    expect(stacked).toHaveLength(6);
    expect(stacked.reduce((sum, height) => sum + height, 0)).toBeCloseTo(2 * 200, 5);
    expect(svg).toContain('stroke-dasharray="4 3"');
    expect(svg).toContain('>music<');
  });

  it('of nothing at all is still a document', () => {
    expect(isWellFormed(analysisSvg({ ...PLOT, durationSeconds: 0, waveform: { minimum: [], maximum: [] }, segments: [], speechRegions: [], warnings: [] }))).toBe(true);
  });
});

describe('evaluation plots', () => {
  it('are well formed and carry counts as text', () => {
    const confusion = confusionSvg(['a<b', 'c'], [[8, 2, 0], [1, 3, 4]], { hasNotJudged: true });
    expect(isWellFormed(confusion)).toBe(true);
    expect(confusion).toContain('>8<');
    expect(confusion).toContain('>80 %<');
    expect(confusion).toContain('(not judged)');
    expect(isWellFormed(reliabilitySvg([{ lower: 0, upper: 0.5, count: 0, meanConfidence: null, accuracy: null }, { lower: 0.5, upper: 1, count: 4, meanConfidence: 0.8, accuracy: 0.75 }]))).toBe(true);
    expect(isWellFormed(coverageSvg([{ coverage: 0.5, accuracy: 1, threshold: 0.9 }, { coverage: 1, accuracy: 0.7, threshold: 0.1 }]))).toBe(true);
    expect(isWellFormed(coverageSvg([]))).toBe(true);
  });
});

describe('pieces of plots', () => {
  it('write times as m:ss, hours included, and carry tenths over into minutes', () => {
    expect([0, 5, 65, 3600, 3725].map((seconds) => minuteSeconds(seconds))).toEqual(['0:00', '0:05', '1:05', '1:00:00', '1:02:05']);
    expect([0.04, 5.25, 59.97].map((seconds) => minuteSeconds(seconds, true))).toEqual(['0:00.0', '0:05.3', '1:00.0']);
  });

  it('choose at most eleven round times', () => {
    for (const duration of [0.3, 7, 59, 61, 600, 3599, 86_400]) expect(timeTicks(duration).length).toBeLessThanOrEqual(11);
    expect(timeTicks(60)).toEqual([0, 10, 20, 30, 40, 50, 60]);
  });

  it('escape what XML reserves or forbids', () => {
    expect(escapeXml('<a href="x">&\'\u0000')).toBe('&lt;a href=&quot;x&quot;&gt;&amp;&#39;\uFFFD');
  });

  it('find the extremes of equal pieces of a waveform', () => {
    expect(waveformExtremes(Float32Array.of(0, 0.5, -0.25, 0, -1, 1), 3)).toEqual({ minimum: [0, -0.25, -1], maximum: [0.5, 0, 1] });
    expect(waveformExtremes(new Float32Array(2), 10).maximum).toHaveLength(2);
  });
});
