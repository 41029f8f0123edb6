"""Which files and definitions are used from where."""

import pytest

from forethought.errors import Cancelled
from forethought.facts.usage import find_usage
from forethought.names.file_names import Target
from forethought.names.resolver import Resolver
from support.indexing import index_of

SOURCES = {
    "shop/cart.py": "from .price import total\ndef add(): return total() + total()\n",
    "shop/price.py": "def total(): return unknown()\ndef unused(): ...\n",
    "web/page.py": "from shop import price\ndef show(it): it.total\n",
    "go.mod": "module example.com/m\n",
    "lib/one.go": "package lib\nfunc One() {}\n",
    "lib/two.go": "package lib\nfunc Two() {}\n",
    "main.go": 'package main\nimport "example.com/m/lib"\nfunc main() { lib.One() }\n',
}


def usage():
    index = index_of(SOURCES)
    return find_usage(Resolver(index), sorted(index.paths()))


def test_calls_are_counted_by_what_they_certainly_run():
    calls = usage().calls
    assert calls[Target("shop/price.py", "total")] == 2
    assert calls[Target("shop/price.py", "unused")] == 0


def test_a_file_uses_what_it_imports_or_calls():
    users = usage().users
    assert users["shop/price.py"] == {"shop/cart.py", "web/page.py"}
    assert "shop/cart.py" not in users


def test_a_package_that_is_imported_as_a_whole_is_used_but_not_each_of_its_files():
    found = usage()
    assert found.folder_users == {"shop": {"web/page.py"}, "lib": {"main.go"}}
    assert found.users["lib/one.go"] == {"main.go"}
    assert "lib/two.go" not in found.users


def test_progress_is_reported_and_work_can_be_cancelled():
    index = index_of(SOURCES)
    steps = []
    find_usage(Resolver(index), sorted(index.paths()), lambda done, total, path: steps.append((done, total)))
    assert steps[0] == (0, 6) and steps[-1] == (6, 6)
    with pytest.raises(Cancelled):
        find_usage(Resolver(index), sorted(index.paths()), cancelled=lambda: True)
