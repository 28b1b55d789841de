"""Registers the tasks of this folder with reasoning-gym: import it, then create_dataset(NAME)."""

from __future__ import annotations

from pathlib import Path

from graphtutor.harness.gym_dataset import register

__all__ = ["NAME"]

NAME = register(Path(__file__).resolve().parent)
