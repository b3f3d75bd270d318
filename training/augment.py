"""Augmentation in the mel-power domain: nearly free, and mixed per batch.

Powers of independent sounds add, filters multiply and a missing band is a
small number, so noise, microphones and telephones need no audio work. Light
on purpose: heavy augmentation underfitted in every trial.
"""
import numpy as np
import torch

from features import HIGH_HZ, LOW_HZ, MEL_BANDS


def band_centres():
    to_mel = lambda hz: 2595.0 * np.log10(1.0 + hz / 700.0)
    mels = np.linspace(to_mel(LOW_HZ), to_mel(HIGH_HZ), MEL_BANDS + 2)[1:-1]
    return (700.0 * (10 ** (mels / 2595.0) - 1.0)).astype(np.float32)


CENTRES = band_centres()


def place(clip, frames, rng):
    """Crop or pad one clip's log power to `frames`; padding is a quiet copy of
    its own background (or digital silence), before and after at random."""
    have = len(clip)
    if have >= frames:
        start = rng.integers(0, have - frames + 1)
        return np.exp(clip[start:start + frames].astype(np.float32))
    power = np.exp(clip.astype(np.float32))
    quiet = np.sort(power.mean(1))[max(1, have // 20)] / (power.mean(1) + 1e-20)
    background = (power * np.minimum(quiet, 1.0)[:, None]).mean(0)
    level = rng.choice([0.0, 0.1, 1.0]) * background + 1e-15
    out = level * rng.exponential(1.0, (frames, power.shape[1])).astype(np.float32)
    start = rng.integers(0, frames - have + 1)
    out[start:start + have] += power
    return out


def colour(power, rng, strength=1.0):
    """Microphone tilt, background noise and band limits on [batch, frames, bands]."""
    batch, frames, bands = power.shape
    level = (power ** 2).sum((1, 2)) / (power.sum((1, 2)) + 1e-20)
    octaves = np.log2(CENTRES / 500.0)
    # A random smooth response: a tilt and two slow ripples, in dB.
    tilt = rng.normal(0, 1.2, (batch, 1)) * octaves
    phase = rng.uniform(0, 2 * np.pi, (batch, 2, 1))
    ripple = sum(rng.normal(0, 1.2, (batch, 1)) * np.cos(np.pi * k * np.arange(bands) / bands + phase[:, k - 1])
                 for k in (1, 2))
    power = power * (10 ** (strength * (tilt + ripple) / 10))[:, None, :].astype(np.float32)

    snr = rng.uniform(8, 40, batch)
    slope = rng.uniform(-9, 1, (batch, 1))
    noise = 10 ** (slope * octaves / 10)
    noise = noise / noise.max(1, keepdims=True) * (level * 10 ** (-snr / 10))[:, None]
    noise = noise * (rng.random(batch) < 0.4 * strength)[:, None]
    if noise.any():
        # Mel power of noise fluctuates like a gamma variable with few degrees.
        power = power + (noise[:, None, :] * rng.gamma(2.0, 0.5, power.shape)).astype(np.float32)

    # Telephone and low-rate codecs: nothing below ~300 Hz and/or above ~3.4 kHz.
    for i in np.nonzero(rng.random(batch) < 0.15 * strength)[0]:
        low = rng.uniform(100, 350) if rng.random() < 0.6 else 0.0
        high = rng.uniform(3000, 4800)
        slope = np.minimum(0, -24 * np.log2(np.maximum(low, 1.0) / CENTRES).clip(0)) \
            - 60 * np.log2(CENTRES / high).clip(0)
        power[i] *= (10 ** (slope / 10)).astype(np.float32)
    return power


def spec_mask(channels, rng, bands=10, frames=20, count=2):
    """SpecAugment on normalised features, in place: zero is each band's mean."""
    _, _, length, width = channels.shape
    for i in range(len(channels)):
        for _ in range(rng.integers(0, count + 1)):
            size = rng.integers(0, bands + 1)
            start = rng.integers(0, width - size + 1)
            channels[i, :, :, start:start + size] = 0
        for _ in range(rng.integers(0, count + 1)):
            size = rng.integers(0, frames + 1)
            start = rng.integers(0, length - size + 1)
            channels[i, :, start:start + size] = 0
    return channels


def call(power, rng):
    """A telephone call's band, for an eighth of the clips; in place."""
    for i in np.nonzero(rng.random(len(power)) < 0.12)[0]:
        slope = np.minimum(0, -24 * np.log2(rng.uniform(250, 350) / CENTRES).clip(0)) - 60 * np.log2(CENTRES / rng.uniform(3200, 3800)).clip(0)
        power[i] *= (10 ** (slope / 10)).astype(np.float32)
    return power


def batch_power(clips, frames, rng, strength=1.0, harden=None):
    """`harden` (optional) changes the placed clips' power before the microphone's colour is put on."""
    power = np.stack([place(clip, frames, rng) for clip in clips])
    if harden is not None:
        power = harden(power)
    return torch.from_numpy(colour(power, rng, strength)) if strength else torch.from_numpy(power)
