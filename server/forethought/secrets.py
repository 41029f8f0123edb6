"""Which files are secret by their name, and which parts of a text look like secrets. Pure."""

import re
from pathlib import PurePosixPath


def is_secret_path(path: str) -> bool:
    """Whether a file with this name commonly holds credentials, so that it is never read."""
    lowered = path.lower()
    return _SECRET_NAME.fullmatch(PurePosixPath(lowered).name) is not None or _SECRET_FOLDER.search(lowered) is not None


_SECRET_NAME = re.compile(
    r"""\.env | \.env[._-].* | [^/]*\.env | \.envrc
    | .*\.(pem|key|p12|pfx|p8|jks|keystore|kdbx|ppk|asc|gpg|ovpn|tfstate|tfvars)(\.backup)?
    | id_(rsa|dsa|ecdsa|ed25519|ecdsa_sk|ed25519_sk).*
    | \.?netrc | _netrc | \.npmrc | \.pypirc | \.pgpass | \.my\.cnf | \.htpasswd | \.git-credentials | \.dockercfg
    | \.dockerconfigjson | \.s3cfg | \.boto | \.vault-token | \.databrickscfg | \.yarnrc\.yml
    | credentials | credentials\.(json|toml|ya?ml|ini|csv|xml|properties|txt|db|cfg|conf) | client_secrets?.*\.json | service[-_]?account.*\.json
    | secrets?\.(json|toml|ya?ml|ini|env|properties|txt|cfg|conf) | kubeconfig | .*\.kubeconfig | master\.key""",
    re.VERBOSE | re.DOTALL,
)
_SECRET_FOLDER = re.compile(r"(^|/)(\.aws|\.ssh|\.gnupg|\.kube|\.azure|\.docker|\.config/gcloud)/")
