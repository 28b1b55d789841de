"""The same tasks for other people's evaluation and training programs.

``graphtutor harness KIND SOURCE OUT`` writes a folder that lm-evaluation-harness, inspect_ai,
reasoning-gym, verifiers or TRL can use as it stands. Writing it needs none of them.
"""
