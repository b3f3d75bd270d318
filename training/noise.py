"""Noise to train with, made in the mel-power domain: five kinds, 0 to 20 dB below the speech.

No recording of noise is used, so that every recording of noise is left to
measure with. Babble is made of the other clips of the batch.
"""
import numpy as np

from augment import CENTRES
from features import MEL_BANDS, mel_filters

FILTERS = mel_filters().numpy()
# Bands are of unit sum, so a band's share of the waveform's power is its width.
WIDTHS = (np.gradient(CENTRES) / np.gradient(CENTRES).sum()).astype(np.float32)
# A band of few bins fluctuates like a chi-square of few degrees (a Hann window ties neighbours together).
BINS = FILTERS.sum(0) ** 2 / (FILTERS ** 2).sum(0)
SHAPES = np.maximum(1.0, BINS / 1.5)
CROSS = (1.0 / np.sqrt(np.maximum(1.0, BINS / 1.5))).astype(np.float32)
OCTAVES = np.log2(CENTRES / 500.0)
FRAMES_A_SECOND = 50
SNR_DB = (0.0, 20.0)


def active_power(power):
    """Mean power [batch] of the frames that are at most 30 dB below the loud ones."""
    energy = power @ WIDTHS
    loud = (energy ** 2).sum(-1, keepdims=True) / (energy.sum(-1, keepdims=True) + 1e-20)
    active = energy > loud * 1e-3
    return (energy * active).sum(-1) / np.maximum(1, active.sum(-1))


def spectrum(rng):
    """A random smooth one: a slope and four ripples, in dB."""
    ripple = sum(rng.normal(0, 2.5) * np.cos(np.pi * k * np.arange(MEL_BANDS) / MEL_BANDS + rng.uniform(0, 2 * np.pi)) for k in range(1, 5))
    return 10 ** ((rng.uniform(-9, 3) * OCTAVES + ripple) / 10)


def steady(frames, rng):
    return spectrum(rng) * (rng.standard_gamma(SHAPES, (frames, MEL_BANDS)) / SHAPES)


def swelling(frames, rng):
    """Wind, traffic, a crowd: the level moves by some 5 dB, at 0.2 to 4 Hz."""
    time = np.arange(frames)[:, None] / FRAMES_A_SECOND
    level = sum(rng.normal(0, 4.0) * np.sin(2 * np.pi * rng.uniform(0.2, 4.0) * time + rng.uniform(0, 2 * np.pi) + rng.normal(0, 1.0) * OCTAVES / 3) for _ in range(3))
    return steady(frames, rng) * 10 ** (level / 10)


def humming(frames, rng):
    """A machine: harmonics that stand still, over a floor."""
    out = 0.1 * steady(frames, rng)
    pitch, slope = rng.uniform(45, 500), rng.uniform(-9, 0)
    harmonics = pitch * np.arange(1, int(CENTRES[-1] / pitch) + 1)
    bands = np.abs(np.log(CENTRES[:, None] / np.maximum(harmonics, CENTRES[0])[None, :])).argmin(0)
    lines = np.zeros(MEL_BANDS)
    np.add.at(lines, bands, 10 ** (slope * np.log2(harmonics / 500.0) / 10) * rng.exponential(1.0, len(harmonics)) / WIDTHS[bands])
    return out / (out @ WIDTHS).mean() + rng.uniform(1, 10) * lines / (lines @ WIDTHS)


def knocking(frames, rng):
    """Barks, clacks, slammed doors: bursts that die away, over a floor."""
    out = 0.05 * steady(frames, rng)
    out /= (out @ WIDTHS).mean()
    for _ in range(1 + rng.poisson(rng.uniform(0.5, 3.0) * frames / FRAMES_A_SECOND)):
        start, decay = rng.integers(0, frames), rng.uniform(1.0, 15.0)
        size = min(frames - start, int(6 * decay) + 1)
        burst = spectrum(rng) * np.exp(-np.arange(size) / decay)[:, None] * (rng.standard_gamma(SHAPES, (size, MEL_BANDS)) / SHAPES)
        out[start:start + size] += rng.uniform(5, 60) * burst / (burst @ WIDTHS).max()
    return out


MADE = [steady, swelling, humming, knocking]


def babble(power, levels, own, rng):
    """Three to eight other clips of the batch at once."""
    others = rng.choice([i for i in range(len(power)) if i != own], rng.integers(3, 9), replace=False)
    return sum(np.roll(power[i] / (levels[i] + 1e-20), rng.integers(0, power.shape[1]), axis=0) for i in others)


def add_noise(power, rng, share, snr_db=SNR_DB):
    """`share` of the clips [batch, frames, bands] in noise, a quarter of those in babble; the others as they are."""
    levels, out = active_power(power), power.copy()
    for i in np.nonzero(rng.random(len(power)) < share)[0]:
        noise = babble(power, levels, i, rng) if rng.random() < 0.25 else MADE[rng.integers(len(MADE))](power.shape[1], rng)
        wanted = levels[i] * 10 ** (-rng.uniform(*snr_db) / 10)
        noise = (noise * (wanted / ((noise @ WIDTHS).mean() + 1e-20))).astype(np.float32)
        # Two sounds add as waves: in a narrow band their powers only add on average.
        phase = np.cos(rng.uniform(0, 2 * np.pi, noise.shape)).astype(np.float32)
        out[i] = power[i] + noise + 2 * CROSS * phase * np.sqrt(power[i] * noise)
    return out


def in_noise(spectra, indices, seed, snr_db=(6.0, 14.0), batch=32):
    """The clips of a cache (see data.py) in made noise, as a cache of their own in the order of `indices`.

    Batches hold clips of like length, so that babble is made of whole voices.
    """
    array, offsets = spectra
    rng, out = np.random.default_rng(seed), {}
    order = sorted(indices, key=lambda i: offsets[i + 1] - offsets[i])
    for start in range(0, len(order), batch):
        part = order[max(0, min(start, len(order) - batch)):][:batch]
        clips = [np.exp(array[offsets[i]:offsets[i + 1]].astype(np.float32)) for i in part]
        power = np.full((len(part), max(map(len, clips)), MEL_BANDS), 1e-12, np.float32)
        for row, clip in zip(power, clips):
            row[:len(clip)] = clip
        for i, clip, row in zip(part, clips, add_noise(power, rng, 1.0, snr_db)):
            out[i] = np.log(row[:len(clip)] + 1e-15).astype(np.float16)
    clips = [out[i] for i in indices]
    return np.concatenate(clips), np.cumsum([0] + [len(clip) for clip in clips])
