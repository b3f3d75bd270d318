"""The gate's network: a small 2-D CNN over mel spectra, dilated convolutions over time, a linear head over the mean of the frames."""
import torch
from torch import nn

from spectra import MelPower, Normalise

KINDS = ["speech", "singing", "music", "noise"]


def block(inputs, outputs, stride):
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride=stride, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU())


class Dilated(nn.Module):
    def __init__(self, width, dilation):
        super().__init__()
        self.layers = nn.Sequential(nn.Conv1d(width, width, 3, padding=dilation, dilation=dilation, bias=False), nn.BatchNorm1d(width), nn.ReLU())

    def forward(self, x):
        return x + self.layers(x)


class GateNet(nn.Module):
    """Mel power [batch, frames, bands] to logits [batch, kinds]; frames of 80 ms, weighted by their energy."""

    def __init__(self, width=80):
        super().__init__()
        self.normalise = Normalise()
        self.body = nn.Sequential(block(2, 16, 2), block(16, 32, (1, 2)), block(32, 48, (2, 2)), block(48, 64, (1, 2)))
        self.squeeze = nn.Sequential(nn.Conv1d(64 * 4, width, 1, bias=False), nn.BatchNorm1d(width), nn.ReLU())
        self.time = nn.Sequential(*[Dilated(width, dilation) for dilation in (1, 2, 4, 8)])
        self.drop = nn.Dropout(0.2)
        self.head = nn.Linear(2 * width, len(KINDS))

    def forward(self, power):
        channels, weight = self.normalise(power)
        return self.classify(channels, weight)

    def classify(self, channels, weight):
        x = self.body(channels)
        x = self.time(self.squeeze(x.permute(0, 1, 3, 2).flatten(1, 2)))
        # The weight of every fourth spectrum stands for its 80 ms; without any energy all frames count alike.
        share = weight[:, ::4] + 1e-3
        share = (share / share.sum(1, keepdim=True))[:, None]
        mean = (x * share).sum(2)
        # How much a frame differs from its fellows: a voice comes and goes, a held chord does not.
        spread = torch.sqrt((((x - mean[:, :, None]) ** 2) * share).sum(2) + 1e-4)
        return self.head(self.drop(torch.cat([mean, spread], dim=1)))


class Gate(nn.Module):
    """The exported graph: `waveform` [1, samples] at 16 kHz to `probabilities` [1, kinds]."""

    def __init__(self, net):
        super().__init__()
        self.mel, self.net = MelPower(), net

    def forward(self, waveform):
        return torch.softmax(self.net(self.mel(waveform)), dim=1)
