"""Which class evaluates what is particular to a language; for all others, the common rules of `Inference` suffice."""

from collections.abc import Mapping
from types import MappingProxyType

from forethought.names import modules
from forethought.names.c_values import CValues
from forethought.names.go_values import GoValues
from forethought.names.inference import LanguageValues
from forethought.names.python_values import PythonValues
from forethought.names.rust_values import RustValues
from forethought.names.script_values import ScriptValues

LANGUAGE_VALUES: Mapping[str, type[LanguageValues]] = MappingProxyType(
    {
        "c": CValues,
        "cpp": CValues,
        "go": GoValues,
        "python": PythonValues,
        "rust": RustValues,
        **dict.fromkeys(modules.SCRIPT_LANGUAGES, ScriptValues),
    }
)
