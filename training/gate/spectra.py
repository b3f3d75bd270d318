"""From a waveform to mel power spectra, inside the graph: training and serving share one front end.

Only 60 to 4000 Hz are looked at. Corpora differ above that (one has nothing beyond 5.5 kHz, calls
nothing beyond 3.4 kHz), and a network that sees it learns the corpus instead of the sound.
"""
import math

import torch
from torch import nn
from torch.nn import functional as F

SAMPLE_RATE = 16000
WINDOW = 512        # at 8 kHz: 64 ms, long enough to see whether a tone is held
HOP = 160           # at 8 kHz: 20 ms
MEL_BANDS = 64
LOW_HZ, HIGH_HZ = 60.0, 3900.0
FLOOR = 1e-6        # 60 dB under the loud parts
SILENCE = 1e-12
LOWPASS_TAPS = 63


def mel_filters():
    """Triangular filters [bins, bands], each of unit sum."""
    to_mel = lambda hz: 2595.0 * math.log10(1.0 + hz / 700.0)
    edges = [700.0 * (10 ** (m / 2595.0) - 1.0) for m in torch.linspace(to_mel(LOW_HZ), to_mel(HIGH_HZ), MEL_BANDS + 2).tolist()]
    width = SAMPLE_RATE / 2 / WINDOW
    bins = torch.arange(0, WINDOW // 2 + 1) * width
    filters = torch.zeros(len(bins), MEL_BANDS)
    for band in range(MEL_BANDS):
        left, centre, right = edges[band:band + 3]
        left, right = min(left, centre - width), max(right, centre + width)
        filters[:, band] = torch.minimum((bins - left) / (centre - left), (right - bins) / (right - centre)).clamp(min=0.0)
    filters[:3] = 0.0  # the offset of the recording, and what a Hann window leaks of it
    return filters / filters.sum(0, keepdim=True)


def lowpass():
    """A windowed sinc that halves the rate: 3.8 kHz passes, 4.2 kHz is gone by 50 dB."""
    n = torch.arange(LOWPASS_TAPS, dtype=torch.float64) - LOWPASS_TAPS // 2
    taps = torch.where(n == 0, torch.ones_like(n), torch.sin(math.pi * 0.5 * n) / (math.pi * 0.5 * n + (n == 0)))
    taps = taps * torch.hann_window(LOWPASS_TAPS + 2, periodic=False, dtype=torch.float64)[1:-1]
    return (taps / taps.sum()).float()[None, None]


class MelPower(nn.Module):
    """Waveform [batch, samples] to mel power [batch, frames, bands], one frame each 20 ms."""

    def __init__(self):
        super().__init__()
        self.register_buffer("lowpass", lowpass(), persistent=False)
        self.register_buffer("filters", mel_filters(), persistent=False)

    def forward(self, waveform):
        waveform = waveform - waveform.mean(1, keepdim=True)
        half = F.conv1d(F.pad(waveform[:, None], (LOWPASS_TAPS // 2, LOWPASS_TAPS // 2)), self.lowpass, stride=2)
        half = F.pad(half, (WINDOW // 2, WINDOW // 2))
        # The basis is computed by the graph when it is loaded: stored, it would be two thirds of the file.
        bins, time = torch.arange(WINDOW // 2 + 1), torch.arange(WINDOW)
        angle = torch.remainder(bins[:, None] * time[None], WINDOW).float() * (2 * math.pi / WINDOW)
        taper = (0.5 - 0.5 * torch.cos(time.float() * (2 * math.pi / WINDOW))) * (2.0 / WINDOW)
        real = F.conv1d(half, (torch.cos(angle) * taper)[:, None], stride=HOP)
        imaginary = F.conv1d(half, (torch.sin(angle) * taper)[:, None], stride=HOP)
        return torch.matmul((real ** 2 + imaginary ** 2).transpose(1, 2), self.filters)


class Normalise(nn.Module):
    """Mel power to two channels [batch, 2, frames, bands]: without the level, and also without each band's mean."""

    def forward(self, power):
        energy = power.mean(2)
        reference = (energy * energy).sum(1) / (energy.sum(1) + SILENCE) + SILENCE
        logs = torch.log(power / reference[:, None, None] + FLOOR)
        level = 10.0 / math.log(10.0) * torch.log(energy / reference[:, None] + FLOOR)
        weight = torch.sigmoid((level + 30.0) / 4.0)
        share = (weight / (weight.sum(1, keepdim=True) + 1e-3))[:, :, None]
        band_mean = (logs * share).sum(1, keepdim=True)
        channels = torch.stack([(logs + 6.0) / 4.0, (logs - band_mean) / 3.0], dim=1)
        return channels, weight
