"""The main job, phase by phase, over a run directory: data, base, SFT, RSFT, figures, report."""
