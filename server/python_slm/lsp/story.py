"""A trace in plain words: what was asked, what became of every suggestion, and what to do about it.

Works on traces as they are written (``lsp.journal``), also by another version of the server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

Record = Mapping[str, Any]

_ASKED = {"typing": "by typing", "hand": "by hand"}
_WHERE = {"textDocument/completion": " for the menu"}
_ADVICE = {
    "superseded": "You typed on: a newer request took its place. That is as it should be.",
    "cancelled": "The editor took the request back.",
    "deadline": "No answer within the deadline. 'slm bench typing' measures this machine; fewer prompt_tokens or "
    "max_new_tokens make answers faster, a larger completion.deadline_ms gives them time.",
    "failed": "The server failed; its log says how ('slm lsp --log-file FILE').",
}
_STOPS = {"deadline": ", cut off by the deadline", "length": ", cut off by max_new_tokens", "cancelled": ", stopped"}


def story(record: Record, earlier: Sequence[Record] = ()) -> str:
    """Some lines about one request. ``earlier`` ones tell why an answer from the cache has nothing in it."""
    request = record["request"]
    lines = [f"Asked at {place(record)} {_asked(request)}, {_time(record)}."]
    if request.get("outcome") in _ADVICE:
        lines.append(_ADVICE[request["outcome"]])
    elif request.get("outcome") == "quiet":
        lines.append(f"The server kept quiet: {request.get('reason')}.")
    elif request.get("outcome") == "cached":
        lines.append(f"{_shown(request)} within {_ms(request)}, from what the model wrote before.")
        if not request.get("suggestions"):
            lines += _before(record, earlier)
    else:
        lines += _answered(record)
    return "\n".join([*lines, *_figures(record)])


def verdict(record: Record) -> str:
    """The same in a few words, for a table."""
    request, fates = record["request"], _fates(record)
    outcome = request.get("outcome", "?")
    if outcome == "quiet":
        return f"quiet: {request.get('reason')}"
    if outcome not in {"answered", "cached"}:
        return str(outcome)
    if request.get("suggestions"):
        return f"{_shown(request).lower()}{', cached' if outcome == 'cached' else ''}"
    if not record.get("model"):
        return "no model"
    return _fate(fates[0]) if fates else "nothing to say"


def place(record: Record) -> str:
    """``path:line:column``."""
    request = record["request"]
    path = request.get("path") or str(request.get("uri", "")).rpartition("/")[2] or "?"
    return f"{path}:{request.get('line', 0)}:{request.get('column', 0)}"


def clock(record: Record) -> str:
    """Local time of day."""
    try:
        return f"{datetime.fromisoformat(record['at']).astimezone():%H:%M:%S}"
    except (KeyError, TypeError, ValueError):
        return "?"


def milliseconds(record: Record) -> str:
    """From the request's arrival to its answer."""
    return _ms(record["request"])


def _before(record: Record, earlier: Sequence[Record]) -> list[str]:
    """What became of the answer that the cache repeats."""
    asked = [one for one in earlier if _fates(one) and _spot(one) == _spot(record)]
    if not asked:
        return ["A request by hand has the model try again, and tells more."]
    return [f"At {clock(asked[-1])}:", *_answered(asked[-1])]


def _spot(record: Record) -> tuple[object, ...]:
    request = record["request"]
    return record.get("server"), request.get("uri"), request.get("line"), request.get("column")


def _answered(record: Record) -> list[str]:
    request, fates = record["request"], _fates(record)
    if not record.get("model"):
        return ["No model is loaded (yet); 'slm doctor' says why, if it stays so."]
    if not fates:
        return [f"The model had nothing to say, after {_ms(request)}."]
    wrote = f"The model wrote {_count(len(fates), 'suggestion')} in {_ms(request)}"
    if len(fates) == 1:
        return [f"{wrote}; it was {_fate(fates[0])}."]
    numbered = [f"  {number}. {_fate(fate)}." for number, fate in enumerate(fates, 1)]
    return [f"{wrote}; {_shown(request).lower()}:", *numbered]


def _fate(fate: Record) -> str:
    """What became of one suggestion: shown, changed or dropped, by which check and why."""
    rulings = [ruling for ruling in fate.get("rulings", ()) if ruling.get("outcome") != "kept"]
    words = [f"{ruling.get('outcome')} by '{ruling.get('check')}': {_reason(ruling)}" for ruling in rulings]
    if not fate.get("characters"):
        return "; ".join(words) if words else "the same as another one"
    size = f"{_count(fate['characters'], 'character')} of {_count(fate.get('new_tokens', 0), 'token')}"
    return "; ".join([f"shown ({size}{_STOPS.get(str(fate.get('stopped')), '')})", *words])


def _reason(ruling: Record) -> str:
    return str(ruling.get("reason") or "no reason given")


def _figures(record: Record) -> list[str]:
    work = record.get("work") or {}
    if not work.get("prompt_tokens"):
        return []
    reused = work.get("reused_tokens", 0)
    sources = ", ".join(f"{name} {tokens}" for name, tokens in (work.get("context_tokens") or {}).items())
    stages = ", ".join(f"{name} {value:.1f}" for name, value in (work.get("stages_ms") or {}).items())
    lines = [
        f"Prompt: {_count(work['prompt_tokens'], 'token')}, {reused} of them still in memory, by {record['model']}."
    ]
    lines += [f"Context, in tokens: {sources}."] if sources else []
    lines += [f"Milliseconds: {stages}."] if stages else []
    lines += [f"Licence: {record['copied']}."] if record.get("copied") else []
    return lines


def _fates(record: Record) -> list[Record]:
    return list((record.get("work") or {}).get("fates") or ())


def _asked(request: Record) -> str:
    return f"{_ASKED.get(str(request.get('trigger')), 'by the editor')}{_WHERE.get(str(request.get('method')), '')}"


def _time(record: Record) -> str:
    return f"at {clock(record)}"


def _shown(request: Record) -> str:
    number = int(request.get("suggestions") or 0)
    return f"{_count(number, 'suggestion')} {'was' if number == 1 else 'were'} shown" if number else "None was shown"


def _ms(request: Record) -> str:
    return f"{float(request.get('wait_ms') or 0):.0f} ms"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
