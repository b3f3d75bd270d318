"""Which clips decide, and how well a network does on them."""
import numpy as np
import torch

from features import mask_of

# Every tenth train speaker of CREMA-D is never trained on: selection and the
# calibration temperature come from them, the dev split is only reported.
# EMO-DB has six train speakers, too few to give one away.
VALIDATION_EVERY = 10
# Places in what EmotionNet.run answers.
EMBEDDING, LOGITS = 2, 3


def split_of(rows):
    """Indices of (training, validation) clips; neither touches the dev split."""
    speakers = sorted({r["speaker"] for r in rows if r["split"] == "train" and r["corpus"] == "crema-d"})
    apart = set(speakers[8::VALIDATION_EVERY])
    train = [i for i, r in enumerate(rows) if r["split"] == "train" and r["speaker"] not in apart]
    return train, [i for i, r in enumerate(rows) if r["speaker"] in apart]


def recall(predicted, labels):
    """Unweighted average recall."""
    return float(np.mean([(predicted[labels == c] == c).mean() for c in np.unique(labels)]))


@torch.no_grad()
def predict(net, cache, indices, batch=48, output=LOGITS):
    """Logits (or embeddings) of whole clips without augmentation, through the ragged path."""
    net.eval()
    array, offsets = cache[0]
    order = sorted(indices, key=lambda i: offsets[i + 1] - offsets[i])
    out = {}
    for start in range(0, len(order), batch):
        part = order[start:start + batch]
        counts = torch.tensor([int(offsets[i + 1] - offsets[i]) for i in part])
        power = torch.zeros(len(part), int(counts.max()), array.shape[1])
        for row, i in enumerate(part):
            power[row, :counts[row]] = torch.from_numpy(np.exp(array[offsets[i]:offsets[i + 1]].astype(np.float32)))
        mask = mask_of(counts, power.shape[1])
        channels, weight = net.normalise(power, mask)
        values = net.run(channels.contiguous(memory_format=torch.channels_last), weight, counts // 2)[output]
        for i, value in zip(part, values.numpy()):
            out[i] = value
    return np.stack([out[i] for i in indices])
