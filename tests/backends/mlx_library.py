"""mlx for tests, imported as the engine imports it; without it the tests that ask are skipped.

Whoever imports mlx first decides which BLAS it computes with and whether it calls a compiler.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec

import pytest

from graphtutor.backends.mlx import import_mlx

if not find_spec("mlx_lm"):
    pytest.skip("mlx-lm is not installed", allow_module_level=True)
mx = import_mlx()
trees = import_module("mlx.utils")
