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
