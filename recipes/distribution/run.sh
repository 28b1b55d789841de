#!/usr/bin/env bash
# The distribution study on three seeds, then the runs side by side with all their figures.
set -euo pipefail
cd "$(dirname "$0")/../.."
out=data/studies/distribution
graphtutor study distribution --config recipes/distribution/config.yaml --seeds 0,1,2 --out "$out"
graphtutor report "$out"/runs/s0 "$out"/runs/s1 "$out"/runs/s2 --out "$out/comparison"
