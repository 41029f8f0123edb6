"""Secrets without a shape that our own tests know: gitleaks' rules, what carries a secret, and how fast it is."""

import importlib.util
import random
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.datasets.secrets import KINDS, planted
from benchmarks.measures.secrets import leaks
from forethought.text.redaction import REDACTED, find_secrets, mask, redact
from forethought.text.secret_assignments import is_example, is_password, is_scrambled
from forethought.text.secret_rules import RULES_FILE, gitleaks_rules
from support.properties import examples

SHIPPED = Path(__file__).parents[2] / "server" / "forethought" / "text" / RULES_FILE
CONVERTER = Path(__file__).parents[2] / "scripts" / "convert_gitleaks_rules.py"
RANDOM = "k7Qp2Zx9Lm4Wv8Nt3Rb6Yc1Hd5Gf0Js2"
HEX = "9f86d081884c7d659a2feaa0c55ad015"
CHOSEN = "Tr0ub4dor&3"


@pytest.fixture(scope="module")
def converter():
    spec = importlib.util.spec_from_file_location("convert_gitleaks_rules", CONVERTER)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_shipped_rules_name_their_source_and_license():
    head = SHIPPED.read_text("utf-8").splitlines()[:3]
    assert "github.com/gitleaks/gitleaks" in head[1]
    assert "commit" in head[1]
    assert "Permission is hereby granted" in SHIPPED.with_name("LICENSE-gitleaks").read_text("utf-8")
    assert len(gitleaks_rules()) > 200
    assert all(rule.keywords and all(word == word.lower() for word in rule.keywords) for rule in gitleaks_rules())


def test_no_shipped_rule_can_take_more_than_linear_time(converter):
    unsafe = {rule.kind: converter.unsafe_repetition(rule.pattern.pattern) for rule in gitleaks_rules()}
    assert not {kind: reason for kind, reason in unsafe.items() if reason}


@pytest.mark.parametrize("regex", ["a+b", "(?:a{1,9}){1,9}", "(a*)*", "(?:ab|c{2,}){3}", "x{3,}"])
def test_repetitions_without_a_bound_or_inside_of_another_are_refused(converter, regex):
    assert converter.unsafe_repetition(regex)


@pytest.mark.parametrize("regex", ["a{1,9}b", "(?:[a-z]{4}-){3}", "(?i:a?b)", "a{2,4000}"])
def test_bounded_repetitions_are_accepted(converter, regex):
    assert converter.unsafe_repetition(regex) is None


def test_conversion_bounds_and_scopes(converter):
    regex = r"""\b(p8e-(?i)[a-z0-9]{32})(?:[\x60'"\s;]|\\[nr]|$)"""
    assert converter.convert(regex) == r"\b(p8e-(?i:[a-z0-9]{32}))(?!\w)"
    assert converter.convert(r"ops_[a-z+]{250,}=*") == r"ops_[a-z+]{250,4000}={0,255}"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_nearly_every_way_of_writing_a_kind_of_secret_is_redacted(kind):
    cases = list(planted(kind, random.Random(11)))
    leaked = [case.text for case in cases if leaks(case)]
    assert len(leaked) <= len(cases) // 8, leaked


@pytest.mark.parametrize(
    "text",
    [
        "DB_PASS=hunter2", 'dbPass = "hunter2"', "smtp_pw: {chosen}", "pw={chosen}",
        "https://x.org/?password=hunter2",
        "https://x.org/?a=b&pwd={chosen}", 'password = "%s{random}"', 'token = "a%s{random}%d"', "# password: {chosen}",

        "The root password is {chosen}.", "our password is: {chosen}", "with password {chosen} for now",
        "machine h login u password hunter2", "machine h\n  login u\n  password hunter2\n",
        "db:5432:shop:app:hunter2\n",
        'conn.setPassword("hunter2");', "CREATE USER x IDENTIFIED BY '{chosen}';", "https://{random}@git.example.org/x",
        "- name: API_KEY\n  value: {random}",
        '<add key="Password" value="{chosen}" />', "<password>{chosen}</password>",
        "mysql -u root -p{random} shop", "curl -u me:{chosen} https://x.org", "sshpass -p '{chosen}' ssh h",
        "FERNET_KEY = '{random}q8Vw2xYz_-0='", "client-key-data: {random}{random}", '"private_key_id": "{hex}00000001"',
        "aws_session_token = " + "{random}" * 20, 'AWS_SESSION_TOKEN="' + "{random}/+" * 30 + '"', "ACME_KEY={random}",
        "wget --http-password=hunter2 https://x.org", "SECRET_KEY_BASE: {hex}{hex}", "X-Auth-Token: {hex}",
    ],
)  # fmt: skip
def test_what_others_miss(text):
    text = text.replace("{random}", RANDOM).replace("{hex}", HEX).replace("{chosen}", CHOSEN)
    shown = redact(text)
    assert REDACTED in shown
    assert not [part for part in (RANDOM, HEX, CHOSEN, "hunter2") if part in shown]
    assert len(mask(text.encode())) == len(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        'password = "password123"', "https://user:password@example.org/",
        "https://user:pass@host:80/", "http://a:b@c/",
        "we pass `shape=None` here", "users may pass ssl=True to it", "pass shell=an InteractiveShell",
        "private_key: ed25519.Ed25519PrivateKey, f_priv: F", "key: PKCS12PrivateKeyTypes | None", "compass = north12",
        "token = validateTokenOfOAuth2()", "password: str2", "password = password2", "self.pw = pw1", "password: u64",
        'def timeit(stmt="pass", setup="pass", timer=default_timer):', "Basic dXNlcm5hbWU6cGFzc3dvcmQ=",
        "if password is None2:", "x = a ? b1 : c2", "IllegalArgumentException UnsupportedOperationException2",
        "keyboard='qwerty-us-2024-layout-x'", "cache_key = 'user-profile-2024'", "10:12:33:44:5555",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_secret_stays(text):
    assert redact(text) == text


def test_examples_passwords_and_random_values_are_told_apart():
    assert is_example("<your-key>")
    assert is_example("${DB_PASSWORD}")
    assert is_example("example_password_1")
    assert not is_example(CHOSEN)
    assert is_password("hunter2")
    assert not is_password("secret")
    assert is_scrambled(RANDOM)
    assert is_scrambled(HEX)
    assert not is_scrambled("getDNSViewOfRoute53Resolver")


PIECES = [
    "pw:", "pat=", "key=", 'key="a', "token=a1", "password is ", "password - ", "?password=", "&a=b1",
    "login a password ",
    "mysql -p ", "curl -u a:", "<password>a</", "mnemonic: 'abandon ", "a:5432:b:c:", "Private-Lines: 1\n",
    "twitter=is ",
    "$ANSIBLE_VAULT;1 a1b2c3 ", "plaid a1b2c3d4e5", "fm2_a1b2c3d4", "EAACa1b2c3d4",
    "ops_eyJa1b2c3d4", "discord a1b2c3d4.",
    "identified by 'a", "://a1b2c3d4e5f6", "= value=", "«", "İa1b2c3d4",
]  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("piece", PIECES)
def test_twice_the_text_takes_about_twice_the_time(piece):
    def seconds(length):
        text = (piece * (length // len(piece) + 1))[:length]
        started = time.process_time()
        find_secrets(text)
        return time.process_time() - started

    seconds(1000)  # warm
    ratios = (seconds(160_000) / max(seconds(20_000), 0.001) for _ in range(5))
    assert any(ratio < 24 for ratio in ratios)  # quadratic would be 64 times, however busy the machine


@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=30), max_size=30).map("".join))
@settings(max_examples=examples(200))
def test_any_text_is_redacted_once_and_for_all(text):
    once = redact(text)
    assert redact(once) == once
    assert once.count("\n") == text.count("\n")
