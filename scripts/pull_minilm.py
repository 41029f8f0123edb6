"""`python scripts/pull_minilm.py FOLDER`: download the model for search by meaning into a folder, for tests."""

import os
import sys
from pathlib import Path

from forethought.embedding import minilm_file
from forethought.engine.api import CancelToken
from forethought.errors import ForethoughtError

try:
    minilm_file.pull(Path(sys.argv[1]).resolve(), lambda received, size: None, CancelToken(), os.environ)
except ForethoughtError as error:
    sys.exit(str(error))
