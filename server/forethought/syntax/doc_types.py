"""Types that documentation declares: `@return Jar` in PHP and Lua, `@param {Jar} jar` in JavaScript, `:rtype: Jar`."""

import re

_TYPE = r"(?:\{(?P<braced>[^{}]+)\}|(?P<plain>[\w\\|?$.:]+(?:<[^<>]*>)?(?:\[\])*))"
_RETURN = re.compile(rf"@returns?\s+{_TYPE}")
_SPHINX_TYPE = r"(?P<plain>[\w.]+(?:\[[\w., \[\]]*\])?)(?:\s*(?:\||or)\s*None)?[ \t]*$"
_SPHINX_RETURN = re.compile(rf"^\s*:rtype:\s*{_SPHINX_TYPE}", re.M)
_VARIABLE = re.compile(rf"@(?:var|type)\s+{_TYPE}(?:\s+(?P<name>\$\w+))?")


def documented_return(doc: str) -> str | None:
    """The type that a function's documentation says it returns."""
    match = _RETURN.search(doc) or _SPHINX_RETURN.search(doc)
    return _type_text(match) if match else None


def documented_parameter(doc: str, name: str) -> str | None:
    """The type that a function's documentation gives a parameter: `@param {Jar} jar`, `@param Jar $jar`."""
    quoted = re.escape(name)
    match = re.search(rf"@param\s+{_TYPE}\s+(?:\[\s*)?{quoted}\b", doc) or re.search(
        rf"@param\s+{quoted}\??\s+{_TYPE}", doc
    )
    match = match or re.search(rf"^\s*:type\s+{quoted}:\s*{_SPHINX_TYPE}", doc, re.M)
    return _type_text(match) if match else None


def documented_variable(comment: str) -> tuple[str, str] | None:
    """(type, name, empty if it is that of the declaration below) in a comment that declares a variable's type."""
    match = _VARIABLE.search(comment)
    return (_type_text(match), match["name"] or "") if match else None


def _type_text(match: re.Match[str]) -> str:
    found = match.groupdict()
    return str(found.get("braced") or found["plain"]).strip()
