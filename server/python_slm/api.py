"""The library: one short method per verb."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from python_slm.checks.show import Show, show_of
from python_slm.engine.decode import Decoder
from python_slm.engine.model import Manifest, Model
from python_slm.project.surroundings import NOTHING_KNOWN
from python_slm.project.workspace import Workspace
from python_slm.provenance import PROVENANCE, CorpusIndex
from python_slm.registry import Registry, check_prompts
from python_slm.settings import Settings
from python_slm.tasks.complete import Answer, complete

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from python_slm.text import Document


@dataclass(frozen=True)
class PythonSLM:
    """A loaded model and the settings it works with. Not for use by two threads at once: it has one KV cache."""

    decoder: Decoder
    settings: Settings
    name: str = ""
    """The model's name and version: NAME@VERSION where it is registered."""
    problem: str = ""
    """Why the shipped model runs in place of the one in use, and the way out; empty when all is well."""
    corpus: CorpusIndex | None = None
    """The index of the corpus that the model learnt from, where one lies by it."""
    show: Show | None = None
    """The show filter that lies by the model, if one does."""
    project: Workspace | None = None
    """The project whose files have a say, if there is one."""

    @classmethod
    def load(
        cls, settings: Settings | None = None, workspace: Path | None = None, *, project: Path | None = None
    ) -> Self:
        """Verify and load the model the settings name, by default the one in use for the folder ``workspace``.

        ``project`` is the folder of the project that is completed in; its Python files are read, none is run.
        Raises ModelError, also when the model was trained on another version of the prompts.
        """
        settings = settings or Settings()
        choice = Registry.of_user().choose([workspace] if workspace else [], named=settings.model.path)
        model = Model.load(choice.folder, device=settings.model.device, threads=settings.model.threads)
        check_prompts(model.manifest)
        name = choice.name or f"{model.manifest.name} {model.manifest.version}"
        corpus, show = _corpus_of(model.manifest), show_of(model.manifest)
        files = Workspace(project, model.tokenizer, settings) if project else None
        return cls(Decoder(model), settings, name, choice.problem, corpus, show, files)

    def complete(
        self,
        document: Document,
        offset: int,
        *,
        path: str = "",
        count: int = 1,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Answer:
        """At most ``count`` completions at ``offset`` of ``document``, the likeliest first.

        ``path`` is the file's path in its project, which the model reads.
        """
        return complete(
            document,
            offset,
            decoder=self.decoder,
            settings=self.settings.completion,
            cancelled=cancelled,
            path=path,
            count=count,
            surroundings=self.project.surroundings(document.text, offset, path) if self.project else NOTHING_KNOWN,
            corpus=self.corpus,
            show=self.show,
            sources=self.settings.context,
        )


def _corpus_of(manifest: Manifest) -> CorpusIndex | None:
    """The verified index that a manifest lists, if it does."""
    if PROVENANCE not in manifest.files:
        return None
    manifest.check(PROVENANCE)
    return CorpusIndex.open(manifest.folder / PROVENANCE)
