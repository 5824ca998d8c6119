#!/bin/sh
# Writes small sound files of what is stored, to begin fuzzing with: fuzz/seeds.sh CORPUS, with the
# program's path in NERVERING. Needs Python, which takes the results out of their envelopes.
set -eu
corpus=$(readlink -f "$1")
program=${NERVERING:-nervering}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
mkdir -p "$corpus/model_file" "$corpus/study_file" "$corpus/result_file"
cd "$scratch"

"$program" simulate animals --animals 2 --duration-s 300 --seed 1
fit() {
    name=$1
    shift
    "$program" fit "$@" --on animals --neurons AVAL,RIML --out "$corpus/model_file/seed_$name" --overwrite
}
for model in majority logistic lda; do fit $model $model; done
for model in mlp gnn; do fit $model $model --epochs 1; done
for model in copy ar; do fit $model $model --task forecast; done

study() {
    name=$1
    shift
    "$program" reproduce "$@" --kato animals --preset smoke --threads 1 --out "$name"
    cp "$name/study.toml" "$corpus/study_file/seed_$name"
}
study decoding table1 --models majority,gnn --epochs 1 --neurons AVAL,RIML
study strict table1 --models majority --protocol strict --neurons AVAL,RIML
study forecasting fig4d --models copy,ar,mlp --epochs 1 --neurons AVAL,RIML
python3 - "$corpus/result_file" <<'PYTHON'
import glob
import sys

for study in ["decoding", "forecasting"]:
    for path in sorted(glob.glob(f"{study}/fits/*1-*.json") + glob.glob(f"{study}/fits/*1.json"))[:3]:
        text = open(path).read()
        result = text[text.index('"result":') + len('"result":') : -2]
        name = path.split("/")[-1].removesuffix(".json").replace("-", "_")
        open(f"{sys.argv[1]}/seed_{study}_{name}", "w").write(result)
PYTHON
