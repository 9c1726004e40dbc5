"""Everything python-slm raises on purpose. A message says what, where and the way out.

::

    SLMError
    ├── SettingsError        a setting has the wrong name, type or range
    ├── DocumentError        a text cannot be edited or addressed as asked
    ├── TokenizerError       a tokenizer file is missing or not ours
    ├── ModelError           the model cannot be used
    │   ├── ModelMissingError    no manifest, or a file it names is absent
    │   ├── ModelCorruptError    a file's size or sha256 differs from the manifest
    │   └── RegistryError        no such registered model, or the registry cannot do what is asked
    ├── EvaluationError      a benchmark cannot be read or run
    │   └── SandboxError         code from a model cannot be run safely here
    │       └── SandboxMissingError  bubblewrap, or what it needs, is not installed
    ├── CorpusError          a corpus folder, file or record is not what the pipeline writes
    │   └── SourceError          a source of a corpus cannot be reached, or answers what cannot be read
    ├── TrainingError        a training run cannot start, resume or go on
    ├── ExportError          a checkpoint cannot be exported, or its export does not agree with it
    ├── ProvenanceError      an index of a training corpus cannot be read
    ├── RefusedError         a refactoring cannot be done here without changing what the code does
    ├── LinterError          ruff cannot run, or not with the project's configuration
    ├── PromptError          a prompt is empty, or longer than the model can read
    ├── ProtocolError        a language client sent what cannot be read
    └── MissingExtraError    an optional dependency is not installed
"""


class SLMError(Exception):
    """Base of all errors raised on purpose; its text is fit to show to a user."""


class SettingsError(SLMError):
    """A setting has the wrong name, type or range."""


class DocumentError(SLMError):
    """A text cannot be edited or addressed as asked."""


class TokenizerError(SLMError):
    """A tokenizer file is missing or lacks the tokens that the prompt formats need."""


class ModelError(SLMError):
    """The model cannot be used."""


class ModelMissingError(ModelError):
    """No manifest, or a file it names is absent."""


class ModelCorruptError(ModelError):
    """A file's size or sha256 differs from the manifest."""


class RegistryError(ModelError):
    """No such registered model, a name that is taken, or a registry that cannot be read."""


class CorpusError(SLMError):
    """A corpus folder, file or record is not what the pipeline writes."""


class SourceError(CorpusError):
    """A source of a corpus cannot be reached, refuses, or answers what cannot be read."""


class TrainingError(SLMError):
    """A training run cannot start, resume or go on."""


class ExportError(SLMError):
    """A checkpoint cannot be exported, or its export does not agree with it."""


class ProvenanceError(SLMError):
    """An index of a training corpus is missing, damaged or of another version."""


class RefusedError(SLMError):
    """A refactoring cannot be done here without changing what the code does; says why, in none of its words."""


class LinterError(SLMError):
    """Ruff is missing, fails or is late; the message has its own words, which name the configuration at fault."""


class PromptError(SLMError, ValueError):
    """A prompt is empty, or longer than the model can read."""


class ProtocolError(SLMError):
    """A language client sent bytes that are no message, or one above the size limit."""


class MissingExtraError(SLMError):
    """An optional dependency is not installed; the message prints the command that installs it."""


class EvaluationError(SLMError):
    """A benchmark cannot be read or run."""


class SandboxError(EvaluationError):
    """Code from a model cannot be run safely on this machine."""


class SandboxMissingError(SandboxError):
    """Bubblewrap, or what it needs, is not installed; the message prints the command that installs it."""
