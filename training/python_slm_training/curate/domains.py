"""What a file is for: one domain, from its path, its imports and its project's name."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from python_slm_training.reserved import normalised

if TYPE_CHECKING:
    from collections.abc import Iterable

TEST, DOCUMENTATION, GENERAL = "test", "documentation", "general"

# Top-level packages (and projects of that name) that say what code is for. Standard modules and a few packages that
# are everywhere count half: most programs open sockets or parse arguments on the way to something else.
_PACKAGES = {
    "web": "django flask fastapi starlette aiohttp tornado werkzeug pyramid sanic bottle falcon cherrypy quart "
    "litestar uvicorn gunicorn jinja2 mako wtforms wagtail cms rest_framework graphene strawberry zope plone scrapy "
    "bs4 selenium playwright httpx urllib3 webob webtest mechanize lektor nikola pelican mkdocs sphinx "
    "oauthlib",
    "data": "pandas polars dask pyarrow fastparquet pyspark airflow luigi prefect dagster dbt kedro great_expectations "
    "petl superset datasets openpyxl xlrd xlsxwriter odo intake vaex modin ibis datatrove ray csvkit agate distributed",
    "science": "scipy sympy astropy networkx seaborn plotly bokeh statsmodels qiskit pennylane cirq "
    "biopython Bio rdkit mdanalysis xarray numba cupy skimage pymc simpy obspy sunpy metpy ase qutip fenics pyvista "
    "holoviews hvplot altair shapely geopandas rasterio cartopy yt openmm nibabel nilearn mne sage mpmath",
    "ml": "torch torchvision tensorflow keras sklearn transformers jax flax diffusers accelerate peft lightning "
    "pytorch_lightning xgboost lightgbm catboost spacy nltk gensim fairseq detectron2 timm optuna mlflow wandb gym "
    "gymnasium onnx onnxruntime theano chainer mxnet paddle tokenizers trl deepspeed openai langchain haystack "
    "allennlp stable_baselines3 scikit_learn pytorch thinc autogluon fastai sentence_transformers",
    "database": "sqlalchemy psycopg2 psycopg pymongo redis MySQLdb pymysql peewee alembic asyncpg tortoise cassandra "
    "elasticsearch motor sqlite_utils dataset pony neo4j couchdb ZODB aiosqlite aiomysql duckdb",
    "devops": "ansible salt boto boto3 botocore docker kubernetes fabric invoke paramiko openstack oslo_config "
    "oslo_utils oslo_log keystoneauth1 novaclient cinderclient libcloud terraform pulumi celery kombu conan spack "
    "buildbot jenkins jenkinsapi moto azure google certbot awscli aws_cli nova cinder neutron keystone glance heat "
    "ironic swift supervisor prometheus_client opentelemetry sentry_sdk community_general",
    "network": "twisted scapy zmq pyzmq grpc websockets netmiko napalm dns dnspython asyncssh pysnmp nornir "
    "ncclient impacket mitmproxy gevent eventlet anyio trio h11 h2 hyper paho pymodbus libtorrent aioquic",
    "gui": "PyQt4 PyQt5 PyQt6 PySide PySide2 PySide6 qtpy gi wx kivy kivymd pygame pyglet toga textual urwid curses "
    "prompt_toolkit Tkinter dearpygui arcade panda3d bpy gtk qutebrowser napari spyder",
    "media": "PIL pillow cv2 imageio moviepy pydub librosa soundfile mido music21 ffmpeg av mutagen reportlab PyPDF2 "
    "pypdf fitz pdfminer docx pptx mopidy beets picard",
    "security": "cryptography Crypto OpenSSL nacl passlib jwt pwn bandit yara volatility angr capstone unicorn "
    "certifi acme josepy authlib itsdangerous",
    "cli": "click typer docopt rich fire cement cliff plumbum questionary",
    "language": "libcst lib2to3 pyparsing ply lark antlr4 parso jedi astroid pylint mypy black flake8 pyflakes "
    "pygments docutils tree_sitter llvmlite cython Cython pycparser rope ruff yapf isort autopep8 "
    "nbformat IPython",
    TEST: "pytest nose nose2 hypothesis mock behave robot tox testtools factory faker responses vcr",
}
_COMMON = {
    "web": "http wsgiref html webbrowser cgi urllib xmlrpc requests",
    "data": "csv",
    "science": "cmath statistics fractions numpy matplotlib",
    "database": "sqlite3 dbm shelve",
    "devops": "",
    "network": "socket socketserver ssl select selectors smtplib ftplib imaplib telnetlib ipaddress asyncore email",
    "gui": "tkinter turtle readline",
    "media": "wave audioop colorsys sndhdr imghdr",
    "security": "hashlib hmac secrets crypt",
    "cli": "argparse optparse getopt cmd getpass colorama tqdm",
    "language": "ast tokenize parser dis symtable code codeop lib2to3 keyword compiler",
    "system": "subprocess multiprocessing threading asyncio signal ctypes mmap fcntl shutil platform resource "
    "concurrent winreg tempfile pty termios distutils setuptools pkg_resources importlib packaging zipfile tarfile",
    TEST: "unittest doctest test",
}
DOMAINS = (*dict.fromkeys((*_PACKAGES, *_COMMON)), DOCUMENTATION, GENERAL)

_TEST_PATH = re.compile(
    r"(?:^|/)(?:tests?|testing|unit_tests?|functional_tests?)/|(?:^|/)(?:test_[^/]*|[^/]*_tests?|conftest)\.py$"
)
_DOCUMENTATION_PATH = re.compile(r"(?:^|/)(?:docs?|documentation)/")
_IMPORT = re.compile(r"^[ \t>.]*(?:import|from)[ \t]+([A-Za-z_]\w*)", re.MULTILINE)


def domain_of(path: str, repo: str, modules: Iterable[str]) -> str:
    """The domain of a Python file that imports ``modules``, one of DOMAINS.

    Tests and documentation by their path; else most imported packages win, a common module counting half; without
    any, the project's name; else ``general``. Of equals the first in DOMAINS wins.
    """
    if _TEST_PATH.search(path):
        return TEST
    if _DOCUMENTATION_PATH.search(path):
        return DOCUMENTATION
    return _strongest({module.split(".", maxsplit=1)[0] for module in modules}, repo) or GENERAL


def domain_of_text(text: str, repo: str, topics: Iterable[str]) -> str:
    """The domain of prose or of a question: by its ``topics`` and by what the code inside imports."""
    return _strongest({*_IMPORT.findall(text), *(topic.replace("-", "_") for topic in topics)}, repo) or DOCUMENTATION


def _strongest(packages: set[str], repo: str) -> str | None:
    votes: Counter[str] = Counter()
    for package in packages:
        for domain, weight in _VOTES.get(package, ()):
            votes[domain] += weight
    if not votes:
        project = normalised(repo).replace("-", "_")
        return next((domain for domain, weight in _VOTES.get(project, ()) if weight > 1), None)
    return max(DOMAINS, key=lambda domain: votes[domain])


def _votes() -> dict[str, tuple[tuple[str, int], ...]]:
    votes: dict[str, list[tuple[str, int]]] = {}
    for weight, table in ((2, _PACKAGES), (1, _COMMON)):
        for domain, names in table.items():
            for name in names.split():
                votes.setdefault(name, []).append((domain, weight))
    return {name: tuple(found) for name, found in votes.items()}


_VOTES = _votes()
