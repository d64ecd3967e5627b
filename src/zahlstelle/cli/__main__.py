"""`python -m zahlstelle.cli` is `zahlstelle`."""

import sys

from zahlstelle.cli import main

if __name__ == "__main__":
    sys.exit(main())
