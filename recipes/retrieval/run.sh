#!/usr/bin/env bash
# On the models of the distribution study: run recipes/distribution/run.sh first.
set -euo pipefail
cd "$(dirname "$0")/../.."
runs=data/studies/distribution/runs
graphtutor study retrieval --config recipes/retrieval/config.yaml --out data/studies/retrieval \
  --run "$runs/s0" --run "$runs/s1" --run "$runs/s2"
