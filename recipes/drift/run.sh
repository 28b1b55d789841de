#!/usr/bin/env bash
# On the models of the distribution study: run recipes/distribution/run.sh first.
set -euo pipefail
cd "$(dirname "$0")/../.."
runs=data/studies/distribution/runs
graphtutor study drift --config recipes/drift/config.yaml --out data/studies/drift \
  --run "$runs/s0" --run "$runs/s1" --run "$runs/s2"
