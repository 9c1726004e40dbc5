#!/usr/bin/env bash
# Keep what a call carried: arrive.sh FOLDER NAME. Parts of 'slm train pack' become $STAY/NAME once all are there; wheels
# are installed beside the project; the project's own code is kept too, so that a running job never sees it change.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
FOLDER=$1 NAME=$2
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
mkdir -p "$STAY/parts/$NAME" "$STAY/site"
if [ ! -e "$STAY/code/complete" ]; then
    rm -rf "$STAY/code" && mkdir -p "$STAY/code"
    cp -r "$ROOT/server" "$ROOT/training" "$STAY/code/" && touch "$STAY/code/complete"
fi
if compgen -G "$FOLDER/*.whl" >/dev/null; then
    "$PYTHON" -m pip install -q --no-index --no-deps --no-compile --no-cache-dir --upgrade --target "$STAY/site" "$FOLDER"/*.whl
fi
if compgen -G "$FOLDER/part*" >/dev/null; then cp "$FOLDER"/part* "$STAY/parts/$NAME/"; fi
if [ -e "$STAY/$NAME" ]; then
    echo "$NAME: here already"
elif [ ! -e "$STAY/parts/$NAME/parts.json" ]; then
    echo "$NAME: no parts.json yet"
else
    missing=$("$PYTHON" - "$STAY/parts/$NAME" <<'PY'
import json, pathlib, sys
folder = pathlib.Path(sys.argv[1])
print(*[part["name"] for part in json.loads((folder / "parts.json").read_text())["parts"] if not (folder / part["name"]).exists()])
PY
    )
    if [ -n "$missing" ]; then echo "$NAME: still to come: $missing"; else
        time train unpack "$STAY/parts/$NAME" --out "$STAY/$NAME" --workers "$(nproc)"
    fi
fi
since
