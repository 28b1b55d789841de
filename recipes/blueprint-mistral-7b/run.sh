#!/usr/bin/env bash
# All five domains, Mistral-7B-Instruct-v0.3, score before and after. Needs a GPU or Apple silicon.
# MODEL=/path takes a local copy of the model; further arguments go to the training:
# recipes/blueprint-mistral-7b/run.sh --set model.precision=4bit
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
graphtutor=${GRAPHTUTOR:-.venv/bin/graphtutor}
data=data/blueprint-data/all run=${RUN_ID:-mistral-7b}
"$graphtutor" blueprint expand all --out "$data"
more=(${MODEL:+--set "model.name=$MODEL"})
[ -e "data/blueprints/$run/config.yaml" ] && more+=(--resume)
"$graphtutor" blueprint train "$data" --run-id "$run" \
  --config recipes/blueprint-mistral-7b/config.yaml "${more[@]}" "$@"
