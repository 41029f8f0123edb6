"""Names in Scala, Swift, Elixir, Haskell, Julia, Zig, OCaml and SQL resolve to what they refer to."""

from support.indexing import check


def test_sql_finds_tables_views_and_functions_in_other_files() -> None:
    schema = (
        "CREATE TABLE shop.orders (id int);\nCREATE FUNCTION total(a int) RETURNS int AS $$ SELECT 1 $$ LANGUAGE sql;"
    )
    check({"a.sql": "CREATE VIEW v AS SELECT ‸total(1) FROM orders;", "b.sql": schema}, "b.sql:total")
    check({"a.sql": "CREATE VIEW v AS SELECT 1 FROM ‸orders o;", "b.sql": schema}, "b.sql:orders")
    check({"a.sql": "CREATE TABLE t (id int REFERENCES ‸orders (id));", "b.sql": schema}, "b.sql:orders")


def test_sql_keeps_what_a_query_names_to_itself() -> None:
    check({"a.sql": "WITH c AS (SELECT 1) SELECT * FROM ‸c;", "b.sql": "CREATE TABLE c (id int);"})


def test_scala_follows_imports_and_packages() -> None:
    client = {"net/Client.scala": "package net\nclass Client { def send() = 1 }"}
    use = "package shop\nimport net.{Client => C}\nclass Cart { def add() = { val c = new C(); c.‸send() } }"
    check({"shop/Cart.scala": use, **client}, "net/Client.scala:Client.send")
    check(
        {"shop/Cart.scala": "package shop\nimport net._\nobject A { def f(c: ‸Client) = 1 }", **client},
        "net/Client.scala:Client",
    )
    check(
        {"s/A.scala": "package s\nobject A { def f() = B.‸g() }", "s/B.scala": "package s\nobject B { def g() = 1 }"},
        "s/B.scala:B.g",
    )
    check(
        {"a/A.java": "class A { void f(Cart c) { c.‸add(); } }", "a/Cart.scala": "class Cart { def add() = 1 }"},
        "a/Cart.scala:Cart.add",
    )


def test_a_scala_companion_adds_to_its_class() -> None:
    cart = "class Cart\nobject Cart { def make() = 1 }\n"
    check({"a.scala": cart + "object M { def f() = Cart.‸make() }"}, "a.scala:Cart.make")
    check({"a.scala": cart + "object M { def f() = new ‸Cart() }"}, "a.scala:Cart")
    check({"a.scala": "class A { def f() = ‸g()\n def g() = 1 }"}, "a.scala:A.g")


def test_swift_finds_members_and_those_of_extensions() -> None:
    cart = {"Cart.swift": "class Cart { func add() {} }", "More.swift": "extension Cart { func clear() {} }"}
    check({"A.swift": "func f() { let c = Cart(); c.‸add() }", **cart}, "Cart.swift:Cart.add")
    check({"A.swift": "func f(c: Cart) { c.‸clear() }", **cart}, "More.swift:Cart.clear")
    check({"A.swift": "class A { func f() { ‸g() }\n func g() {} }"}, "A.swift:A.g")
    check({"A.swift": "class A: Cart { func f() { self.‸add() } }", **cart}, "Cart.swift:Cart.add")


def test_elixir_follows_aliases_and_imports_to_the_file_by_convention() -> None:
    client = {"lib/shop/http_client.ex": "defmodule Shop.HTTPClient do\n def start(a), do: a\nend"}
    use = "defmodule Shop.Cart do\n alias Shop.HTTPClient\n def f(a), do: HTTPClient.‸start(a)\nend"
    check({"lib/shop/cart.ex": use, **client}, "lib/shop/http_client.ex:Shop.HTTPClient.start")
    use = "defmodule A do\n import Shop.HTTPClient\n def f(a), do: ‸start(a)\nend"
    check({"lib/a.ex": use, **client}, "lib/shop/http_client.ex:Shop.HTTPClient.start")


def test_an_elixir_function_is_its_first_clause() -> None:
    check({"a.ex": "defmodule A do\n def f(a), do: ‸g(a)\n defp g(1), do: 2\n defp g(a), do: a\nend"}, "a.ex:A.g")


def test_haskell_follows_imports() -> None:
    other = {"src/Data/B.hs": "module Data.B where\ngo :: Int -> Int\ngo 1 = 2\ngo x = x"}
    check({"src/A.hs": "module A where\nimport Data.B (go)\nf x = ‸go x", **other}, "src/Data/B.hs:go")
    check({"src/A.hs": "module A where\nimport qualified Data.B as B\nf x = B.‸go x", **other}, "src/Data/B.hs:go")
    check({"src/A.hs": "module A where\nimport Data.B\nf x = ‸go x", **other}, "src/Data/B.hs:go")
    check({"src/A.hs": "module A where\nf go = ‸go 1", **other})


def test_julia_finds_what_is_included() -> None:
    check({"a.jl": 'module M\ninclude("b.jl")\nf(x) = ‸go(x)\nend', "b.jl": "go(x) = x\ngo(x::Int) = 1"}, "b.jl:go")
    check({"a.jl": "f(x) = g(‸x)\nx = 1"})


def test_zig_follows_imports() -> None:
    check(
        {"a.zig": 'const b = @import("b.zig");\nfn f() void { b.‸go(); }', "b.zig": "pub fn go() void {}"}, "b.zig:go"
    )
    check({"a.zig": "const C = struct { fn go(self: *C) void {} };\nfn f(c: *C) void { c.‸go(); }"}, "a.zig:C.go")


def test_ocaml_finds_functions_and_members_of_modules() -> None:
    check({"a.ml": "let go x = x\nlet f x = ‸go x"}, "a.ml:go")
    check({"a.ml": "module M = struct let go x = x end\nlet f x = M.‸go x"}, "a.ml:M.go")
    check({"a.ml": "let f x = Client.‸send_all x", "client.ml": "let send_all x = x"}, "client.ml:send_all")
    check({"a.ml": "let f go = ‸go 1", "b.ml": "let go x = x"})
