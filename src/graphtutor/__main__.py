"""``python -m graphtutor``: the same as the ``graphtutor`` command."""

import sys

from graphtutor.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
