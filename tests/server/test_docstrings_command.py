"""``slm docstring`` as one calls it."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from python_slm.cli.docstring import docstring

STALE = 'def run(a):\r\n    """Do it.\r\n\r\n    Args:\r\n        b: Gone.\r\n        c: Too.\r\n    """\r\n'


def run(*arguments: str, given: bytes = b"") -> Result:
    return CliRunner().invoke(docstring, arguments, input=given)


def test_check_lists_what_is_wrong_and_fails(tmp_path: Path) -> None:
    file = tmp_path / "app.py"
    file.write_bytes(STALE.encode())
    result = run("--check", "--stale", str(tmp_path))
    want = f"{file}:4:5: missing-parameter [*] run documents parameters, but not a"
    assert (result.exit_code, result.stdout.splitlines()[0]) == (1, want)
    assert file.read_bytes() == STALE.encode()


def test_write_mends_a_file_so_that_check_succeeds(tmp_path: Path) -> None:
    file = tmp_path / "app.py"
    file.write_bytes(b"\xef\xbb\xbf" + STALE.encode())
    assert run("--write", str(file)).exit_code == 0
    written = file.read_bytes().decode("utf-8-sig")
    assert '        a: The a.\r\n    """' in written
    assert "\n" not in written.replace("\r\n", "")
    assert run("--check", str(file)).exit_code == 0


def test_writing_fails_where_something_is_left_to_a_person(tmp_path: Path) -> None:
    file = tmp_path / "app.py"
    file.write_text(
        '"""App."""\n\n\ndef run():\n    """Run.\n\n    Returns:\n        The sum.\n    """\n    print(1)\n'
    )
    assert run("--write", str(file)).exit_code == 1


def test_a_diff_is_shown_and_nothing_written(tmp_path: Path) -> None:
    file = tmp_path / "app.py"
    file.write_text("def run(a):\n    return a\n")
    result = run("--missing", "--style", "sphinx", str(file))
    assert result.exit_code == 1
    assert "+    :param a: The a.\n" in result.stdout
    assert file.read_text() == "def run(a):\n    return a\n"


def test_standard_input_is_mended_onto_standard_output() -> None:
    result = run("--write", "--stale", "-", given=STALE.encode())
    assert result.exit_code == 0
    assert result.stdout_bytes.decode() == STALE.replace(
        "        b: Gone.\r\n        c: Too.\r\n", "        a: The a.\r\n"
    )


@pytest.mark.parametrize("name", ["json", "sarif", "github"])
def test_reports_have_the_forms_of_other_commands(name: str, tmp_path: Path) -> None:
    file = tmp_path / "app.py"
    file.write_bytes(STALE.encode())
    result = run("--output-format", name, "--stale", str(file))
    assert result.exit_code == 1
    assert {"missing-parameter", "extra-parameter"} <= set(re.findall(r"[a-z]+-[a-z]+", result.stdout))
    assert name == "github" or json.loads(result.stdout)


def test_a_comment_silences_a_finding(tmp_path: Path) -> None:
    file = tmp_path / "app.py"
    ignored = STALE.replace('    """\r\n', '    """  # slm: ignore[extra-parameter, missing-parameter]\r\n')
    file.write_bytes(ignored.encode())
    assert run("--check", "--stale", str(file)).exit_code == 0


def test_what_is_not_text_is_left_alone_in_a_folder_and_an_error_by_name(tmp_path: Path) -> None:
    file = tmp_path / "app.py"
    file.write_bytes(b"x = '\xff'\n")
    assert run("--check", str(tmp_path)).exit_code == 0
    assert run("--check", str(file)).exit_code == 2
