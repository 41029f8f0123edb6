"""What is said about Python functions."""

from support.behaviors import behavior, check, text_of

LANGUAGE = "python"


def test_early_exits_come_before_what_is_reached_otherwise():
    check(
        LANGUAGE,
        """
        def f(a):
            if not a:
                return
            if a < 0:
                raise ValueError(a)
            return g(a)
        """,
        "Does nothing when `not a`.",
        "Raises `ValueError(a)` when `a < 0`.",
        "Otherwise, returns `g(a)`.",
    )


def test_nothing_is_said_to_be_undone_once_something_was_done():
    check(
        LANGUAGE,
        """
        def f(a):
            log(a)
            if not a:
                return
            g()
        """,
        "Calls `log(a)`.",
        "Returns early when `not a`.",
        "Otherwise, calls `g()`.",
    )


def test_early_exits_with_the_same_result_are_one_sentence():
    check(
        LANGUAGE,
        """
        def f(a, b):
            if a is None:
                return None
            if not b:
                return None
            return a
        """,
        "Returns `None` when `a is None` or when `not b`.",
        "Otherwise, returns `a`.",
    )


def test_a_result_and_what_is_done_about_it_are_one_sentence():
    check(
        LANGUAGE,
        """
        def f(key):
            entry = table.get(key)
            if entry is None:
                raise KeyError(key)
            return entry
        """,
        "Gets `entry` from `table.get(key)`, then raises `KeyError(key)` when `entry is None`.",
        "Otherwise, returns `entry`.",
    )


def test_elif_keeps_its_order_even_where_a_branch_does_nothing():
    check(
        LANGUAGE,
        """
        def f(a, b):
            if a:
                go()
            elif b:
                pass
            else:
                stop()
        """,
        "If `a`, calls `go()`; else if `b`, does nothing; otherwise calls `stop()`.",
    )


def test_short_circuits_and_conditional_expressions_are_conditions():
    check(
        LANGUAGE,
        """
        def f(a):
            a and go()
            a or stop()
            go() if a else stop()
        """,
        "If `a`, calls `go()`.",
        "Unless `a`, calls `stop()`.",
        "If `a`, calls `go()`; otherwise calls `stop()`.",
    )


def test_loops():
    check(
        LANGUAGE,
        """
        def f(items):
            for item in items:
                if not item:
                    continue
                use(item)
            else:
                done()
            while (line := read()):
                put(line)
            while True:
                tick()
        """,
        "For each `item` in `items`, (moves on to the next iteration when `not item`; otherwise calls `use(item)`); "
        "if no `break` ended the loop, calls `done()`.",
        "While `line := read()`, calls `put(line)`.",
        "In an open-ended loop, calls `tick()`.",
    )


def test_errors_that_are_caught_ignored_and_passed_on():
    check(
        LANGUAGE,
        """
        def f():
            try:
                go()
            except KeyError:
                pass
            except (A, B) as error:
                raise Wrapped(error) from error
            except:
                raise
            else:
                good()
            finally:
                close()
        """,
        "Calls `go()`; ignores `KeyError`; on `(A, B) as error`, raises `Wrapped(error) from error`; "
        "on any error, re-raises the error; if nothing was raised, calls `good()`; in any case, calls `close()`.",
    )


def test_with_blocks_and_awaiting():
    check(
        LANGUAGE,
        """
        async def f(path):
            async with lock:
                data = await load(path)
            with open(path) as file, other():
                file.write(data)
            await done()
            return await g()
        """,
        "With `lock`, gets `data` by awaiting `load(path)`.",
        "With `open(path) as file, other()`, calls `file.write(data)`.",
        "Awaits `done()` and returns the awaited `g()`.",
    )


def test_writes_of_every_kind():
    check(
        LANGUAGE,
        """
        def f(self, a, b):
            global COUNT
            self.a = a
            self.b = b
            self.c = self.d = 1
            COUNT += 1
            a.x = 2
            del b[0]
        """,
        "Sets `self.a` and `self.b` to the values of the same names, sets `self.d` to `1` and `self.c` to `1`, "
        "increments `COUNT`, and sets `a.x` to `2`.",
        "Deletes `b[0]`.",
    )
    written = behavior(
        LANGUAGE,
        """
        def f(self, a):
            global COUNT
            local = {}
            self.a = COUNT = 1
            a.x = local.y = CACHE[1] = 2
        """,
    ).writes
    assert {(write.target, write.scope) for write in written} == {
        ("self.a", "attribute"),
        ("COUNT", "outer"),
        ("a.x", "argument"),
        ("local.y", "object"),
        ("CACHE[1]", "outer"),
    }


def test_functions_inside_have_their_own_returns():
    check(
        LANGUAGE,
        """
        def f(function):
            @wraps(function)
            def inner(*args):
                if not args:
                    return None
                return function(*args)
            return inner
        """,
        "Defines `inner(*args)` (which returns `None` when `not args`; otherwise returns `function(*args)`).",
        "Returns `inner`.",
    )


def test_match():
    check(
        LANGUAGE,
        """
        def f(a):
            match a:
                case {"x": 1} if b:
                    go()
                case [] | None:
                    return 2
                case _:
                    stop()
        """,
        'Depending on `a`: `{"x": 1} if b` → calls `go()`; `[] | None` → returns `2`; otherwise → calls `stop()`.',
    )
    check(
        LANGUAGE,
        """
        def f(a):
            match a:
                case 1:
                    return "one"
                case _:
                    return "many"
        """,
        'Returns, depending on `a`: for `1` `"one"`, for anything else `"many"`.',
    )


def test_generators():
    check(
        LANGUAGE,
        """
        def f(a):
            yield a
            yield from rest
            got = yield 2
        """,
        "Yields `a`.",
        "Yields from `rest`.",
        "Sets `got` to `yield 2`.",
    )


def test_long_conditional_values_are_told_arm_by_arm():
    check(
        LANGUAGE,
        """
        def f(response):
            return response.headers["content-type"] if "content-type" in response.headers else "application/json"
        """,
        'Returns `response.headers["content-type"]` when `"content-type" in response.headers`, '
        'otherwise `"application/json"`.',
    )


def test_ends_of_the_process_and_asserts():
    check(
        LANGUAGE,
        """
        def f(a):
            assert a, "no a"
            sys.exit(2)
        """,
        'Asserts `a, "no a"` and ends the process with `sys.exit(2)`.',
    )


def test_an_empty_body_does_nothing():
    check(LANGUAGE, 'def f():\n    """Only a text."""\n', "Does nothing.")


def test_multi_line_code_is_quoted_on_one_line_without_its_comments():
    check(
        LANGUAGE,
        """
        def f(a):
            return go(
                a,  # first
                b=(
                    1,
                ),
                text="two  blanks",
            )
        """,
        'Returns `go(a, b=(1,), text="two  blanks")`.',
    )


def test_a_syntax_error_is_left_out_and_noted():
    found = behavior(LANGUAGE, "def f(a):\n    go()\n    x = = 1\n    return 1\n")
    assert found.at_least
    assert found.text(1000) == "Calls `go()` and returns `1`."


def test_reassigned_names_are_kept_when_the_text_is_short():
    text = text_of(
        LANGUAGE,
        """
        def f(path, name):
            found = look(path)
            if found:
                return found
            path = join(path, name)
            found = look(path)
            if found:
                return found
            return None
        """,
        limit=150,
    )
    assert "path" not in text or "join" in text or "…" in text


def test_a_chained_assignment_calls_once():
    check(
        LANGUAGE,
        """
        def f(self):
            self.root = root = make()
        """,
        "Gets `root` from `make()` and sets `self.root` to `root`.",
    )


def test_what_follows_a_nested_condition_names_the_branch_it_is_in():
    check(
        LANGUAGE,
        """
        def f(self, flag, name):
            if not flag.changed:
                if self.actual_flags_by_name is None:
                    self.actual_flags_by_name = make_ordered_mapping(str, Flag, self.normalize_name)
                self.actual_flags_by_name[name] = flag
                self.ordered_actual_flags = append_to(self.ordered_actual_flags, flag, self.sort_flags)
        """,
        "If `not flag.changed`, if `self.actual_flags_by_name is None`, sets `self.actual_flags_by_name` to"
        " `make_ordered_mapping(str, Flag, self.normalize_name)`.",
        "In that `not flag.changed` branch, sets `self.actual_flags_by_name[name]` to `flag` and"
        " `self.ordered_actual_flags` to `append_to(self.ordered_actual_flags, flag, self.sort_flags)`.",
    )
