"""Two or more trained networks as one graph.

The members' frames are laid side by side, so one linear head over them gives
the mean of the members' logits: the contract of a single network, at its
exactness. A linear projection (finish.py) then brings them to the length of the
published embedding.
"""
import torch
from torch import nn

from features import MelPower, frames_of, mask_of, sum_over


def joint_head(nets):
    """(weight [dimension, labels], bias, scale) over the members' scaled embeddings in a row: the mean of their logits, by their shares."""
    # A layer-normed frame is about sqrt(D) long: the scale brings embeddings to about unit length.
    scale = sum(2 * net.config["units"] for net in nets) ** -0.5
    total = sum(net.share for net in nets)
    weight = torch.cat([net.head.weight * (net.share / total) for net in nets], 1).detach() / scale
    return weight.t().contiguous(), sum(net.head.bias * (net.share / total) for net in nets).detach(), scale


class Ensemble(nn.Module):
    """Members share the spectra: they are computed once.

    `finish` is what finish.py fits: `projection` [members' dimension, dimension]
    makes the published frames out of theirs, `head` [dimension, labels] and
    `bias` the logits out of those. Without it the frames stay as they are.
    """

    def __init__(self, nets, finish=None):
        super().__init__()
        self.mel, self.nets = MelPower(), nn.ModuleList(nets)
        weight, bias, self.scale = joint_head(nets)
        self.projects = finish is not None
        if self.projects:
            self.register_buffer("projection", torch.as_tensor(finish["projection"], dtype=torch.float32))
            weight, bias = (torch.as_tensor(finish[name], dtype=torch.float32) for name in ("head", "bias"))
        self.register_buffer("weight", weight)
        self.register_buffer("bias", bias)
        self.dimension = len(weight)

    def forward(self, waveform, lengths):
        power, mask = self.mel(waveform, lengths)
        frame_lengths = frames_of(lengths)
        # Equal front ends are in the graph once: the exporter merges equal nodes.
        features = torch.cat([net(power, mask, frame_lengths)[0] for net in self.nets], 2) * self.scale
        if self.projects:
            features = torch.matmul(features, self.projection)
        # The bias belongs to true frames only, so that padding stays zero.
        frame_logits = (torch.matmul(features, self.weight) + self.bias) * mask_of(frame_lengths, features.shape[1])[:, :, None]
        count = frame_lengths[:, None].float()
        return features, frame_logits, sum_over(features, 1) / count, sum_over(frame_logits, 1) / count, frame_lengths
