"""Two or more trained networks as one graph.

The members' frames are laid side by side, so the embedding is the members'
embeddings in a row, the head stays linear, and the logits are the mean of the
members' logits: the contract of a single network, at its exactness.
"""
import torch
from torch import nn

from features import MelPower, Normalise, frames_of, sum_over


class Ensemble(nn.Module):
    """Members share the front end: it is computed once."""

    def __init__(self, nets):
        super().__init__()
        self.mel, self.normalise, self.nets = MelPower(), Normalise(), nn.ModuleList(nets)
        self.dimension = sum(2 * net.config["units"] for net in nets)

    def forward(self, waveform, lengths):
        power, mask = self.mel(waveform, lengths)
        frame_lengths = frames_of(lengths)
        channels, weight = self.normalise(power, mask)
        parts = [net.run(channels, weight, frame_lengths) for net in self.nets]
        # A layer-normed frame is about sqrt(D) long: bring embeddings to about unit length.
        features = torch.cat([part[0] for part in parts], 2) * self.dimension ** -0.5
        frame_logits = sum(part[1] for part in parts) / len(parts)
        count = frame_lengths[:, None].float()
        return features, frame_logits, sum_over(features, 1) / count, sum_over(frame_logits, 1) / count, frame_lengths
