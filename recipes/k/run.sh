#!/usr/bin/env bash
# On the models of the distribution study: run recipes/distribution/run.sh first.
set -euo pipefail
cd "$(dirname "$0")/../.."
runs=data/studies/distribution/runs
graphtutor study k --config recipes/k/config.yaml --out data/studies/k \
  --run "$runs/s0" --run "$runs/s1" --run "$runs/s2"
