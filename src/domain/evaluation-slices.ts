import type { EvaluatedItem } from './evaluated-item.js';

/** Under these, a slice's figures say little, whatever their interval. */
const FEW_ITEMS = 30;
const FEW_SPEAKERS = 5;

export interface Slice {
  /** What was cut by, such as `snr`. */
  readonly dimension: string;
  readonly value: string;
  readonly items: readonly EvaluatedItem[];
}

/** Edges rise; a value belongs to the last band whose lower edge it reaches. */
interface Bands {
  readonly names: readonly string[];
  readonly edges: readonly number[];
}

const DURATION: Bands = { names: ['under 1 s', '1 to 3 s', '3 to 10 s', '10 s and more'], edges: [1, 3, 10] };
const SNR: Bands = { names: ['under 10 dB', '10 to 20 dB', '20 dB and more'], edges: [10, 20] };
const BANDWIDTH: Bands = { names: ['under 4.2 kHz (telephone)', '4.2 to 7 kHz', '7 kHz and more'], edges: [4200, 7000] };
const LOUDNESS: Bands = { names: ['under −33 LUFS', '−33 to −18 LUFS', '−18 LUFS and more'], edges: [-33, -18] };

const DIMENSIONS: readonly { readonly name: string; readonly order: readonly string[]; readonly valueOf: (item: EvaluatedItem) => string | null }[] = [
  { name: 'language', order: [], valueOf: ({ item }) => item.language },
  { name: 'gender', order: [], valueOf: ({ item }) => item.gender },
  { name: 'channel', order: [], valueOf: ({ item }) => item.channel },
  { name: 'quality', order: [], valueOf: ({ item }) => item.quality },
  { name: 'duration', order: DURATION.names, valueOf: ({ durationSeconds }) => bandOf(durationSeconds, DURATION) },
  { name: 'snr', order: SNR.names, valueOf: ({ conditions }) => bandOf(conditions?.snrDb ?? null, SNR) },
  { name: 'bandwidth', order: BANDWIDTH.names, valueOf: ({ conditions }) => bandOf(conditions?.effectiveBandwidthHz ?? null, BANDWIDTH) },
  { name: 'loudness', order: LOUDNESS.names, valueOf: ({ conditions }) => bandOf(conditions?.integratedLoudnessLufs ?? null, LOUDNESS) },
];

/** Cuts by what was said of the items and by what was measured in them. A dimension that nothing is known of gives no slice. */
export function slicesOf(items: readonly EvaluatedItem[]): readonly Slice[] {
  return DIMENSIONS.flatMap(({ name, order, valueOf }) => {
    const byValue = new Map<string, EvaluatedItem[]>();
    for (const item of items) {
      const value = valueOf(item);
      if (value !== null) byValue.set(value, [...(byValue.get(value) ?? []), item]);
    }
    return [...byValue].sort(([a], [b]) => order.indexOf(a) - order.indexOf(b) || a.localeCompare(b)).map(([value, own]) => ({ dimension: name, value, items: own }));
  });
}

export function isSmallSlice(itemCount: number, clusterCount: number): boolean {
  return itemCount < FEW_ITEMS || clusterCount < FEW_SPEAKERS;
}

function bandOf(value: number | null, { names, edges }: Bands): string | null {
  return value === null ? null : names[edges.filter((edge) => value >= edge).length]!;
}
