"""`python -m forethought.engine.host CONFIG` runs the engine host."""

import sys

from forethought.engine.host.host import main

sys.exit(main(sys.argv[1:]))
