"""A question with its best answers as one record, and the attribution that the licence of Stack Exchange demands.

https://stackoverflow.com/help/licensing: CC BY-SA 2.5 until 2011-04-07, 3.0 until 2018-05-01, 4.0 since. Wherever a
text is used, its source, its address and its authors with their addresses are to be named: ``extra["attribution"]``.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from bs4 import MarkupResemblesLocatorWarning
from markdownify import MarkdownConverter

from python_slm_training.collect import licences
from python_slm_training.collect.record import QA, Metadata, Record

if TYPE_CHECKING:
    from collections.abc import Sequence

_VERSIONS = (("2018-05-02", "CC-BY-SA-4.0"), ("2011-04-08", "CC-BY-SA-3.0"), ("", "CC-BY-SA-2.5"))


@dataclass(frozen=True)
class Post:
    """A question or answer. ``body`` is HTML; ``created`` and ``edited`` are ISO 8601; ``licence`` is SPDX."""

    id: int
    score: int
    body: str
    created: str
    edited: str | None
    author: str
    author_url: str | None
    licence: str


@dataclass(frozen=True)
class Question:
    """A question as asked at ``site``, a host. ``accepted`` is the id of the answer that helped whoever asked."""

    post: Post
    site: str
    title: str
    tags: tuple[str, ...]
    views: int
    accepted: int | None

    @property
    def url(self) -> str:
        """Where it was asked."""
        return f"https://{self.site}/questions/{self.post.id}"


@dataclass(frozen=True)
class Selection:
    """Which questions and answers are worth it. A question without an answer of ``answer_score`` is left out.

    ``tags``: any of them. ``accepted_only``: questions with an accepted answer, and that answer comes with them. At
    most ``answers`` come with a question: the accepted one, then those with the highest score.
    """

    tags: tuple[str, ...] = ("python", "python-3.x")
    question_score: int = 3
    answer_score: int = 3
    accepted_only: bool = False
    answers: int = 3

    def digest(self) -> str:
        """Changes with the selection."""
        return hashlib.sha256(json.dumps(asdict(self)).encode()).hexdigest()[:12]

    def best(self, question: Question, answers: Sequence[Post]) -> list[Post]:
        """Answers to keep, best first; none if the question is to be left out."""
        accepted = [post for post in answers if post.id == question.accepted]
        if self.accepted_only and not accepted:
            return []
        others = [post for post in answers if post.id != question.accepted and post.score >= self.answer_score]
        others.sort(key=lambda post: (-post.score, post.id))
        return [*accepted, *others][: self.answers]


def licence_of(created: str, named: str | None) -> str:
    """SPDX of a post: the licence ``named`` with it (``CC BY-SA 4.0``), else that of the day it was written."""
    if named:
        return named.strip().replace("CC BY-SA ", "CC-BY-SA-")
    return next(licence for day, licence in _VERSIONS if created[:10] >= day)


def to_record(question: Question, answers: Sequence[Post], collected_at: str, source: str = "stackoverflow") -> Record:
    """Question and answers as one Markdown text, under the licences of them all."""
    parts = [f"# {question.title}", to_markdown(question.post.body)]
    for post in answers:
        marks = ", accepted" if post.id == question.accepted else ""
        parts += [f"## Answer (score {post.score}{marks})", to_markdown(post.body)]
    posts = [question.post, *answers]
    extra = {
        "url": question.url,
        "title": question.title,
        "author": question.post.author,
        "tags": list(question.tags),
        "score": question.post.score,
        "views": question.views,
        "answer_scores": [post.score for post in answers],
        "accepted": any(post.id == question.accepted for post in answers),
        "attribution": [_attribution(question, post) for post in posts],
    }
    about = Metadata(
        source=source,
        repo=question.site,
        path=f"questions/{question.post.id}",
        revision=max(post.edited or post.created for post in posts),
        licence=licences.joined(post.licence for post in posts),
        collected_at=collected_at,
        modified_at=max(post.edited or post.created for post in posts),
        content=QA,
        extra=extra,
    )
    return Record("\n\n".join(parts) + "\n", f"{question.site}:questions/{question.post.id}", about)


def _attribution(question: Question, post: Post) -> dict[str, Any]:
    is_question = post.id == question.post.id
    return {
        "title": question.title,
        "url": question.url if is_question else f"https://{question.site}/a/{post.id}",
        "author": post.author,
        "author_url": post.author_url,
        "licence": post.licence,
        "source": question.site,
    }


def to_markdown(html: str) -> str:
    """The HTML of a post as Markdown, with fenced code."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", MarkupResemblesLocatorWarning)  # a post may be one address
        text = MarkdownConverter(heading_style="ATX", bullets="-", escape_misc=False).convert(html)
    return str(text).strip()
