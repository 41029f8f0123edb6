"""What is said about Ruby, PHP, Lua and shell functions."""

import pytest

from support.behaviors import behavior, check

RUBY = {
    "modifiers are conditions": (
        "def f(a)\n  return if a.nil?\n  raise ArgumentError, 'no' unless a.ok?\n  stop if a.x\n  go(a)\nend",
        "Returns early when `a.nil?`. Raises `ArgumentError, 'no'` unless `a.ok?`. Otherwise, if `a.x`, calls `stop`. "
        "Returns `go(a)`.",
    ),
    "the last expression is the result": (
        "def f(a)\n  if a\n    @x = 1\n    'yes'\n  else\n    'no'\n  end\nend",
        "If `a`, sets `@x` to `1` and returns `'yes'`; otherwise returns `'no'`.",
    ),
    "initialize has none": ("def initialize(a)\n  @a = a\n  setup(a)\nend", "Sets `@a` to `a` and calls `setup(a)`."),
    "a method with a rescue": (
        "def f\n  go\nrescue KeyError, IOError => e\n  warn e\n  raise\nelse\n  good\nensure\n  close\nend",
        "Calls `go`; on `KeyError, IOError => e`, calls `warn e` and re-raises the error; if nothing was "
        "raised, returns `good`; "
        "in any case, calls `close`.",
    ),
    "retrying": (
        "def f\n  begin\n    go\n  rescue Timeout\n    retry if again?\n    nil\n  end\nend",
        "Returns `go`; on `Timeout`, (retries when `again?`; otherwise returns `nil`).",
    ),
    "return in a block leaves the method, next does not": (
        "def f(items)\n  items.each do |i|\n    next if i.nil?\n    return i if i > 3\n    puts i\n  end\n  nil\nend",
        "Calls `items.each do |i| … end` (block: returns early when `i.nil?`; "
        "otherwise returns `i` from the method when `i > 3`; otherwise calls `puts i`). Returns `nil`.",
    ),
    "case and patterns": (
        "def f(a)\n  case a\n  when 1, 2 then go\n  when String\n    stop\n  else\n    wait\n  end\n  done\nend",
        "Depending on `a`: `1, 2` → calls `go`; `String` → calls `stop`; otherwise → calls `wait`. Returns `done`.",
    ),
    "conditional assignments": (
        "def f\n  @c ||= load\n  h[:a] += 1\n  self.z = 3\n  $g = 4\n  nil\nend",
        "Sets `@c` to `load` if it is falsy, increments `h[:a]`, sets `self.z` to `3` and `$g` to `4`, and "
        "returns `nil`.",
    ),
    "and, or and early returns": (
        "def f(a)\n  x = a or return nil\n  x && x.go\n  done\nend",
        "Returns `nil` unless `x = a`. Otherwise, if `x`, calls `x.go`. Returns `done`.",
    ),
    "loops": (
        "def f\n  while x\n    a\n  end\n  until y\n    b\n  end\n  begin\n    c\n  end while z\n  for i in "
        "list do d(i) end\n  nil\nend",
        "While `x`, calls `a`. Until `y`, calls `b`. Once and then while `z`, calls `c`. For each `i` in "
        "`list`, calls `d(i)`. "
        "Returns `nil`.",
    ),
    "yielding": ("def f(a)\n  yield a\n  yield\nend", "Yields `a` to the block. Yields to the block."),
    "operators that do something": ("def f(a)\n  a << 1\n  a\nend", "Runs `a << 1` and returns `a`."),
}


@pytest.mark.parametrize("name", RUBY)
def test_ruby(name):
    source, expected = RUBY[name]
    check("ruby", source, expected, symbol="initialize" if "initialize" in source else "f")


PHP = {
    "guards": (
        "function f($a) { if (!$a) return; if ($a < 0) { throw new E('x'); } return g($a); }",
        "Does nothing when `!$a`. Throws `new E('x')` when `$a < 0`. Otherwise, returns `g($a)`.",
    ),
    "the alternative syntax": (
        "function f($a, $b) { if (!$a): go(); elseif ($b): stop(); else: wait(); endif; }",
        "If `!$a`, calls `go()`; else if `$b`, calls `stop()`; otherwise calls `wait()`.",
    ),
    "loops and their levels": (
        "function f($a) { foreach ($a as $k => $v) { foreach ($v as $w) { if ($w) continue 2; if ($k) break 2; } } }",
        "For each `$k => $v` in `$a`, for each `$w` in `$v`, moves on to the next iteration of `2` when `$w`; "
        "otherwise breaks out of 2 levels when `$k`.",
    ),
    "cases fall through": (
        "function f($a) { switch ($a) { case 1: case 2: go(); break; case 3: stop(); default: return 1; } }",
        "Depending on `$a`: `1, 2` → calls `go()`; `3` → calls `stop()` and goes on with the next case; "
        "otherwise → returns `1`.",
    ),
    "match as a value": (
        "function f($a) {\n  $x = match(true) {\n    $a > 1, $a === null => go(),\n    default => throw new "
        "E('x'),\n  };\n  return $x;\n}",
        "Depending on which holds first: `$a > 1, $a === null` → gets `$x` from `go()`; otherwise → throws "
        "`new E('x')`. Returns `$x`.",
    ),
    "null operators and or die": (
        "function f($a) { $x = $a ?? throw new E(); foo() or die('x'); $b?->m(); $a && go(); }",
        "Sets `$x` to `$a`, or, if that is null, throws `new E()`. Ends the process with `die('x')` unless `foo()`. "
        "Otherwise, calls `$b?->m()`. If `$a`, calls `go()`.",
    ),
    "writes": (
        "function f(&$r, $o) { global $G; $G = 1; $this->a['x'] = 2; self::$n++; $r = 3; $o->p = 4; "
        "unset($o->q); $local[] = 5; }",
        "Sets `$G` to `1` and `$this->a['x']` to `2`, increments `self::$n`, sets `$r` to `3` and `$o->p` to `4`, "
        "and unsets `$o->q`. Sets `$local[]` to `5`.",
    ),
    "closures of several lines": (
        "function f($a) {\n  return array_map(function ($x) use ($a) {\n    go($a);\n    return $x;\n  }, $a);\n}",
        "Returns `array_map(function ($x) use ($a) {…}, $a)` (function: calls `go($a)` and returns `$x`).",
    ),
    "errors": (
        "function f() { try { go(); } catch (A|B $e) { throw $e; } finally { stop(); } }",
        "Calls `go()`; on `A|B $e`, throws `$e`; in any case, calls `stop()`.",
    ),
    "statements of its own": (
        "function f($p) { echo $p; require 'x.php'; @unlink($p); exit(1); }",
        "Runs `echo $p` and `require 'x.php'`, calls `@unlink($p)`, and ends the process with `exit(1)`.",
    ),
    "generators": ("function f() { yield 1 => 2; yield from g(); }", "Yields `1 => 2`. Yields from `g()`."),
}


@pytest.mark.parametrize("name", PHP)
def test_php(name):
    source, expected = PHP[name]
    check("php", f"<?php\n{source}\n", expected)


LUA = {
    "guards": (
        "function f(a)\n  if not a then return nil, 'no' end\n  return g(a)\nend",
        "Returns `nil, 'no'` when `not a`. Otherwise, returns `g(a)`.",
    ),
    "branches": (
        "function f(a)\n  if a then go() elseif b then stop() else wait() end\nend",
        "If `a`, calls `go()`; else if `b`, calls `stop()`; otherwise calls `wait()`.",
    ),
    "loops": (
        "function f(a)\n  for i = 1, 10, 2 do go(i) end\n  for k, v in pairs(a) do go(k) end\n  while x do "
        "y() end\n  repeat z() until x\nend",
        "For `i = 1, 10, 2`, calls `go(i)`. For each `k, v` in `pairs(a)`, calls `go(k)`. While `x`, calls `y()`. "
        "Once and then until `x`, calls `z()`.",
    ),
    "locals and what is outside": (
        "function f(a)\n  local x, y = 1, g()\n  total = x\n  M.count = y\n  a.b = 2\nend",
        "Sets `x, y` to `1, g()`, `total` to `x`, `M.count` to `y` and `a.b` to `2`.",
    ),
    "errors": (
        "function f(a)\n  if a then error('no', 2) end\n  error()\nend",
        "Raises the error `'no', 2` when `a`. Otherwise, fails with `error()`.",
    ),
    "methods": ("function f(a)\n  a:m(1):n()\n  self.x = a\nend", "Calls `a:m(1):n()` and sets `self.x` to `a`."),
    "functions inside": (
        "function f(a)\n  local function inner(b)\n    return b\n  end\n  return inner\nend",
        "Defines `inner(b)` (which returns `b`). Returns `inner`.",
    ),
    "functions as values": (
        "function f(a)\n  return function(...)\n    go(...)\n    return a\n  end\nend",
        "Returns `function(...) … end` (function: calls `go(...)` and returns `a`).",
    ),
    "and, or": (
        "function f(a)\n  local x = a and b or c\n  return x\nend",
        "Sets `x` to `a and b or c` and returns `x`.",
    ),
    "blocks, labels and jumps": (
        "function f()\n  do go() end\n  goto done\n  stop()\n  ::done::\n  wait()\nend",
        "Calls `go()` and jumps to `done`. Calls `stop()`. At the label `done`, calls `wait()`.",
    ),
}


@pytest.mark.parametrize("name", LUA)
def test_lua(name):
    check("lua", *LUA[name])


BASH = {
    "tests and commands as conditions": (
        'f() {\n  [ -z "$1" ] && return 1\n  [[ -n $2 ]] || { echo no; exit 2; }\n  cd /tmp || return\n  '
        "grep -q x y && go\n}",
        'Returns status `1` when `[ -z "$1" ]`. Otherwise, unless `[[ -n $2 ]]`, runs `echo no` and ends the '
        "shell with `exit 2`. "
        "Returns early unless `cd /tmp` succeeds. Otherwise, if `grep -q x y` succeeds, runs `go`.",
    ),
    "if, elif and else": (
        'f() {\n  if ! grep -q x "$1"; then\n    echo no\n  elif test 1; then\n    :\n  else\n    go\n  fi\n}',
        'If `grep -q x "$1"` fails, runs `echo no`; else if `test 1`, does nothing; otherwise runs `go`.',
    ),
    "loops": (
        'f() {\n  for i in "$@"; do echo "$i"; done\n  for ((i=0;i<3;i++)); do go; done\n  while read -r l; '
        'do echo "$l"; done < "$1"\n'
        "  until go; do sleep 1; done\n}",
        'For each `i` in `"$@"`, runs `echo "$i"`. For `i=0;i<3;i++`, runs `go`. '
        'With the redirection `< "$1"`, while `read -r l` succeeds, runs `echo "$l"`. Until `go` succeeds, '
        "runs `sleep 1`.",
    ),
    "a loop at the end of a pipeline": (
        "f() {\n  cat x | sort | while read y; do echo $y; done\n  cat x | sort\n}",
        "With the output of `cat x | sort` as input, while `read y` succeeds, runs `echo $y`. Runs `cat x | sort`.",
    ),
    "cases": (
        'f() {\n  case "$1" in\n    x|y) go ;;\n    *:) stop ;&\n    *) wait ;;\n  esac\n}',
        'Depending on `"$1"`: `x|y` → runs `go`; `*:` → runs `stop` and goes on with the next case; '
        "otherwise → runs `wait`.",
    ),
    "locals and globals": (
        'f() {\n  local a="$1" b\n  b=2\n  TOTAL=3\n  export P=4\n  arr+=(1)\n  unset Q\n}',
        'Sets `a` to `"$1"`, `b` to `2`, `TOTAL` to `3` and `P` to `4`, updates `arr` (`+= (1)`), and unsets `Q`.',
    ),
    "subshells have exits of their own": (
        "f() {\n  (cd x && make; exit 3)\n  go &\n}",
        "In a subshell, runs `make` when `cd x` succeeds, then ends the subshell with `exit 3`. Starts `go` "
        "in the background.",
    ),
    "redirections": (
        "f() {\n  { go; stop; } > out\n  echo x >> log\n  cat <<EOF > out\nhello\nEOF\n}",
        "With the redirection `> out`, runs `go` and `stop`. Runs `echo x >> log` and `cat <<EOF > out…`.",
    ),
    "arithmetic": ("f() {\n  ((n++))\n  x=$((1+2))\n}", "Runs `((n++))` and sets `x` to `$((1+2))`."),
    "the status": ("f() {\n  go\n  return $?\n}", "Runs `go` and returns status `$?`."),
    "three commands in a row": ("f() {\n  a && b || c\n}", "Unless `a && b` succeeds, runs `c`."),
}


@pytest.mark.parametrize("name", BASH)
def test_bash(name):
    check("bash", *BASH[name])


def test_whose_the_written_names_are():
    shell = {(write.target, write.scope) for write in behavior("bash", "f() { local a; a=1; B=2; }\n").writes}
    assert shell == {("B", "outer")}
    php = behavior("php", "<?php function f(&$r, $o, $v) { $r = 1; $o->p = 2; $v = 3; $_SESSION['x'] = 4; }").writes
    assert {(write.target, write.scope) for write in php} == {
        ("$r", "argument"),
        ("$o->p", "argument"),
        ("$_SESSION['x']", "outer"),
    }


def test_a_function_of_the_file_is_no_way_out():
    check("ruby", "def abort(x)\n  x\nend\ndef f(x)\n  abort(x)\n  nil\nend\n", "Calls `abort(x)` and returns `nil`.")
    check("lua", "local error = require 'my.error'\nfunction f()\n  error('x')\nend\n", "Calls `error('x')`.")
