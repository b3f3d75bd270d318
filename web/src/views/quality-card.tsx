import { formatLength, formatNumber, formatShare } from '../format.js';
import type { Quality } from '../types.js';

interface Figure { readonly name: string; readonly value: string; readonly meaning: string }

function channelWord(count: number): string {
  return count === 1 ? 'mono' : count === 2 ? 'stereo' : `${count} channels`;
}

function figuresOf(quality: Quality): readonly Figure[] {
  const decibels = (value: number | null, unit: string): string => (value === null ? 'not measurable' : `${formatNumber(value, 1)} ${unit}`);
  return [
    { name: 'Source', value: quality.codec === quality.container ? quality.codec : `${quality.codec} in ${quality.container}`, meaning: `${formatNumber(quality.originalSampleRateHz / 1000, 1)} kHz, ${channelWord(quality.originalChannels)}${quality.bitrateBps === null ? '' : `, ${formatNumber(quality.bitrateBps / 1000)} kbit/s`}` },
    { name: 'Speech', value: formatLength(quality.speechSeconds), meaning: `${formatShare(quality.silenceRatio)} of the recording is silence` },
    { name: 'Signal to noise', value: decibels(quality.snrDb, 'dB'), meaning: 'the voice above its background; under 15 dB is noisy' },
    { name: 'Loudness', value: decibels(quality.integratedLoudnessLufs, 'LUFS'), meaning: quality.speechLevelDbfs === null ? 'no speech to measure' : `speech at ${decibels(quality.speechLevelDbfs, 'dBFS')}` },
    { name: 'Peak', value: decibels(quality.peakDbfs, 'dBFS'), meaning: quality.clippingRatio > 0 ? `${formatNumber(quality.clippingRatio * 100, 3)} % of samples are clipped` : 'no clipping' },
    { name: 'Bandwidth', value: quality.effectiveBandwidthHz === null ? 'not measurable' : `${formatNumber(quality.effectiveBandwidthHz / 1000, 1)} kHz`, meaning: 'highest frequency with content; telephone: 3.4 kHz' },
    { name: 'Offset', value: formatNumber(quality.dcOffset, 4), meaning: 'constant part of the signal, of full scale; 0 is right' },
    { name: 'Dropouts', value: formatNumber(quality.dropoutCount), meaning: 'gaps inside speech' },
  ];
}

export function QualityCard({ quality }: { readonly quality: Quality }) {
  return (
    <section class="card" aria-labelledby="quality-title">
      <h2 class="card-title" id="quality-title">Sound quality</h2>
      <dl class="figures">
        {figuresOf(quality).map(({ name, value, meaning }) => (
          <div key={name} class="figure">
            <dt>{name}</dt>
            <dd><span class="figure-value">{value}</span><span class="small muted">{meaning}</span></dd>
          </div>
        ))}
      </dl>
    </section>
  );
}
