"""From graph to well-posed multiple-choice tasks: records, wording, distractors, splits, checks."""
