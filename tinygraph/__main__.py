"""The command line: ``python -m tinygraph info m.tiny``, or ``tinygraph info m.tiny``."""

import sys

from tinygraph.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
