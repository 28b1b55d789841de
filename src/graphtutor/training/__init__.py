"""Loss mask, SFT, rejection sampling, RSFT rounds, pretraining of the embedded model."""
