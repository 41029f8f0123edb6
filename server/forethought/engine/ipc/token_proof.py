"""How a host that listens on a port shows that it is ours: what took the port after a crash does not know the token.

The client sends `NONCE_BYTES` random bytes, and the host their HMAC under the token that is in the port file.
"""

import hmac
from typing import Final

NONCE_BYTES: Final = 32
PROOF_BYTES: Final = 32


def prove(token: str, nonce: bytes) -> bytes:
    """The proof, of `PROOF_BYTES`."""
    return hmac.digest(token.encode(), nonce, "sha256")
