#!/usr/bin/env bash
# Look on for SECONDS, or until the job ends: watch.sh NAME SECONDS. Then its last lines; under $OUT its log and metrics,
# and, of the checkpoint from before the cool-down, up to four parts that have not gone home yet.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
HERE=$(dirname "${BASH_SOURCE[0]}")
NAME=$1 END=$((SECONDS + $2))
job=$(cat "$STAY/$NAME.pid")
while [ $SECONDS -lt $END ] && kill -0 "$job" 2>/dev/null; do sleep 2; done
if kill -0 "$job" 2>/dev/null; then echo "$NAME: runs"; else echo "$NAME: has ended"; fi
tail -n 25 "$STAY/$NAME.log"
! command -v nvidia-smi >/dev/null ||
    nvidia-smi --query-gpu=utilization.gpu,memory.used,clocks.sm,power.draw,temperature.gpu --format=csv,noheader
if [ -n "${OUT:-}" ]; then
    tail -c 4000000 "$STAY/$NAME.log" >"$OUT/$NAME.log"
    [ ! -e "$STAY/$NAME/metrics.jsonl" ] || cp "$STAY/$NAME/metrics.jsonl" "$OUT/$NAME-metrics.jsonl"
fi
[ ! -e "$STAY/$NAME/checkpoints/before-cooldown" ] || bash "$HERE/home.sh" "$NAME" before-cooldown
since
