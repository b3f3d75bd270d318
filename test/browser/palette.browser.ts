import { describe, expect, it } from 'vitest';
import { readProjectFile } from './target.js';

type Triple = readonly [number, number, number];

/** Machado, Oliveira and Fernandes (2009), full severity, on linear RGB. */
const SIGHT: Readonly<Record<string, readonly [Triple, Triple, Triple]>> = {
  usual: [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

function linearOf(hex: string): Triple {
  const channel = (at: number): number => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
}

function times(matrix: readonly [Triple, Triple, Triple], [x, y, z]: Triple): Triple {
  const row = ([a, b, c]: Triple): number => a * x + b * y + c * z;
  return [row(matrix[0]), row(matrix[1]), row(matrix[2])];
}

/** OKLab, in which equal distances look about equally far apart. */
function labOf(linear: Triple): Triple {
  const clipped = linear.map((value) => Math.min(1, Math.max(0, value))) as unknown as Triple;
  const cones = times([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566], [0.0883024619, 0.2817188376, 0.6299787005]], clipped).map(Math.cbrt) as unknown as Triple;
  return times([[0.2104542553, 0.793617785, -0.0040720468], [1.9779984951, -2.428592205, 0.4505937099], [0.0259040371, 0.7827717662, -0.808675766]], cones);
}

function distance(a: string, b: string, sight: keyof typeof SIGHT): number {
  const [p, q] = [a, b].map((hex) => labOf(times(SIGHT[sight]!, linearOf(hex)))) as [Triple, Triple];
  return Math.hypot(p[0] - q[0], p[1] - q[1], p[2] - q[2]) * 100;
}

/** WCAG 2 contrast ratio. */
function contrast(a: string, b: string): number {
  const luminance = (hex: string): number => {
    const [red, green, blue] = linearOf(hex);
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

function themes(): { readonly name: string; readonly colors: ReadonlyMap<string, string> }[] {
  const [light = '', dark = ''] = readProjectFile('web/src/styles/tokens.css').split('@media');
  const colorsOf = (css: string): ReadonlyMap<string, string> => new Map([...css.matchAll(/(--[\w-]+): (#[0-9a-f]{6});/g)].map((match) => [match[1]!, match[2]!]));
  return [{ name: 'light', colors: colorsOf(light) }, { name: 'dark', colors: colorsOf(dark) }];
}

describe.each(themes())('the $name colours', ({ colors }) => {
  const color = (name: string): string => colors.get(name) ?? expect.fail(`no ${name}`);
  const emotions = [...colors.keys()].filter((name) => name.startsWith('--emotion-') && !name.includes('spare'));
  const pairs = emotions.flatMap((a, index) => emotions.slice(index + 1).map((b) => [a, b] as const));

  it.each(Object.keys(SIGHT))('tell every two emotions apart with %s sight', (sight) => {
    const tooClose = pairs.map(([a, b]) => ({ a, b, distance: distance(color(a), color(b), sight) })).filter((pair) => pair.distance < 8);
    expect(emotions).toHaveLength(9);
    expect(tooClose).toEqual([]);
  });

  it('give every text at least the contrast of WCAG AA on every ground it stands on', () => {
    const grounds = ['--paper', '--surface', '--surface-2', '--accent-soft'];
    const texts = ['--ink', '--ink-2', '--ink-3', '--accent'];
    const pairsOfText = [...texts.flatMap((text) => grounds.map((ground) => [text, ground] as const)), ['--on-accent', '--accent'], ['--on-accent', '--accent-strong'], ['--danger', '--danger-soft'], ['--danger', '--surface'], ['--danger', '--paper'], ['--warn', '--warn-soft'], ['--warn', '--surface'], ['--ok', '--surface'], ['--ink-2', '--danger-soft'], ['--ink-2', '--warn-soft']] as const;
    const tooFaint = pairsOfText.map(([text, ground]) => ({ text, ground, ratio: contrast(color(text), color(ground)) })).filter((each) => each.ratio < 4.5);
    expect(tooFaint).toEqual([]);
  });

  it('give edges of fields and the focus ring at least 3 to 1', () => {
    for (const ground of ['--paper', '--surface']) {
      expect(contrast(color('--line-strong'), color(ground)), ground).toBeGreaterThanOrEqual(3);
      expect(contrast(color('--focus'), color(ground)), ground).toBeGreaterThanOrEqual(3);
    }
  });
});
