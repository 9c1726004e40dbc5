#!/usr/bin/env bash
# Bring a model home: home.sh NAME [WHICH], WHICH being final (else the newest checkpoint), before-cooldown or adapter.
# Each call puts up to four parts, at most 60 MiB, under $OUT, those that have not gone yet; it says when all have. At
# home, 'slm train unpack' takes the folders of all calls.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
NAME=$1 WHICH=${2:-final}
case $WHICH in
    before-cooldown) MODEL=$STAY/$NAME/checkpoints/before-cooldown ;;
    *) MODEL=$STAY/$NAME/$WHICH ;;
esac
if [ ! -e "$MODEL" ]; then
    MODEL=$(find "$STAY/$NAME/checkpoints" -maxdepth 1 -name 'step-*' ! -name '*.partial' | sort | tail -n 1)
    echo "no $WHICH: the newest checkpoint instead"
fi
PACKED=$STAY/home-$NAME-$(basename "$MODEL")
SENT=$PACKED/sent
[ -e "$PACKED/parts.json" ] || nice "$PYTHON" -m python_slm_training.cli.train pack "$MODEL" --out "$PACKED" --part-mib 15 --workers "$(nproc)"
touch "$SENT"
mkdir -p "${OUT:?}/$WHICH"
cp "$PACKED/parts.json" "$OUT/$WHICH/"
left=$(cd "$PACKED" && ls part-* | grep -vxFf "$SENT" || true)
for part in $(head -n 4 <<<"$left"); do
    cp "$PACKED/$part" "$OUT/$WHICH/" && echo "$part" >>"$SENT"
done
left=$(cd "$PACKED" && ls part-* | grep -vxFf "$SENT" || true)
echo "$WHICH ($MODEL): ${left:+still to come: }${left:-all parts have gone}" | tr '\n' ' '
echo
since
