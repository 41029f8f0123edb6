"""What generic types of the languages' libraries hold, by their names.

The languages share the tables: where one has a type of its own with such a name, it is looked up as well.
"""

UTILITY_TYPES = frozenset({"Omit", "Partial", "Pick", "Readonly", "Required"})
"""TypeScript's types that have members of their first argument."""

TRANSPARENT = frozenset(
    {"Optional", "Union", "Final", "ClassVar", "Required", "NotRequired", "ReadOnly", "InitVar", "Awaitable", "Box"}
    | {"Arc", "Rc", "Promise", "Mutex", "RefCell", "unique_ptr", "shared_ptr", "weak_ptr", "Option"}
    | {"Result", "Ref", "RwLock", "Task", "Pin", "NonNullable"}
    | {"Cow", "RefMut", "MutexGuard", "RwLockReadGuard", "RwLockWriteGuard"}
)
"""What a value of such a type stands for is a value of its type arguments."""

OF_FIRST = UTILITY_TYPES | {"Annotated"}
"""A value of such a type is one of its first argument."""

OF_LAST = frozenset({"Coroutine"})
"""A value of such a type stands for one of its last argument."""

OF_CLASS = frozenset({"Type", "type"})
"""A value of such a type is the class that is its argument."""

CONTAINERS = frozenset(
    {
        "list",
        "List",
        "set",
        "Set",
        "frozenset",
        "FrozenSet",
        "tuple",
        "Tuple",
        "Sequence",
        "MutableSequence",
        "Iterable",
    }
    | {"Iterator", "Collection", "deque", "Deque", "dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "Array"}
    | {"DefaultDict", "OrderedDict", "WeakValueDictionary", "AsyncIterator", "AsyncIterable", "Generator", "vector"}
    | {"Vec", "HashMap", "BTreeMap", "Map", "ArrayList", "IEnumerable", "IList", "map", "unordered_map"}
    | {"ReadonlyArray", "AbstractSet", "MutableSet", "AsyncGenerator", "ChainMap"}
    | {"ContextManager", "AbstractContextManager", "VecDeque", "HashSet", "BTreeSet", "BinaryHeap", "IntoIterator"}
    | {"DoubleEndedIterator", "ExactSizeIterator", "Peekable", "SmallVec", "IndexMap", "IndexSet", "LinkedList"}
)

CONTAINERS_OF_FIRST = frozenset({"Generator", "AsyncGenerator", "tuple", "Tuple"})
"""Of their type arguments, the first is that of the elements; of other containers, the last one."""

MAPPINGS = frozenset(
    {"dict", "Dict", "Mapping", "MutableMapping", "defaultdict", "DefaultDict", "OrderedDict", "WeakValueDictionary"}
    | {"ChainMap", "HashMap", "BTreeMap", "IndexMap", "Map", "map", "unordered_map"}
)

ELEMENT_METHODS = frozenset(
    {"__enter__", "get", "pop", "popleft", "setdefault", "first", "last", "at", "shift", "find", "popitem"}
)
"""Methods of containers that return an element; any other is taken to return a container of the same elements."""
