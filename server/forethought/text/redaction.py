"""Recognizes secret files by name and secrets in a text by shape. Pure, and linear in the length of the text.

The patterns are our own: the maintained library (detect-secrets) scans files line by line, keeps its settings in
global state and brings an HTTP client, whereas we check single symbols before each prompt.
"""

import math
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

REDACTED = "«redacted»"
"""Replaces a secret in a text."""


class Secret(NamedTuple):
    """A secret in a text: character offsets (end exclusive) and what it looks like."""

    start: int
    end: int
    kind: str


def is_secret_path(path: str) -> bool:
    """Tell whether files of this name commonly hold credentials. Such files are never read."""
    lowered = path.lower()
    name = lowered.rpartition("/")[2]
    return _SECRET_NAME.fullmatch(name) is not None or _SECRET_PLACE.search(lowered) is not None


def redact(text: str) -> str:
    """Replace every secret by REDACTED and keep line breaks. Idempotent."""
    while secrets := find_secrets(text):
        parts = []
        at = 0
        for secret in secrets:
            parts += [text[at : secret.start], REDACTED, *_LINE_BREAK.findall(text, secret.start, secret.end)]
            at = secret.end
        text = "".join([*parts, text[at:]])
    return text


def mask(source: bytes) -> bytes:
    """Overwrite every secret with `x`, byte for byte, so that positions in the source stay valid.

    Line breaks are kept, and so is the punctuation around the lines of a key, so that the source parses as before.
    """
    text = source.decode("utf-8", "surrogateescape")
    secrets = find_secrets(text)
    if not secrets:
        return source
    parts = []
    at = 0
    for secret in secrets:
        parts.append(text[at : secret.start].encode("utf-8", "surrogateescape"))
        hidden = text[secret.start : secret.end].encode("utf-8", "surrogateescape")
        parts.append(re.sub(rb"[A-Za-z0-9]" if b"\n" in hidden else rb"[^\r]", b"x", hidden))
        at = secret.end
    return b"".join([*parts, text[at:].encode("utf-8", "surrogateescape")])


def find_secrets(text: str) -> list[Secret]:
    """Return the secrets in a text, sorted and not overlapping."""
    found = [*_tokens(text), *_private_keys(text), *_web_tokens(text), *_assigned(text)]
    return _merge(sorted(found))


def _tokens(text: str) -> Iterator[Secret]:
    for kind, needles, pattern in _TOKENS:
        if any(needle in text for needle in needles):
            for match in pattern.finditer(text):
                start, end = match.span(match.lastgroup or 0)
                if kind not in _WORDLIKE or _is_no_word(text[start:end]):
                    yield Secret(start, end, kind)
    if "://" in text:
        for match in _URL_PASSWORD.finditer(text):
            if not _PLACEHOLDER.match(match[1]):
                yield Secret(*match.span(1), "password in a URL")


def _private_keys(text: str) -> Iterator[Secret]:
    if "PRIVATE KEY" not in text:
        return
    begin: re.Match[str] | None = None
    for mark in _KEY_MARK.finditer(text):
        if mark[1] == "END":
            if begin and mark.start() - begin.end() <= MAX_KEY_LENGTH:
                yield Secret(begin.start(), mark.end(), "private key")
            begin = None
            continue
        begin = mark
        # A prompt may be truncated inside a key, so redact everything that looks like a key's body.
        body = _KEY_BODY.match(text, mark.end())
        if body and body.end() > mark.end():
            yield Secret(mark.start(), body.end(), "private key")


def _web_tokens(text: str) -> Iterator[Secret]:
    if ".eyJ" not in text:
        return
    boundaries = [match.start() for match in _NOT_IN_WEB_TOKEN.finditer(text)]
    at = 0
    while payload := _WEB_TOKEN_PAYLOAD.search(text, at):
        before = bisect_right(boundaries, payload.start() - 1)
        start = text.find("eyJ", boundaries[before - 1] + 1 if before else 0, payload.start())
        at = payload.start() + 1  # this payload may itself be the header of the next token
        if start >= 0:
            yield Secret(start, payload.end(), "web token")
            at = payload.end()


def _assigned(text: str) -> Iterator[Secret]:
    for name in _SECRET_WORD.finditer(_ascii_lower(text)):
        value = _ASSIGNED_VALUE.match(text, name.end())
        if value is None:
            continue
        quoted, bare = value["quoted"], value["bare"]
        if quoted is not None:
            if _may_be_password(quoted) if name[0].startswith("p") else _may_be_key(quoted):
                yield Secret(*value.span("quoted"), "assigned to a secret's name")
        elif _is_random(bare) or (text[name.start() : name.end()].isupper() and _is_shell_value(value)):
            yield Secret(*value.span("bare"), "assigned to a secret's name")


def _ascii_lower(text: str) -> str:
    # str.lower can change the length of non-ASCII letters. It is much faster than a case-insensitive pattern.
    return text.lower() if text.isascii() else _CAPITALS.sub(lambda match: match[0].lower(), text)


def _may_be_password(value: str) -> bool:
    letters = any(character.isalpha() for character in value)
    others = any(character.isdigit() or character in "!@#$%^&*?+=~" for character in value)
    return letters and others and not _PLACEHOLDER.match(value)


def _may_be_key(value: str) -> bool:
    digits = sum(character.isdigit() for character in value)
    letters = any(character.isalpha() for character in value)
    return len(value) >= 12 and digits >= 2 and letters and not _PLACEHOLDER.match(value) and not _NO_KEY.search(value)


def _is_mixed(value: str) -> bool:
    """Tell random strings from words: they have digits, and either both cases or hexadecimal digits only."""
    if not any(character.isdigit() for character in value):
        return False
    return (value != value.lower() and value != value.upper()) or _HEX.fullmatch(value) is not None


def _is_no_word(token: str) -> bool:
    parts = _WORD_BREAK.split(token)
    return any(len(part) >= 32 or (len(part) >= 16 and _DIGIT.search(part)) for part in parts) or _is_mixed(token)


def _is_random(value: str) -> bool:
    """Tell whether an unquoted value is a secret. It could be an expression, so only names no person chooses count."""
    return (
        _PLAIN_VALUE.fullmatch(value) is not None
        and _may_be_key(value)
        and _is_mixed(value)
        and _entropy(value) >= MIN_ENTROPY
    )


def _is_shell_value(value: re.Match[str]) -> bool:
    """Tell whether the value is assigned as in a shell: `DB_PASSWORD=hunter2`."""
    return value["sign"] == "=" and _may_be_password(value["bare"]) and not _NO_KEY.search(value["bare"])


def _entropy(value: str) -> float:
    """Return the Shannon entropy in bits per character."""
    return -sum(n / len(value) * math.log2(n / len(value)) for n in Counter(value).values())


def _merge(secrets: list[Secret]) -> list[Secret]:
    merged: list[Secret] = []
    for secret in secrets:
        if merged and secret.start < merged[-1].end:
            merged[-1] = merged[-1]._replace(end=max(merged[-1].end, secret.end))
        else:
            merged.append(secret)
    return merged


MAX_KEY_LENGTH = 20_000
"""Maximum number of characters between the first and last line of a private key."""

MIN_ENTROPY = 3.6
"""Minimum bits per character of an unquoted secret. Higher values miss short keys; lower ones redact identifiers."""

_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_DIGIT = re.compile(r"[0-9]")
_WORD_BREAK = re.compile(r"[-_.~/]")
_HEX = re.compile(r"[0-9a-f]{32,}|[0-9A-F]{32,}")

# No pattern requires anything after an unbounded part: a failed match is short, and the search is linear.
# The group `secret` marks the secret where the pattern matches more than that.
_TOKENS = [
    (kind, needles, re.compile(pattern))
    for kind, needles, pattern in (
        ("AWS key", ("A",), r"(?:AKIA|ASIA|ABIA|ACCA|AGPA|AIDA|AROA|AIPA|ANPA|ANVA)[A-Z0-9]{16}(?![A-Z0-9])"),
        (
            "AWS secret",
            ("aws", "AWS", "Aws"),
            r"(?i:aws[\w.-]{0,20}(?:secret|key)[\w.-]{0,20}[\"'\]]{0,2}\s{0,3}[:=,]{1,2}\s{0,3}[\"']?)"
            r"(?P<secret>[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+]))",
        ),
        ("GitHub token", ("gh", "github_pat_"), r"gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{40,255}"),
        ("GitLab token", ("gl",), r"gl(?:pat|oas|dt|rt|cbt|ptt|ft|soat|agent|imt|ffct)-[A-Za-z0-9_.-]{20,255}"),
        ("Slack token", ("xox", "xapp"), r"xox[abceoprs]-[A-Za-z0-9-]{10,255}|xapp-[0-9]-[A-Za-z0-9-]{10,255}"),
        ("Slack hook", ("hooks.slack",), r"hooks\.slack\.com/[a-z]{8,9}/(?P<secret>[A-Za-z0-9/_-]{20,255})"),
        ("Stripe key", ("k_live_", "k_test_", "whsec_"),
         r"[rs]k_(?:live|test)_[A-Za-z0-9]{10,255}|whsec_[\w+/=]{24,255}"),
        ("model provider's key", ("sk-",),
         r"sk-(?:(?<![A-Za-z0-9]sk-)|(?=proj-|svcacct-|admin-|ant-|or-))[A-Za-z0-9_-]{20,255}"),
        ("model provider's key", ("gsk_", "xai-", "r8_", "pplx-"), r"(?:gsk_|xai-|r8_|pplx-)[A-Za-z0-9]{35,255}"),
        ("Google key", ("AIza", "ya29.", "GOCSPX-"), r"AIza[\w-]{35}|ya29\.[\w-]{20,999}|GOCSPX-[\w-]{20,99}"),
        ("npm token", ("npm_",), r"npm_[A-Za-z0-9]{36}"),
        ("PyPI token", ("pypi-",), r"pypi-(?:AgE[A-Za-z0-9_-]{16,999}|[A-Za-z0-9_-]{50,999})"),
        ("Hugging Face token", ("hf_", "api_org_"), r"(?:hf_|api_org_)[A-Za-z0-9]{30,99}"),
        ("SendGrid key", ("SG.",), r"SG\.[\w-]{16,32}\.[\w-]{16,99}"),
        ("Twilio key", ("SK",), r"SK(?<![A-Za-z0-9]SK)[0-9a-f]{32}(?![A-Za-z0-9])"),
        ("Telegram token", (":AA",), r"[0-9]{8,10}:AA[\w-]{33}"),
        ("Vault token", ("hvs.", "hvb."), r"hv[sb]\.[\w-]{24,255}"),
        ("age key", ("AGE-SECRET-KEY-",), r"AGE-SECRET-KEY-1[A-Z0-9]{58}"),
        ("Shopify token", ("shp",), r"shp(?:at|ca|pa|ss)_[A-Fa-f0-9]{32}"),
        ("DigitalOcean token", ("_v1_",), r"do[opr]_v1_[a-f0-9]{64}"),
        ("Databricks token", ("dapi",), r"dapi[a-f0-9]{32}"),
        ("Atlassian token", ("ATATT3",), r"ATATT3[\w=-]{50,255}"),
        ("Grafana, Linear, Notion or Figma token", ("glsa_", "lin_api_", "ntn_", "figd_"),
         r"(?:glsa_|lin_api_|ntn_|figd_)[\w-]{30,99}"),
        ("Azure key", ("Key=", "key="), r"[Kk]ey=(?P<secret>[A-Za-z0-9+/]{40,255}={0,2})"),
        ("Azure signature", ("sig=",), r"[?&;]sig=(?P<secret>[A-Za-z0-9%+/]{30,255}={0,2})"),
        (
            "password in a connection string",
            (";",),
            r"(?i:;\s?(?:password|pwd)=)(?P<secret>[^;'\"\s{}$<%()«]{1,255})(?=[;'\"]|$)",
        ),
        ("bearer token", ("earer", "EARER"), r"(?i:bearer)\s{1,3}(?P<secret>[A-Za-z0-9_.~+/-]{16,999}={0,2})"),
        (
            "basic credentials",
            ("asic", "ASIC"),
            r"(?i:authorization[\"']?\s{0,3}[:=,]\s{0,3}[bfr]?[\"']?basic\s)(?P<secret>[A-Za-z0-9+/]{8,999}={0,2})",
        ),
    )
]  # fmt: skip
_WORDLIKE = frozenset({"model provider's key", "bearer token"})
"""Kinds whose shape hyphenated words can have, too."""

_KEY_MARK = re.compile(r"-----(BEGIN|END) [A-Z0-9 ]{0,40}?PRIVATE KEY(?: BLOCK)?-----")
_KEY_BODY = re.compile(
    r"(?:[\s\"'\\+,.()#*>|nr]{0,40}(?:[A-Za-z0-9+/]{24,}|Proc-Type: [\w,]{1,40}|DEK-Info: [\w,-]{1,99}))*+={0,2}"
)
_WEB_TOKEN_PAYLOAD = re.compile(r"\.eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?")
_NOT_IN_WEB_TOKEN = re.compile(r"[^A-Za-z0-9_-]")
_URL_PASSWORD = re.compile(r"://[^\s/@:'\"<>]{0,100}:([^\s/@'\"<>«]{1,200})@")
_CAPITALS = re.compile(r"[A-Z]+")
_KEY_OF = (
    "api",
    "access",
    "auth",
    "private",
    "account",
    "encryption",
    "encrypt",
    "signing",
    "master",
    "license",
    "storage",
)
_SECRET_WORD = re.compile(  # for lowercase text; starts with literal letters, so that most text is skipped quickly
    r"pass(?:word|wd|phrase|code)|pwd|secret|token|credential|connection[_-]?string|key(?:"
    + "|".join(rf"(?<={owner}key)|(?<={owner}[_-]key)" for owner in _KEY_OF)
    + ")"
)
_ASSIGNED_VALUE = re.compile(
    r"""(?i: [_-]? (?: key | value | string | text | default | hash | prod | dev | test | live ) | s | [0-9]{1,3} )?
    \\{0,3} ["'`]? [\])]? (?: \s{0,3} : \s{0,3} [A-Za-z&*][\w.\[\]&*' |]{0,30}+ )?
    (?: (?P<sign> \s{0,8} (?: := | => | ===? | = | : | , ) \s{0,8} ) | [ \t]{1,8} (?=["']) )
    (?: [rbuf@$]{0,2} \\{0,3} ["'`] (?P<quoted> [^"'`\s«]{6,300}+ ) (?=["'`]|\Z)
      | (?P<bare> [^\s"'`;,&|$(){}<>\[\]«]{6,300}+ ) (?=[\s;,&"']|\Z) )""",
    re.VERBOSE,
)
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9+/_-]{16,}={0,2}")
_PLACEHOLDER = re.compile(
    r"(?i)[<{$%\[(*]|x{3}|\.\.\.|your|changeme|placeholder|(?:os|process|env|config|settings|self)\."
)
_NO_KEY = re.compile(  # an address, a path, a template, a call or a regular expression
    r"://|^[./]|\{[\w.]*\}|<[\w./-]+>|%[sd(]|\w\(\)|\\[nrtdwsDWSb]|\(\?|\[[^\]]{0,20}\w-\w"
    r"|\.(?:py|js|ts|json|ya?ml|txt|html|com|org|io|net)\b"
)

_SECRET_NAME = re.compile(
    r"""\.env | \.env[._-].* | .*\.env | \.envrc
    | .*\.(?:pem|key|p12|pfx|p8|pk8|jks|keystore|kdbx?|ppk|ovpn|tfstate|tfvars|agekey)(?:\.(?:bak|backup|old|orig))?
    | (?:.*[._-])?id_(?:rsa|dsa|ecdsa|ed25519|ecdsa_sk|ed25519_sk)(?:[._-].*)?
    | [._]?netrc | \.npmrc | \.pypirc | \.pgpass | pgpass\.conf | \.my\.cnf | \.mylogin\.cnf
    | \.?htpasswd | \.?git-credentials | \.dockercfg | \.dockerconfigjson | \.s3cfg | \.boto | \.vault-token
    | \.databrickscfg | \.terraformrc | \.rclone\.conf
    | \.?credentials | \.?credentials[._-]?.*\.(?:json|toml|ya?ml|ini|csv|xml|properties|txt|db|cfg|conf|enc|bak)
    | client_?secrets?.*\.json | service[-_]?account.*\.json | .*[._-]credentials\.(?:json|ya?ml|ini|csv)
    | \.?secrets?\.(?:json|toml|ya?ml|ini|properties|txt|cfg|conf) | .*[._-]secrets?\.(?:json|toml|ya?ml|ini)
    | \.?kube_?config | .*\.kubeconfig""",
    re.VERBOSE | re.DOTALL,
)
_SECRET_PLACE = re.compile(
    r"""(?:^|/)(?: \.ssh/ | \.gnupg/ | \.password-store/ | \.config/gcloud/ | \.aws/(?:credentials|config)
    | \.kube/(?:config|cache) | \.docker/config\.json | \.azure/(?:accesstokens|azureprofile|msal_) )""",
    re.VERBOSE,
)
