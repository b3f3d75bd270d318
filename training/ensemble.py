"""Two or more trained networks as one graph.

The members' frames are laid side by side, so the embedding is the members'
embeddings in a row, and one linear head over it gives the mean of the members'
logits: the contract of a single network, at its exactness.
"""
import torch
from torch import nn

from features import MelPower, Normalise, frames_of, mask_of, sum_over


def joint_head(nets):
    """(weight [dimension, labels], bias, scale) over the members' scaled embeddings in a row: the mean of their logits, by their shares."""
    # A layer-normed frame is about sqrt(D) long: the scale brings embeddings to about unit length.
    scale = sum(2 * net.config["units"] for net in nets) ** -0.5
    total = sum(net.share for net in nets)
    weight = torch.cat([net.head.weight * (net.share / total) for net in nets], 1).detach() / scale
    return weight.t().contiguous(), sum(net.head.bias * (net.share / total) for net in nets).detach(), scale


class Ensemble(nn.Module):
    """Members share the front end: it is computed once.

    `offsets` [labels] are added to the logits; `erased` is a pair of matrices
    [dimension, k], see finish.py: what they span is taken out of every frame.
    """

    def __init__(self, nets, offsets=None, erased=None):
        super().__init__()
        self.mel, self.normalise, self.nets = MelPower(), Normalise(), nn.ModuleList(nets)
        self.dimension = sum(2 * net.config["units"] for net in nets)
        weight, bias, self.scale = joint_head(nets)
        self.register_buffer("weight", weight)
        self.register_buffer("bias", bias if offsets is None else bias + torch.as_tensor(offsets, dtype=torch.float32))
        for name, matrix in zip(("reader", "writer"), erased or (torch.zeros(self.dimension, 0),) * 2):
            self.register_buffer(name, torch.as_tensor(matrix, dtype=torch.float32))

    def forward(self, waveform, lengths):
        power, mask = self.mel(waveform, lengths)
        frame_lengths = frames_of(lengths)
        channels, weight = self.normalise(power, mask)
        features = torch.cat([net.run(channels, weight, frame_lengths)[0] for net in self.nets], 2) * self.scale
        if self.reader.shape[1] > 0:
            features = features - torch.matmul(torch.matmul(features, self.reader), self.writer.t())
        # The bias belongs to true frames only, so that padding stays zero.
        frame_logits = (torch.matmul(features, self.weight) + self.bias) * mask_of(frame_lengths, features.shape[1])[:, :, None]
        count = frame_lengths[:, None].float()
        return features, frame_logits, sum_over(features, 1) / count, sum_over(frame_logits, 1) / count, frame_lengths
