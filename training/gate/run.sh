#!/bin/sh
# Makes models/gate from the recordings: sh training/gate/run.sh DATA PACKAGES [OUT]
# DATA holds audio/ and emotion/, each with manifest.csv and clips; PACKAGES the unpacked Debian packages that README.md
# names. Made recordings, the cache of spectra (0.3 GB) and checkpoints go to OUT, outside the repository.
# MODEL_DIR (default: models/gate) is where model.onnx and manifest.json go.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
data=$(cd "$1" && pwd)
packages=$(cd "$2" && pwd)
out=${3:-${TMPDIR:-/tmp}/undertone-gate}
model=${MODEL_DIR:-$here/../../models/gate}
python=${PYTHON:-/usr/bin/python3}
mkdir -p "$out" "$model"
out=$(cd "$out" && pwd)
model=$(cd "$model" && pwd)
# One thread always adds in the same order.
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1
cd "$here"

[ -e "$out/rows.tsv" ] || "$python" prepare.py "$data" "$packages" "$out"
"$python" train.py "$out"
"$python" export.py "$out/gate.pt" "$model"
