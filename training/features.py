"""From a waveform to level-free log-mel features, inside the graph.

Everything here is exported to ONNX, so there is no second implementation of
the front end that could drift from the one the model was trained with.
"""
import math

import torch
from torch import nn
from torch.nn import functional as F

SAMPLE_RATE = 16000
WINDOW = 640        # 40 ms: long enough to resolve the harmonics of a low voice
HOP = 320           # 20 ms between spectra
FRAME_HOP = 640     # 40 ms between the model's output frames (the stem halves the rate)
MIN_SAMPLES = 400   # 25 ms
MEL_BANDS = 80
LOW_HZ, HIGH_HZ = 50.0, 5000.0  # most of the training speech has nothing above 5.5 kHz
FLOOR = 1e-6        # 60 dB below the speech level: quieter is the same as silence
SILENCE = 1e-12     # absolute power that keeps digital silence finite, below 16-bit rounding noise


def mel_filters():
    """Triangular filters [bins, bands] over the DFT bins, each of unit sum."""
    def to_mel(hz):
        return 2595.0 * math.log10(1.0 + hz / 700.0)

    edges = [700.0 * (10 ** (m / 2595.0) - 1.0) for m in
             torch.linspace(to_mel(LOW_HZ), to_mel(HIGH_HZ), MEL_BANDS + 2).tolist()]
    bins = torch.arange(0, WINDOW // 2 + 1) * (SAMPLE_RATE / WINDOW)
    filters = torch.zeros(len(bins), MEL_BANDS)
    for band in range(MEL_BANDS):
        left, centre, right = edges[band:band + 3]
        # Low bands are narrower than a bin: widen them so that none is empty.
        left, right = min(left, centre - 25.0), max(right, centre + 25.0)
        rise, fall = (bins - left) / (centre - left), (right - bins) / (right - centre)
        filters[:, band] = torch.minimum(rise, fall).clamp(min=0.0)
    # Bins 0 and 1 hold the offset of the recording (a Hann window leaks no further).
    filters[:2] = 0.0
    return filters / filters.sum(0, keepdim=True)


def frames_of(lengths):
    """Output frames of a clip: one for every 40 ms begun."""
    return torch.div(lengths + (FRAME_HOP - 1), FRAME_HOP, rounding_mode="floor")


def mask_of(counts, size):
    """[batch, size] of ones for the first `counts` places."""
    return (torch.arange(size, device=counts.device)[None, :] < counts[:, None]).float()


def sum_over(x, dim, keepdim=False):
    """A sum over time; in the exported graph in double precision, so that its
    rounding does not depend on how far a batch is padded: a statistic shifts
    every frame alike, and the network amplified its last bit a hundredfold on
    clips with long silence. Training pads nothing and needs no double."""
    if torch.onnx.is_in_onnx_export():
        return x.double().sum(dim, keepdim=keepdim).float()
    return x.sum(dim, keepdim=keepdim)


class MelPower(nn.Module):
    """Mel power spectra [batch, 2 x output frames, bands] and their mask.

    A plain convolution with a windowed DFT basis: exact, exportable, and as
    fast as an FFT at this size because only bins up to 5 kHz are kept.
    """

    def __init__(self):
        super().__init__()
        filters = mel_filters()
        used = int(filters.sum(1).nonzero().max()) + 1
        time = torch.arange(WINDOW, dtype=torch.float64)
        angle = 2.0 * math.pi * torch.arange(used, dtype=torch.float64)[:, None] * time / WINDOW
        window = 0.5 - 0.5 * torch.cos(2.0 * math.pi * time / WINDOW)
        basis = torch.cat([torch.cos(angle), torch.sin(angle)]) * window / window.sum()
        self.register_buffer("basis", basis.float()[:, None, :], persistent=False)
        self.register_buffer("filters", filters[:used].contiguous(), persistent=False)
        self.bins = used

    def forward(self, waveform, lengths):
        valid = mask_of(lengths, waveform.shape[1])
        waveform = waveform * valid
        # Remove the offset before padding, else the edges become clicks.
        offset = sum_over(waveform, 1, keepdim=True) / lengths[:, None].float()
        waveform = (waveform - offset) * valid
        padded = F.pad(waveform[:, None, :], (WINDOW // 4, WINDOW + WINDOW // 4))
        spectrum = F.conv1d(padded, self.basis, stride=HOP)
        frames = 2 * ((waveform.shape[1] + FRAME_HOP - 1) // FRAME_HOP)
        spectrum = spectrum[:, :, :frames]
        power = spectrum[:, :self.bins] ** 2 + spectrum[:, self.bins:] ** 2
        power = torch.matmul(power.transpose(1, 2), self.filters)
        return power, mask_of(2 * frames_of(lengths), frames)


class Normalise(nn.Module):
    """Mel power to two normalised channels and a speech weight for each frame.

    All statistics are weighted by energy, so leading or trailing silence
    changes nothing: channel 0 keeps the spectral shape and takes away the
    level, channel 1 also takes away the mean of each band (the channel).

    `floor_db` lays a floor that far under each band's mean over the speech, so
    that a studio and an office sound alike between the words. The speech of
    the larger training corpus lies 23 dB over its own noise: networks without
    such a floor take a clean recording for a loud voice, and call it angry.
    """

    def __init__(self, floor_db=None):
        super().__init__()
        self.floor_db = floor_db

    def forward(self, power, mask):
        power = power * mask[:, :, None]
        energy = power.mean(2)
        reference = sum_over(energy * energy, 1) / (sum_over(energy, 1) + SILENCE) + SILENCE
        relative = energy / reference[:, None]
        level = 10.0 / math.log(10.0) * torch.log(relative + FLOOR)
        # Half weight 25 dB below the speech level (15, where pauses are to look alike); the slope keeps it smooth.
        weight = torch.sigmoid((level + 25.0) / 4.0 if self.floor_db is None else (level + 15.0) / 3.0) * mask
        total = sum_over(weight, 1) + 1e-3
        share = (weight / total[:, None])[:, :, None]
        if self.floor_db is not None:
            power = power + 10.0 ** (-self.floor_db / 10.0) * sum_over(power * share, 1, keepdim=True)
        logs = torch.log(power / reference[:, None, None] + FLOOR)
        band_mean = sum_over(logs * share, 1, keepdim=True)
        centred = logs - band_mean
        spread = torch.sqrt(sum_over((centred ** 2).mean(2) * share[:, :, 0], 1) + 1.0)[:, None, None]
        overall = band_mean.mean(2, keepdim=True)
        channels = torch.stack([(logs - overall) / 3.0, centred / spread], dim=1)
        return channels * mask[:, None, :, None], weight
