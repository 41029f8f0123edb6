"""`python -m forethought.lsp`: the server over stdio."""

import sys

from forethought.lsp.serving import serve

if __name__ == "__main__":
    sys.exit(serve())
