#!/usr/bin/env bash
# Start a job that outlives the call: start.sh NAME COMMAND…, as in: start.sh run pretrain --preset 64m-h200 --minutes 22.
# COMMAND is one of 'slm train'; {} in it stands for the folder that stays. The same call again resumes a job that ended.
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
NAME=$1
shift
if [ -e "$STAY/$NAME.pid" ] && kill -0 "$(cat "$STAY/$NAME.pid")" 2>/dev/null; then
    echo "$NAME: runs already"
    exit
fi
setsid nohup "$PYTHON" -m python_slm_training.cli.train "${@//\{\}/$STAY}" --out "$STAY/$NAME" --resume \
    >>"$STAY/$NAME.log" 2>&1 </dev/null &
echo $! >"$STAY/$NAME.pid"
echo "$NAME: started"
since
