"""`python -m forethought.lsp`: the server over stdio."""

import sys

from forethought.lsp.server import serve

if __name__ == "__main__":
    sys.exit(serve())
