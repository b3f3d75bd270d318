"""The network: a small residual 2-D CNN over log-mels, a bidirectional GRU,
and a linear head over the (speech-weighted) mean of the frames.
"""
import torch
from torch import nn
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from features import Normalise, mask_of, sum_over


def masked(x, mask):
    """Zero the frames past an item's end, as its own zero padding would be."""
    return x if mask is None else x * mask[:, None, :, None]


class Residual(nn.Module):
    """Two 3x3 convolutions with a skip; `stride` shrinks the bands only."""

    def __init__(self, inputs, outputs, stride=1):
        super().__init__()
        self.first = nn.Conv2d(inputs, outputs, 3, stride=(1, stride), padding=1, bias=False)
        self.norm1 = nn.BatchNorm2d(outputs)
        self.second = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.norm2 = nn.BatchNorm2d(outputs)
        self.skip = nn.Identity()
        if stride > 1 or inputs != outputs:
            self.skip = nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride=(1, stride), bias=False),
                                      nn.BatchNorm2d(outputs))

    def forward(self, x, mask):
        y = masked(torch.relu(self.norm1(self.first(x))), mask)
        return masked(torch.relu(self.norm2(self.second(y)) + self.skip(x)), mask)

    def fold(self):
        """Batch norms into their convolutions, as the graph holds them."""
        self.first, self.norm1 = fuse_conv_bn_eval(self.first, self.norm1), nn.Identity()
        self.second, self.norm2 = fuse_conv_bn_eval(self.second, self.norm2), nn.Identity()
        if isinstance(self.skip, nn.Sequential):
            self.skip = fuse_conv_bn_eval(*self.skip)


class EmotionNet(nn.Module):
    """Normalised features [batch, 2, frames, bands] and weights to the five outputs."""

    def __init__(self, labels=6, widths=(16, 32, 64, 96), hidden=192, units=128, dropout=0.2, floor_db=None):
        super().__init__()
        self.config = dict(labels=labels, widths=tuple(widths), hidden=hidden, units=units, dropout=dropout, floor_db=floor_db)
        self.normalise = Normalise(floor_db)
        self.stem = nn.Conv2d(2, widths[0], 5, stride=2, padding=2, bias=False)
        self.stem_norm = nn.BatchNorm2d(widths[0])
        self.blocks = nn.ModuleList(
            [Residual(a, b, stride=2) for a, b in zip(widths[:-1], widths[1:])])
        self.squeeze = nn.Linear(widths[-1] * 5, hidden)
        self.squeeze_norm = nn.LayerNorm(hidden)
        self.gru = nn.GRU(hidden, units, batch_first=True, bidirectional=True)
        self.out_norm = nn.LayerNorm(2 * units)
        self.attention = nn.Linear(2 * units, 1)
        self.head = nn.Linear(2 * units, labels)
        self.drop = nn.Dropout(dropout)
        self.share = 1.0  # how much its logits weigh among the members of an ensemble

    def forward(self, power, power_mask, lengths=None):
        """`lengths` (output frames) is None in training: all items are then equally long."""
        channels, weight = self.normalise(power, power_mask)
        return self.run(channels, weight, lengths)

    def run(self, channels, weight, lengths=None):
        frames = channels.shape[2] // 2
        mask = None if lengths is None else mask_of(lengths, frames)
        x = self.convolve(channels, mask).float()
        x = self.drop(torch.relu(self.squeeze_norm(x)))
        if lengths is None:
            x, _ = self.gru(x)
        else:
            # Packing gives the exported GRU its sequence lengths, so that the
            # reverse direction starts at each item's own last frame.
            # ONNX takes them in any order: only PyTorch needs the sorting, and
            # left out of the graph it saves half of its odd operators.
            exporting = torch.onnx.is_in_onnx_export()
            packed = pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=exporting)
            start = x.new_zeros(2, x.shape[0], self.gru.hidden_size)
            x, _ = pad_packed_sequence(self.gru(packed, start)[0], batch_first=True, total_length=frames)
        x = self.out_norm(x)
        return self.pool(x, weight, mask)

    def stored(self):
        """This network with the weights that the graph will hold, for everything but training: batch norms
        folded, matrices rounded to half precision (1e-3 of a logit, half of the file)."""
        self.eval()
        self.stem, self.stem_norm = fuse_conv_bn_eval(self.stem, self.stem_norm), nn.Identity()
        for block in self.blocks:
            block.fold()
        with torch.no_grad():
            for parameter in self.parameters():
                if parameter.ndim > 1:
                    parameter.copy_(parameter.half().float())
        return self

    def convolve(self, channels, mask):
        """The bulk of the work; training runs it in bfloat16 (see train.py)."""
        x = masked(torch.relu(self.stem_norm(self.stem(channels))), mask)
        for block in self.blocks:
            x = block(x, mask)
        return self.squeeze(x.permute(0, 2, 1, 3).flatten(2))

    def pool(self, x, weight, mask):
        """Speech-weighted frames whose plain mean is the embedding.

        Putting the weight into the frames keeps `logits` exactly the mean of
        `frame_logits`, and gives silence no say in the result.
        """
        # A 40 ms frame takes the mean weight of its two 20 ms spectra.
        weight = weight.reshape(weight.shape[0], -1, 2).mean(2)
        weight = weight * torch.sigmoid(self.attention(x)[:, :, 0])
        count = float(x.shape[1]) if mask is None else mask.sum(1, keepdim=True)
        scale = weight * count / (sum_over(weight, 1, keepdim=True) + 1e-7)
        features = self.drop(x) * scale[:, :, None]
        embedding = sum_over(features, 1) / count
        if mask is None:
            return None, None, embedding, self.head(embedding)
        # The bias belongs to true frames only, so that padding stays zero.
        frame_logits = self.head(features) * mask[:, :, None]
        return features, frame_logits, embedding, sum_over(frame_logits, 1) / count
