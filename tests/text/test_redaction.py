"""Secrets of known shapes are redacted; ordinary code is not."""

import base64
import json
import math
import signal
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forethought.text.redaction import REDACTED, find_secrets, is_secret_path, mask, redact
from support.properties import examples

# Made from pieces, so that no scanner takes this file for a leak.
LOWER = "q7w2e9r4t6y1u8i3o5p0a7s2d9f4g6h1j8k3l5z0x7c2v9b4n6m1"
MIXED = "Q7w2E9r4T6y1U8i3O5p0A7s2D9f4G6h1J8k3L5z0X7c2V9b4N6m1"
HEX = "3f9a1c7e5b2d8064" * 4


def encoded(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


TOKENS = {
    "aws key": "AK" + "IAQ7W2E9R4T6Y1U8I3",
    "github": "gh" + "p_" + MIXED[:36],
    "github app": "gh" + "s_" + MIXED[:36],
    "github fine-grained": "github" + "_pat_" + MIXED[:22] + "_" + MIXED + MIXED[:7],
    "gitlab": "gl" + "pat-" + MIXED[:20],
    "slack": "xo" + "xb-123456789012-1234567890123-" + MIXED[:24],
    "stripe": "sk" + "_live_" + MIXED[:24],
    "openai": "sk" + "-" + MIXED[:48],
    "openai project": "sk" + "-proj-" + MIXED[:20] + "_" + MIXED[:20],
    "anthropic": "sk" + "-ant-api03-" + MIXED + "-" + MIXED[:20] + "AA",
    "google": "AI" + "za" + MIXED[:35],
    "npm": "np" + "m_" + MIXED[:36],
    "pypi": "py" + "pi-AgEIcHlwaS5vcmc" + MIXED + MIXED,
    "hugging face": "h" + "f_" + MIXED[:34],
    "sendgrid": "S" + "G." + MIXED[:22] + "." + MIXED[:43],
    "telegram": "1234567890:" + "AA" + MIXED[:33],
    "vault": "hv" + "s." + MIXED[:24],
    "jwt": f"{encoded({'alg': 'HS256'})}.{encoded({'sub': '1234567890'})}.{MIXED[:43]}",
    "unsigned jwt": f"{encoded({'alg': 'none'})}.{encoded({'sub': '1234567890'})}.",
    "digital ocean": "do" + "p_v1_" + HEX,
}

CARRIERS = {
    "private key": "-----BEGIN RSA PRIVATE KEY-----\n{0}\n{0}\n-----END RSA PRIVATE KEY-----",
    "private key in a literal": 'key = "-----BEGIN PRIVATE KEY-----\\n{0}\\n-----END PRIVATE KEY-----\\n"',
    "private key in pieces": '"-----BEGIN EC PRIVATE KEY-----\\n" +\n  "{0}\\n" +\n  "-----END EC PRIVATE KEY-----"',
    "private key that is cut off": "-----BEGIN OPENSSH PRIVATE KEY-----\n{0}\n{0}",
    "password": 'password = "{0}"',
    "typed password": "DB_PASSWORD: str = '{0}'",
    "dictionary": '{{"api_key": "{0}"}}',
    "escaped json": '"{{\\"client_secret\\": \\"{0}\\"}}"',
    "keyword argument": "connect(host='x', password='{0}', port=1)",
    "rust": 'const API_KEY: &str = "{0}";',
    "go": 'secretKey := "{0}"',
    "define": '#define API_TOKEN "{0}"',
    "php": "'access_token' => '{0}',",
    "default": 'os.environ.get("SECRET_KEY", "{0}")',
    "comparison": 'if token == "{0}":',
    "shell": "export GITHUB_TOKEN={0}\n",
    "url": "postgres://user:{0}@db.example.org/x",
    "url without a user": "redis://:{0}@cache:6379",
    "azure": "DefaultEndpointsProtocol=https;AccountName=x;AccountKey={0}==;EndpointSuffix=y",
    "connection string": '"Server=db;User Id=sa;Password={0};"',
    "bearer": "Authorization: Bearer {0}",
    "curl": "curl -H 'Authorization: bearer {0}' https://example.org",
    "basic": "'Authorization': 'Basic {0}='",
    "aws secret": "aws_secret_access_key = {0}",
}


@pytest.mark.parametrize("kind", TOKENS)
def test_tokens_of_known_shapes_go(kind: str) -> None:
    token = TOKENS[kind]
    for text in (
        token,
        f'x = "{token}"',
        f"# use {token}, please\n",
        f"f({token})",
        f"a{token}\n" if kind != "openai" else token,
    ):
        assert token not in redact(text), text
        assert REDACTED in redact(text)


@pytest.mark.parametrize("kind", CARRIERS)
def test_what_a_secret_is_assigned_to_or_carried_by(kind: str) -> None:
    value = MIXED[:40]
    text = f"before()\n{CARRIERS[kind].format(value)}\nafter()\n"
    assert value not in redact(text)
    assert redact(text).startswith("before()\n")
    assert redact(text).endswith("\nafter()\n")


@pytest.mark.parametrize(
    "text",
    [
        f'SECRET_KEY = "django-insecure-3l$k(8x&{LOWER[:12]}#+)w"',
        f"client = Client('sk-{LOWER[:32]}')",
        "client = Client('sk-" + "a" * 40 + "')",
        f"Authorization: Bearer {LOWER[:20]}",
        "upload('pypi-" + "AgEIcHlwaS5vcmcCJDEyMzQ1Njc4')",
        "aws_secret_access_key = 'wJalrXUtnFEMI/K7MDENG/bPx" + "RfiCYEXAMPLEKEY'",
    ],
)
def test_less_random_ones_go_too(text: str) -> None:
    assert REDACTED in redact(text)


@pytest.mark.parametrize(
    "text", ['password = "hunter2"', "DB_PASSWORD=hunter2\n", 'passwd: "s3cr3t!"', "password='p@ssw0rd'"]
)
def test_short_passwords_go(text: str) -> None:
    assert REDACTED in redact(text)


@pytest.mark.parametrize(
    "text",
    [
        'password = "password"',
        'password = getpass("Password: ")',
        "password = request.form['password']",
        'token = "identifier"',
        "token = tokens[index2]",
        "token = self.next_token2(kind)",
        r'TOKEN = r"\d+[a-z]{2,3}|[A-Za-z_][A-Za-z0-9_]"',
        r'token = "name[a-z0-9]{12,34}"',
        'TOKEN_TYPE = "oauth2.bearer.v1"',
        'secret_name = "projects/p1/secrets/s2/versions/3"',
        'tokenizer = "gpt2-large-2019-v2"',
        'api_key = "${API_KEY_2024_PROD}"',
        'api_key = "<your-api-key-12345>"',
        'API_KEY = os.environ["API_KEY"]',
        'url = "https://user:{password}@example.org"',
        'url = "https://example.org:8080/@scope/x"',
        f'digest = "{HEX}"',
        f'assert sha256(x) == "{HEX}"',
        'commit = "9fceb02d0ae598e95dc970b74767f19372d61af8"',
        "class='sk-toggleable__content sk-estimator-doc-link'",
        "risk-assessment-of-something-very-long-2024",
        "the bearer authentication-scheme is described in RFC 6750",
        "def password(self, token: str, key: int = 1) -> None:",
        "Sk8erBoi, ghp_, AKIA, eyJ, npm_config_registry, hf_hub_download, pypi-publish",
        "UUID('123e4567-e89b-12d3-a456-426614174000')",
    ],
)
def test_ordinary_code_stays(text: str) -> None:
    assert redact(text) == text


def test_line_structure_stays() -> None:
    text = "a\n-----BEGIN PRIVATE KEY-----\nMIIE" + MIXED + "\r\n" + MIXED + "\n-----END PRIVATE KEY-----\nb\n"
    assert redact(text) == f"a\n{REDACTED}\n\r\n\n\nb\n"


def test_only_the_secret_part_goes() -> None:
    assert redact(f'api_key = "{MIXED}"  # kept') == f'api_key = "{REDACTED}"  # kept'
    assert redact(f"https://user:{MIXED}@example.org/x") == f"https://user:{REDACTED}@example.org/x"


def test_found_secrets_are_sorted_and_apart() -> None:
    text = "\n".join([*TOKENS.values(), *(carrier.format(MIXED[:40]) for carrier in CARRIERS.values())])
    found = find_secrets(text)
    assert len(found) >= len(TOKENS)
    assert all(one.end <= two.start for one, two in pairwise(found))
    assert all(secret.start < secret.end and secret.kind for secret in found)


VALUES = st.text("abcdefABCDEF0123456789", min_size=40, max_size=40)
SURROUNDINGS = st.text(st.characters(codec="utf-8"), max_size=60) | st.text(
    "abc \n\"'=:;,.\\-_«»(){}@/eyJpassword", max_size=60
)


TEXTS = st.lists(SURROUNDINGS | st.sampled_from(sorted(TOKENS.values())) | st.sampled_from(sorted(CARRIERS.values())))


@given(SURROUNDINGS, st.sampled_from(sorted(TOKENS)), SURROUNDINGS)
@settings(max_examples=examples(200))
def test_planted_tokens_never_survive(before: str, kind: str, after: str) -> None:
    if kind == "openai":
        before += " "  # after a letter, `sk-` is the end of a word like `task-`
    if kind == "aws key":
        after = " " + after  # more capitals would make it a different token
    assert TOKENS[kind] not in redact(before + TOKENS[kind] + after)


@given(SURROUNDINGS, st.sampled_from(sorted(CARRIERS)), VALUES, SURROUNDINGS)
@settings(max_examples=examples(200))
def test_planted_assignments_never_survive(before: str, kind: str, value: str, after: str) -> None:
    value = "aB1" + value[3:-2] + "9X"
    if len(set(value)) < 13:
        return  # not random enough to tell it from a name
    text = f"{before}\n{CARRIERS[kind].format(value)}\n{after}"
    assert value not in redact(text)


@given(TEXTS.map("".join))
@settings(max_examples=examples(200))
def test_redacting_twice_changes_nothing_and_keeps_the_lines(text: str) -> None:
    once = redact(text)
    assert redact(once) == once == redact(text)
    assert once.count("\n") == text.count("\n")


HARD = [
    "a", "A", " ", "\n", "-", "=", "\\", "'", "eyJ", ".eyJaaaaaaaa", "eyJaaaaaaaa-", "eyJaaaaaaaa.", "://a:", "://",
    "password=", "password: a.", "password = '", "PASSWORD=a", "key=", ";password=", "bearer ", "aws", "aws_secret_key",
    "bearer aaaaaaaaaaaaaaaa ", "sk-", "ghp_a", "-----BEGIN PRIVATE KEY-----", "-----BEGIN PRIVATE KEY-----n", "token:",
    "-----BEGIN A A A A", "-----END PRIVATE KEY-----", "Authorization: Basic ", "secret_", "nrnrnr", "«", "é", "apikey",
    "k_test_", "SG.aaaaaaaaaaaaaaaa.",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there is no clock of processor time")
@pytest.mark.parametrize("piece", HARD)
def test_a_megabyte_is_read_in_linear_time(piece: str) -> None:
    # A pattern that backtracks over everything would take hours for a megabyte; the timeout only stops it.
    def give_up(*_: object) -> None:
        raise AssertionError("it does not end")

    before = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, 60)
    try:
        redact(piece * math.ceil(1_000_000 / len(piece)))
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def test_the_standard_library_is_hardly_touched() -> None:
    files = sorted(Path(json.__file__).parent.parent.glob("*.py"))
    texts = [file.read_text("utf-8") for file in files]
    megabytes = sum(map(len, texts)) / 1e6
    found = [secret for text in texts for secret in find_secrets(text)]
    assert megabytes > 2
    assert len(found) / megabytes < 2, f"{len(found) / megabytes:.1f} a megabyte"


@pytest.mark.parametrize(
    "path",
    [
        ".env", "app/.env.production", "prod.env", ".envrc", "server.pem", "tls/a.key", "id_rsa", "home/.ssh/config",
        "id_ed25519.pub", ".netrc", "_netrc", "credentials", "credentials.json", "aws/credentials", ".aws/config",
        ".npmrc", ".pypirc", ".pgpass", ".git-credentials", ".htpasswd", "kubeconfig", ".kube/config", "ID_RSA", ".ENV",
        "client_secret_123.json", "service-account.json", "secrets.yaml", "store.jks", "cert.p12", "prod.tfvars",
        "terraform.tfstate", "terraform.tfstate.backup", ".docker/config.json",
    ],
)  # fmt: skip
def test_secret_paths(path: str) -> None:
    assert is_secret_path(path)
    assert is_secret_path(f"some/folder/{path}")


@pytest.mark.parametrize(
    "path",
    [
        "environment.py", "env.py", "keys.py", "key.go", "credentials.py", "secrets.py", "src/secret_store.ts",
        "envoy.c", "monkey.js", "README.md", "docker/Dockerfile", ".azure/pipeline.py", "id_generator.py", "tokens.rs",
        "",
    ],
)  # fmt: skip
def test_source_files_about_secrets_are_no_secrets(path: str) -> None:
    assert not is_secret_path(path)


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
def test_masking_moves_nothing(token: str) -> None:
    source = f'é = 1  # {token} \r\nname = "naïve {token}"\n'.encode() + b"\xff\xfe end\n"
    masked = mask(source)
    assert token.encode() not in masked
    assert len(masked) == len(source)
    assert [line.find(b"name") for line in masked.splitlines()] == [line.find(b"name") for line in source.splitlines()]
    assert masked.endswith(b'"\n\xff\xfe end\n')
    assert mask(masked) == masked


def test_a_masked_key_in_comments_is_still_comments() -> None:
    begin, end = (f"-----{word} RSA PRIVATE " + "KEY-----" for word in ("BEGIN", "END"))
    source = f"# {begin}\n# {MIXED}\n# {MIXED}\n# {end}\ndef f(): pass\n".encode()
    masked = mask(source)
    assert MIXED.encode() not in masked
    assert all(line.startswith(b"# ") for line in masked.splitlines()[1:4])
    assert masked.endswith(b"\ndef f(): pass\n")


@given(st.binary(max_size=200))
def test_masking_any_bytes_keeps_their_places(source: bytes) -> None:
    masked = mask(source)
    assert len(masked) == len(source)
    assert masked.count(b"\n") == source.count(b"\n")
