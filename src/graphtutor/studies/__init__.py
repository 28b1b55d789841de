"""Studies: whole trainings compared, each with a question, controls and a report."""
