"""A profile learned from code: what is adopted, what is written, what the command prints."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from python_slm.cli.style import style
from python_slm.style.evidence import Evidence, lower_bound
from python_slm.style.learn import compared, learned, survey_of
from python_slm.style.profile import load, parsed
from python_slm.style.report import page
from python_slm.style.written import toml

if TYPE_CHECKING:
    from pathlib import Path

    from python_slm.style.learn import Survey

STEADY = '''"""Shapes."""

import json
from pathlib import Path


def is_round_{n}(shape: dict[str, int], path: Path) -> bool:
    """Whether a shape is round."""
    try:
        return json.loads(path.read_text())[f"{{shape}}"] == {n}
    except KeyError as error:
        raise AcmeError("no such shape") from error
'''
ODD = (
    "def empty(a):\n    '''Say so'''\n    try:\n        return '%s' % a == 'b'\n    except E as e:\n        print(e)\n"
)


def survey(steady: int = 30, odd: int = 0) -> Survey:
    files = [(f"acme/shape_{n}.py", STEADY.format(n=n)) for n in range(steady)]
    return survey_of([*files, *((f"acme/odd_{n}.py", ODD) for n in range(odd))])


def evidence(steady: int = 30, odd: int = 0) -> dict[str, Evidence]:
    return {one.name: one for one in survey(steady, odd).evidence()}


@pytest.mark.parametrize(
    ("kept", "total", "bound"),
    [(0, 0, 0.0), (0, 10, 0.0), (10, 10, 0.7225), (143, 151, 0.8992), (50, 100, 0.4038)],
)
def test_lower_bound_is_wilson_s(kept: int, total: int, bound: float) -> None:
    assert lower_bound(kept, total) == pytest.approx(bound, abs=1e-3)


def test_adopts_what_nearly_all_do() -> None:
    found = evidence(60, 3)
    adopted = {name: one.wanted for name, one in found.items() if one.adopted}
    assert adopted["naming.boolean-function"] == r"(?:is)_\w+"
    assert adopted["naming.caught"] == "error"
    assert adopted["docstrings.summary-end"] == "period"
    assert adopted["strings.format"] == "f-string"
    assert adopted["imports.forms.pathlib"] == "from"
    assert adopted["exceptions.raised"] == "own"
    caught = found["naming.caught"]
    assert (caught.kept, caught.total, caught.files) == (60, 63, 63)
    assert caught.others == {"e": 3}
    assert [place.path for place in caught.exceptions] == [f"acme/odd_{n}.py" for n in range(3)]
    assert caught.exceptions[0].line == 5


def test_leaves_open_what_is_rare_mixed_or_one_file_s() -> None:
    assert not any(one.adopted for one in evidence(9).values())
    assert not evidence(30, 15)["naming.caught"].adopted
    text = "\n\n".join(STEADY.format(n=n) for n in range(40))
    alone = {one.name: one for one in survey_of([("acme/all.py", text)]).evidence()}
    assert alone["naming.caught"].lower > 0.9
    assert not alone["naming.caught"].adopted


def test_the_base_of_exceptions_is_the_top_of_their_tree() -> None:
    tree = "class AcmeError(Exception): ...\n" + "".join(f"class E{n}Error(AcmeError): ...\n" for n in range(12))
    found = survey_of([("acme/errors.py", tree), ("acme/odd.py", "class OddError(KeyError): ...\n")])
    (base,) = (one for one in found.evidence() if one.key == "exceptions.base")
    assert (base.wanted, base.kept, base.total, base.adopted) == ("AcmeError", 13, 14, True)
    assert [place.value for place in base.exceptions] == ["OddError"]


def test_an_order_is_learned_as_far_as_neighbours_bear_it_out() -> None:
    special, public, private = "def __init__(self): ...", "def run(self): ...", "def _go(self): ..."

    def classes(*groups: str) -> list[str]:
        return [f"class A:\n    {chr(10).join(groups).replace(chr(10), chr(10) + '    ')}\n"]

    texts = 30 * classes(special, public) + 30 * classes(public, private)
    files = [(f"a{n}.py", text) for n, text in enumerate(texts)]
    (order,) = (one for one in survey_of(files).evidence() if one.key == "classes.order")
    assert (order.wanted, order.kept, order.adopted) == (("special", "public", "private"), 60, True)
    texts = 30 * classes(special, public) + 30 * classes(special, private)
    files = [(f"a{n}.py", text) for n, text in enumerate(texts)]
    (order,) = (one for one in survey_of(files).evidence() if one.key == "classes.order")
    assert len(order.wanted if isinstance(order.wanted, tuple) else ()) == 2, "nothing tells public from private"
    texts = 30 * classes(special, public) + 30 * classes(public, special)
    files = [(f"a{n}.py", text) for n, text in enumerate(texts)]
    assert not any(one.adopted for one in survey_of(files).evidence() if one.key == "classes.order")


def test_what_is_learned_is_what_is_checked() -> None:
    seen = survey(60, 3)
    profile = learned(seen.evidence(), "acme")
    exceptions = sum(one.total - one.kept for one in seen.evidence() if one.adopted)
    breaches = list(seen.breaches(profile))
    assert len(breaches) == exceptions > 0
    assert {one.path for one in breaches} == {f"acme/odd_{n}.py" for n in range(3)}


def test_halves_of_a_steady_code_base_agree() -> None:
    halves = compared(survey(80), seed=1)
    assert halves.agreed == halves.adopted > 5
    assert halves.opposed == halves.findings == 0
    assert halves.findings_per_1000_lines == 0.0


def test_the_written_file_is_the_profile_with_its_evidence() -> None:
    seen = survey(60, 3)
    text = toml(seen.evidence(), "acme", extends="google", files=63, lines=1000)
    profile = parsed(text, "written")
    want = learned(seen.evidence(), "acme", load("google", None))
    assert (profile.name, dict(profile.values)) == (want.name, dict(want.values))
    assert "# caught exceptions: 60 of 63 (95.2 %" in text
    assert "#   else: e 3" in text
    assert "#   acme/odd_0.py:5 e" in text
    assert "# Seen, but not strongly enough" in text


def test_names_in_code_cannot_break_out_of_the_file_or_the_page() -> None:
    one = Evidence("imports.forms", "imports", "from", 40, 40, 30, 'a."b\n]<script>', others={"x\ny<b>": 1})
    strong = Evidence("naming.caught", "<caught>", "e", 40, 40, 30, others={"a\nb = 1": 1})
    profile = parsed(toml([one, strong], 'q"<i>\n', extends="", files=1, lines=1), "written")
    assert profile.values["imports.forms"] == {'a."b\n]<script>': "from"}
    html = page([one, strong], 'q"<i>', files=1, lines=1)
    assert "<script>" not in html
    assert "<i>" not in html
    assert "&lt;caught&gt;" in html


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    (root / "acme").mkdir(parents=True)
    for n in range(40):
        (root / "acme" / f"shape_{n}.py").write_text(STEADY.format(n=n), encoding="utf-8")
    (root / "acme" / "odd.py").write_text(ODD, encoding="utf-8")
    return root


def run(*arguments: object) -> Result:
    return CliRunner().invoke(style, [str(one) for one in arguments])


def test_learn_shows_the_evidence_and_changes_nothing(project: Path) -> None:
    done = run("learn", project)
    assert done.exit_code == 0
    assert 'adopted naming.caught = "error"' in done.stdout
    assert "caught exceptions: 40 of 41 (97.6 %" in done.stdout
    assert "acme/odd.py:5 e" in done.stdout
    assert "from 41 files" in done.stderr
    assert not (project / ".slm-style.toml").exists()


def test_learn_writes_a_profile_that_loads_and_only_over_its_own(project: Path) -> None:
    assert run("learn", project / "acme", project / "acme" / "odd.py", "--write").exit_code == 0
    assert load("", project / "acme") is not None
    assert run("learn", project / "acme", "--write").exit_code == 0
    file = project / "acme" / ".slm-style.toml"
    file.write_text(file.read_text(encoding="utf-8").partition("\n")[2], encoding="utf-8")
    mine = file.read_bytes()
    refused = run("learn", project / "acme", "--write")
    assert refused.exit_code == 2
    assert "--output" in refused.output
    assert file.read_bytes() == mine
    assert run("learn", project, "--write", "--output", project / "other.toml", "--extends", "strict").exit_code == 0
    assert (load("other.toml", project) or parsed("", "")).values["limits.file-lines"] == 400


def test_check_lists_what_the_profile_costs(project: Path) -> None:
    done = run("learn", project, "--check")
    assert done.exit_code == 1
    assert "acme/odd.py:5: handler-name e: names of caught exceptions match error" in done.stdout
    (project / "acme" / "odd.py").unlink()
    assert run("learn", project, "--check").exit_code == 0


def test_json_and_html_hold_the_same(project: Path, tmp_path: Path) -> None:
    done = run("learn", project, "--json", "--check", "--html", tmp_path / "style.html")
    found = json.loads(done.stdout)
    assert done.exit_code == 1
    assert {one["code"] for one in found["findings"]} >= {"handler-name", "string-format"}
    caught = next(one for one in found["evidence"] if one["key"] == "naming.caught")
    assert (caught["kept"], caught["total"], caught["adopted"]) == (40, 41, True)
    html = (tmp_path / "style.html").read_text(encoding="utf-8")
    assert "naming.caught" in html
    assert "<svg" in html
    assert "http" not in html.replace("http-equiv", "")


def test_halves_prints_a_line_a_split(project: Path) -> None:
    done = run("learn", project, "--halves")
    assert done.exit_code == 0
    assert len(done.stdout.splitlines()) == 6


def test_what_git_ignores_and_secrets_are_not_read(project: Path) -> None:
    subprocess.run(["git", "-C", str(project), "init", "-q"], check=True)
    (project / ".gitignore").write_text("odd.py\n", encoding="utf-8")
    (project / "secrets.py").write_text(ODD, encoding="utf-8")
    found = json.loads(run("learn", project, "--json").stdout)
    caught = next(one for one in found["evidence"] if one["key"] == "naming.caught")
    assert caught["total"] == 40


def test_nothing_to_read_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    done = run("learn", tmp_path)
    assert done.exit_code == 2
    assert "no Python files" in done.output
