#!/bin/sh
# Makes models/starter from the recordings: npm run build && sh training/run.sh DATA_DIR [OUT_DIR]
# DATA_DIR holds manifest.csv and the clips. The cache of spectra (1 GB), the
# checkpoints and the logs go to OUT_DIR, outside the repository.
# MODEL_DIR (default: models/starter) is where model.onnx and manifest.json go.
# ORT_DIR: a folder with node_modules/onnxruntime-node; when set, the graph is
# also checked and measured (see README.md).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
data=$(cd "$1" && pwd)
out=${2:-${TMPDIR:-/tmp}/undertone-training}
model=${MODEL_DIR:-$here/../models/starter}
python=${PYTHON:-/usr/bin/python3}
mkdir -p "$out" "$model"
out=$(cd "$out" && pwd)
model=$(cd "$model" && pwd)
# One thread a process: two processes use two cores better than one does, and
# a single thread always adds in the same order.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
cd "$here"

runs=$out/runs
mkdir -p "$runs"

# A stage that is done is not done again: after a power cut, start the same
# command once more. What a stage gets is fixed by its arguments and seed.
train() {
  name=$1
  shift
  [ -e "$runs/$name.done" ] && return
  "$python" train.py "$out/cache" "$data" --out "$runs" --name "$name" "$@"
  touch "$runs/$name.done"
}

# `--clipped`: what training in noise draws a tenth of its clips from.
"$python" data.py "$data" "$out/cache" --clipped

# First cycle: two networks that differ in seed and strength of augmentation.
train a1 --seed 1 --epochs 14 --lr 2e-3 --strength 1.0 &
other=$!
train b1 --seed 2 --epochs 14 --lr 2e-3 --strength 0.5
wait $other

# Second cycle: a warm restart of each; one also learns from the first cycle's
# opinions, which tell it which acted labels are hard to hear.
"$python" teach.py "$out/cache" "$data" "$runs/a1.pt,$runs/b1.pt" --soft "$runs/soft1.npy"
train a2 --start "$runs/a1.pt" --seed 11 --epochs 12 --lr 1.5e-3 --strength 0.8 --soft "$runs/soft1.npy" --distil 0.4 &
other=$!
train b2 --start "$runs/b1.pt" --seed 12 --epochs 13 --lr 1.5e-3 --strength 0.8
wait $other

# Third cycle: one network more, taught by both of the second cycle.
"$python" teach.py "$out/cache" "$data" "$runs/a2.pt,$runs/b2.pt" --soft "$runs/soft2.npy"
train a3 --start "$runs/a2.pt" --seed 21 --epochs 10 --lr 1.5e-3 --strength 0.8 --soft "$runs/soft2.npy" --distil 0.5

# Fourth cycle: that network in noise, calls and clipped recordings, taught by
# what both hear in the clean clip.
"$python" teach.py "$out/cache" "$data" "$runs/a3.pt,$runs/b2.pt" --soft "$runs/soft3.npy"
train c1 --start "$runs/a3.pt" --seed 42 --epochs 14 --lr 1.5e-3 --strength 0.8 --noise 0.5 --soft "$runs/soft3.npy" --distil 0.5

# What c1 and b2 lack: a floor under the pauses of clean recordings
# (docs/decisions/0172-a-floor-under-clean-recordings.md). Two networks from
# scratch, on the English corpus alone, so that the German one can say how they
# do on a corpus that they never heard; the first stage is left when the floor comes.
train x1 --seed 101 --epochs 30 --stop 17 --lr 2e-3 --strength 1.0 --noise 0.5 --mixup 0.4 --emodb-share 0 &
other=$!
train y1 --seed 102 --epochs 30 --stop 17 --lr 2e-3 --strength 1.8 --noise 0.5 --mixup 0.4 --emodb-share 0
wait $other
train x2 --start "$runs/x1.pt" --seed 111 --epochs 22 --lr 1.5e-3 --strength 1.0 --noise 0.5 --mixup 0.4 --emodb-share 0 --floor 20 &
other=$!
train y2 --start "$runs/y1.pt" --seed 112 --epochs 22 --lr 1.5e-3 --strength 1.5 --noise 0.5 --mixup 0.4 --emodb-share 0 --floor 15
wait $other

# Both corpora, and opinions of all that there is.
"$python" teach.py "$out/cache" "$data" "$runs/c1.pt,$runs/b2.pt" --soft "$runs/soft4.npy"
train x3 --start "$runs/x2.pt" --seed 121 --epochs 40 --lr 1.5e-3 --strength 1.0 --noise 0.5 --mixup 0.4 --floor 15 --soft "$runs/soft4.npy" --distil 0.5 &
other=$!
train y3 --start "$runs/y2.pt" --seed 122 --epochs 40 --lr 1.5e-3 --strength 1.3 --noise 0.5 --mixup 0.4 --floor 15 --soft "$runs/soft4.npy" --distil 0.5
wait $other
"$python" teach.py "$out/cache" "$data" "$runs/c1.pt,$runs/b2.pt,$runs/x3.pt,$runs/y3.pt" --soft "$runs/soft5.npy"
train x4 --start "$runs/x3.pt" --seed 131 --epochs 32 --lr 1.5e-3 --strength 1.2 --noise 0.5 --mixup 0.4 --floor 15 --soft "$runs/soft5.npy" --distil 0.5 &
other=$!
train y4 --start "$runs/y3.pt" --seed 132 --epochs 32 --lr 1.5e-3 --strength 1.2 --noise 0.5 --mixup 0.4 --floor 15 --soft "$runs/soft5.npy" --distil 0.5
wait $other

members=$runs/c1.pt,$runs/b2.pt,$runs/x4.pt@2,$runs/y4.pt@2
# What a step says is kept beside the checkpoints; a pipe would hide that it failed.
said() {
  "$@" > "$out/said.txt"
  cat "$out/said.txt" >> "$out/validation.txt"
  cat "$out/said.txt"
}
: > "$out/validation.txt"
said "$python" unheard.py "$out/cache" "$data" "$runs/x2.pt,$runs/y2.pt"
said "$python" teach.py "$out/cache" "$data" "$members"
said "$python" finish.py "$out/cache" "$data" "$members" --out "$runs/finish.npz" --held-out "$out/held-out.json"
"$python" export.py "$members" "$model" --finish "$runs/finish.npz" --parity "$out/parity"
said node calibrate.mjs "$out/held-out.json" "$model"
"$python" familiarity.py choose "$data" "$out/familiarity"
node embed.mjs "$model" "$out/familiarity/learned.json" "$out/familiarity/learned" &
other=$!
node embed.mjs "$model" "$out/familiarity/held-out.json" "$out/familiarity/held-out"
wait $other
said "$python" familiarity.py write "$model" "$out/familiarity/learned.json" "$out/familiarity/held-out.json"

if [ -n "${ORT_DIR:-}" ]; then
  export ORT_DISABLE_TELEMETRY=1
  node verify.mjs "$model" "$out/parity" "$ORT_DIR"
  node evaluate.mjs "$model" "$data" "$ORT_DIR"
fi
