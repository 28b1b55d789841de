#!/usr/bin/env bash
# Four trainings a seed, each evaluated on 700 questions.
set -euo pipefail
cd "$(dirname "$0")/../.."
graphtutor study depth --config recipes/depth/config.yaml --seeds 0,1,2 --out data/studies/depth
