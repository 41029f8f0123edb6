"""Recognizes secret files by name and secrets in a text by shape. Pure, and linear in the length of the text.

Four searches find secrets: shapes of tokens (gitleaks' rules and our own), what carries one (a URL, a command line, a
line of `.netrc`), keys of several lines, and values assigned to a secret's name. The searches are our own: the
maintained library (detect-secrets) scans files line by line, keeps its settings in global state and brings an HTTP
client, and gitleaks is a program in Go, whereas we check single symbols before each prompt.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from forethought.text.secret_assignments import assigned_secrets, encodes_example, is_example, is_password, is_scrambled
from forethought.text.secret_rules import RuleSet, gitleaks_rules
from forethought.text.secret_shapes import OWN_RULES

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
    assigned = (Secret(start, end, "assigned to a secret's name") for start, end in assigned_secrets(text))
    found = [*_tokens(text), *_carried(text), *_private_keys(text), *_web_tokens(text), *assigned]
    return _merge(sorted(found))


def _tokens(text: str) -> Iterator[Secret]:
    for rule, start, end in _rules().matches(text):
        if rule.kind not in _WORDLIKE or _is_no_word(text[start:end]):
            yield Secret(start, end, rule.kind)


@cache
def _rules() -> RuleSet:
    return RuleSet((*OWN_RULES, *gitleaks_rules()))


def _carried(text: str) -> Iterator[Secret]:
    for kind, needles, pattern in _CARRIERS:
        if any(needle in text for needle in needles):
            for match in pattern.finditer(text):
                start, end = match.span("secret")
                if not is_example(text[start:end]) and not (kind in _ENCODED and encodes_example(text[start:end])):
                    yield Secret(start, end, kind)
    if "://" in text:
        for match in _URL_USER.finditer(text):
            if is_scrambled(match["secret"], _MIN_URL_USER):
                yield Secret(*match.span("secret"), "token in a URL")
    if "?" in text or "&" in text:
        for match in _PARAMETER.finditer(text):
            name, value = match["name"].lower(), match["secret"]
            is_secret = is_password(value) if _PASSWORD_PARAMETER.search(name) else is_scrambled(value)
            if is_secret and (len(value) >= 40 or not name.endswith("code")) and _SECRET_PARAMETER.search(name):
                yield Secret(*match.span("secret"), "parameter of a URL")


def _private_keys(text: str) -> Iterator[Secret]:
    if "Private-Lines:" in text:
        for lines in _PUTTY_LINES.finditer(text):
            yield Secret(*lines.span(1), "private key")
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


def _is_mixed(value: str) -> bool:
    """Tell random strings from words: they have digits, and either both cases or hexadecimal digits only."""
    if not any(character.isdigit() for character in value):
        return False
    return (value != value.lower() and value != value.upper()) or _HEX.fullmatch(value) is not None


def _is_no_word(token: str) -> bool:
    parts = _WORD_BREAK.split(token)
    return any(len(part) >= 32 or (len(part) >= 16 and _DIGIT.search(part)) for part in parts) or _is_mixed(token)


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


_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_DIGIT = re.compile(r"[0-9]")
_WORD_BREAK = re.compile(r"[-_.~/]")
_HEX = re.compile(r"[0-9a-f]{32,}|[0-9A-F]{32,}")

_WORDLIKE = frozenset({"model provider's key", "bearer token"})
"""Kinds whose shape hyphenated words can have, too."""


_CARRIERS = [
    (kind, needles, re.compile(pattern))
    for kind, needles, pattern in (
        ("password in a URL", ("://",), r"://[^\s/@:'\"<>]{0,100}:(?P<secret>[^\s/@'\"<>«]{1,2000})@"),
        (
            "password in a connection string",
            (";",),
            r"(?i:;\s?(?:password|pwd)=)(?P<secret>[^;'\"\s{}$<%()«]{1,255})(?=[;'\"]|$)",
        ),
        (
            "basic credentials",
            ("asic", "ASIC"),
            r"(?i:authorization[\"']?\s{0,3}[:=,]\s{0,3}[bfr]?[\"']?basic\s)(?P<secret>[A-Za-z0-9+/]{8,999}={0,2})",
        ),
        (
            "password in .netrc",
            ("login",),
            r"\blogin[ \t\r\n]{1,20}[^\s«]{1,100}[ \t\r\n]{1,20}password[ \t]{1,8}(?P<secret>[^\s«\"'(){}<>,;]{4,255})",
        ),
        (
            "password in .pgpass",
            (":",),
            r"(?m)^[\w.*-]{1,100}:(?:[0-9]{2,5}|\*):(?![0-9]+:)[^:\s]{1,63}:"
            r"(?![0-9]+:)[^:\s]{1,63}:(?P<secret>[^\s«]{4,255})$",
        ),
        (
            "hook",
            ("hooks.zapier.com/", "maker.ifttt.com/"),
            r"(?:hooks\.zapier\.com/hooks/catch/|ifttt\.com/trigger/\w{1,99}/with/key/)(?P<secret>[\w/-]{10,99})",
        ),
        (
            "password in SQL",
            ("IDENTIFIED", "identified"),
            r"(?i:identified\s{1,5}(?:with\s{1,5}\w{1,40}\s{1,5})?by)\s{1,5}[\"'](?P<secret>[^\"'\s«]{4,255})[\"']",
        ),
        (
            "seed phrase",
            ("nemonic", "MNEMONIC", "seed phrase", "seed_phrase", "SEED_PHRASE", "seedPhrase"),
            r"(?i:mnemonic|seed|phrase)[\"']?\s{0,3}[:=]{1,2}\s{0,3}[\"']"
            r"(?P<secret>(?:[a-z]{3,8} ){11,23}[a-z]{3,8})[\"']",
        ),
        (
            "password in a command",
            ("mysql", "maria", "sshpass", "redis-cli", "sqlcmd"),
            r"\b(?:(?:mysql|maria)[\w-]{0,20}\s[^\n«]{0,80}?(?<=\s)-p|sshpass\s{1,3}-p\s{0,3}"
            r"|redis-cli\s[^\n«]{0,80}?(?<=\s)-a\s{1,3}|sqlcmd\s[^\n«]{0,80}?(?<=\s)-P\s{0,3})"
            r"[\"']?(?P<secret>[^\s\"'$<>{}()«]{4,255})",
        ),
        (
            "password in a command",
            ("curl ", "http ", "https "),
            r"\b(?:curl|https?)\s[^\n«]{0,200}?(?<=\s)(?:-u|--user|-a|--auth)[ =]{1,3}[\"']?[^\s:\"'$<>{}«]{1,100}:"
            r"(?P<secret>[^\s\"'`$<>{}()«]{4,255})",
        ),
        (
            "secure string",
            ("SecureString",),
            r"SecureString\s{1,3}(?:-String\s{1,3})?[\"'](?P<secret>[^\"'«]{4,255})[\"']",
        ),
        (
            "password in XML",
            ("</",),
            r"<(?:\w{0,40}(?i:password|passwd|pwd|passphrase|secret|token|apikey))>(?P<secret>[^\s<>{}$«]{4,999})</",
        ),
    )
]
_ENCODED = frozenset({"basic credentials"})
_URL_USER = re.compile(r"://(?P<secret>[^\s/@:'\"<>«]{20,255})@")
_MIN_URL_USER = 20
_PARAMETER = re.compile(r"[?&](?:amp;)?(?P<name>[\w.%-]{1,60}+)=(?P<secret>[^&\s\"'<>`)\]}«#]{4,4000}+)")
_SECRET_PARAMETER = re.compile(r"pass|pwd|pw$|secret|token|key|code$|sig$|signature|credential|auth|pat$|jwt")
_PASSWORD_PARAMETER = re.compile(r"pass(?!port|enger|ive)|pwd|(?:^|_)pw$")

_KEY_MARK = re.compile(r"-----(BEGIN|END) [A-Z0-9 ]{0,40}?PRIVATE KEY(?: BLOCK)?-----")
_KEY_BODY = re.compile(
    r"(?:[\s\"'\\+,.()#*>|nr]{0,40}(?:[A-Za-z0-9+/]{24,}|Proc-Type: [\w,]{1,40}|DEK-Info: [\w,-]{1,99}))*+={0,2}"
)
_WEB_TOKEN_PAYLOAD = re.compile(r"\.eyJ[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?")
_NOT_IN_WEB_TOKEN = re.compile(r"[^A-Za-z0-9_-]")
_PUTTY_LINES = re.compile(r"Private-Lines:[ \t]{0,3}[0-9]{1,3}((?:\\?[rn\s]{1,8}[A-Za-z0-9+/=]{1,80}){1,200}+)")

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
