#!/usr/bin/env bash
# Expand DevOps and physics, train the embedded model, score base and trained on held-out topics.
# SEEDS="0 1 2" trains one run a seed; each is gone on with where it stopped.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
graphtutor=${GRAPHTUTOR:-.venv/bin/graphtutor}
for seed in ${SEEDS:-0}; do
  data=data/blueprint-data/seed-$seed run=recipe-$seed
  "$graphtutor" blueprint expand devops physics --valid 0.25 --drills 30 --seed "$seed" --out "$data"
  more=()
  [ -e "data/blueprints/$run/config.yaml" ] && more=(--resume)
  "$graphtutor" blueprint train "$data" --run-id "$run" --set seed="$seed" \
    --config recipes/blueprint-nano/config.yaml "${more[@]}"
done
