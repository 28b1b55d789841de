#!/usr/bin/env bash
# Three seeds of the main job with its controls, then their comparison. About 25 minutes on two cores.
set -euo pipefail
cd "$(dirname "$0")/../.."
for seed in 0 1 2; do
  run="main_job_s$seed"
  resume=()
  [ ! -e "data/runs/$run/config.yaml" ] || resume=(--resume)
  graphtutor run --config recipes/main_job/config.yaml --set "seed=$seed" --run-id "$run" "${resume[@]}"
done
graphtutor report main_job_s0 main_job_s1 main_job_s2 --out data/main_job
