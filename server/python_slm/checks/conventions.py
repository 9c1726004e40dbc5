"""Names that everybody imports alike: what a missing name most likely means."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


BASES = _words(
    """
    abc argparse ast asyncio base64 binascii bisect codecs collections colorsys configparser contextlib copy csv ctypes
    dataclasses datetime decimal difflib enum errno functools gc getpass glob gzip hashlib heapq hmac html http
    importlib inspect io itertools json locale logging math mimetypes multiprocessing operator os pathlib pickle
    pkgutil platform pprint random re secrets shlex shutil signal socket sqlite3 ssl stat statistics string struct
    subprocess sys sysconfig tempfile textwrap threading time timeit tokenize traceback types typing unicodedata
    unittest urllib uuid warnings weakref zipfile zlib
    """
)
"""Modules of the standard library that are used by their own name, and that do nothing when they are imported."""

PACKAGES = _words(
    """
    aiohttp attr attrs boto3 botocore click dateutil django flask httpx jinja2 jwt lxml mock numpy pandas psutil
    pydantic pytest pytz redis requests scipy simplejson six sklearn sqlalchemy tensorflow torch tqdm ujson yaml
    """
)
"""What is used by its own name where it is installed."""

ALIASES = {
    "jnp": "jax.numpy",
    "mpl": "matplotlib",
    "np": "numpy",
    "nx": "networkx",
    "pd": "pandas",
    "pl": "polars",
    "plt": "matplotlib.pyplot",
    "sa": "sqlalchemy",
    "sns": "seaborn",
    "tf": "tensorflow",
    "xr": "xarray",
}
"""What is used by another name where it is installed."""

_MEMBERS = {
    "abc": "ABC abstractmethod",
    "collections": "Counter OrderedDict defaultdict deque namedtuple",
    "contextlib": "contextmanager suppress",
    "copy": "deepcopy",
    "dataclasses": "dataclass",
    "decimal": "Decimal",
    "enum": "Enum IntEnum",
    "fractions": "Fraction",
    "functools": "cached_property lru_cache partial wraps",
    "io": "BytesIO StringIO",
    "pathlib": "Path PurePath",
    "typing": "TYPE_CHECKING Any Callable ClassVar Generic Iterable Iterator Literal Mapping NamedTuple Optional"
    " Protocol Sequence TypeVar Union",
    "unittest.mock": "MagicMock Mock",
}
NAMES = {name: module for module, names in _MEMBERS.items() for name in names.split()}
"""Names that mean one thing wherever they stand, and the module that they come from."""
