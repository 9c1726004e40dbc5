#!/usr/bin/env bash
# The whole way from code to a model that serves: collect, curate, tokenizer, shards, pretrain, tasks, tune, merge, export,
# evaluate, install, serve. A model of another size differs in one word.
#
#   training/reproduce.sh --size tiny ~/src            minutes on a laptop: proves that every stage works
#   training/reproduce.sh --size cpu ~/src             two hours on a CPU: a model like the one that ships
#   training/reproduce.sh --size 64m ~/mirrors         an hour beside one GPU, after the corpus is made
#
#   --work DIR         where everything lies                                        [runs/reproduce-SIZE]
#   --held-out DIR     a project to measure on, not among the sources; repeatable; without it nothing is gated
#   --licences KIND    permissive, weak-copyleft or any (your own code)             [permissive; tiny: any]
#   --name NAME        the model's name in the registry                             [python-slm-SIZE]
#   --ship-anyway      install the model even if it loses to the shipped one        [tiny: always]
#
# SOURCES are git repositories, folders of them, or folders whose subfolders are projects: three projects at least, since
# train, valid and test never share one. Run the same command again after an interruption, of whatever kind, at whatever
# moment: finished stages are skipped, the others go on where they were. Needs pip install '.[train]'.
set -euo pipefail
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

stop() { printf 'reproduce: %s\n' "$*" >&2; exit 1; }

SIZE='' WORK='' LICENCES='' NAME='' SHIP=() HELD_OUT=() SOURCES=()
while [ $# -gt 0 ]; do
    case $1 in
        --size) SIZE=$2; shift 2 ;;
        --work) WORK=$2; shift 2 ;;
        --held-out) HELD_OUT+=(--replay "$2"); shift 2 ;;
        --licences) LICENCES=$2; shift 2 ;;
        --name) NAME=$2; shift 2 ;;
        --ship-anyway) SHIP=(--ship-anyway); shift ;;
        -h | --help) sed -n '2,19s/^# \{0,1\}//p' "$0"; exit 0 ;;
        -*) stop "$1: no such option; see --help" ;;
        *) SOURCES+=("$1"); shift ;;
    esac
done

case $SIZE in
    tiny) VOCAB=1024 SAMPLE_MB=8 PRETRAIN=(--preset tiny) TASKS=(--limit 40 --files-per-project 8)
          TUNE=(--steps 4 --batch 4 --threads 1)
          EVAL=quick SHIP=(--ship-anyway) LICENCES=${LICENCES:-any} ;;
    cpu) VOCAB=8192 SAMPLE_MB=100 PRETRAIN=(--preset cpu --minutes 60) TASKS=(--limit 5000) TUNE=(--minutes 15)
         EVAL=quick ;;
    64m) VOCAB=16384 SAMPLE_MB=150 PRETRAIN=(--preset 64m --minutes 25) TASKS=(--limit 20000) TUNE=(--minutes 15)
         EVAL=standard ;;
    *) stop "--size is tiny, cpu or 64m" ;;
esac
[ ${#SOURCES[@]} -gt 0 ] || stop "no sources: name git repositories or folders of code"
command -v slm >/dev/null || stop "no slm here: pip install '.[train]', or activate its environment"
WORK=${WORK:-runs/reproduce-$SIZE} NAME=${NAME:-python-slm-$SIZE}
mkdir -p "$WORK/done"
if [ "$SIZE" = tiny ]; then  # it proves the pipeline and is no model to work with: a registry of its own
    export PYTHON_SLM_HOME=${PYTHON_SLM_HOME:-$(cd "$WORK" && pwd)/home}
fi
exec 9>"$WORK/lock"
! command -v flock >/dev/null || flock -n 9 || stop "$WORK: another run is at work here"

stage() {  # name, command…: once
    local name=$1 begun=$SECONDS
    shift
    if [ -e "$WORK/done/$name" ]; then printf '== %s: done before\n' "$name"; return; fi
    printf '== %s\n' "$name"
    "$@"
    touch "$WORK/done/$name"
    printf '   %s took %d s\n' "$name" $((SECONDS - begun))
}

collect() {
    local source folder options=()
    for source in "${SOURCES[@]}"; do
        if compgen -G "$source/.git" >/dev/null || compgen -G "$source/HEAD" >/dev/null ||
            compgen -G "$source/*/.git" >/dev/null || compgen -G "$source/*/HEAD" >/dev/null; then
            options+=(--git "$source")
        else
            for folder in "$source"/*/; do
                [ -z "$(find "$folder" -name '*.py' -print -quit)" ] || options+=(--folder "${folder%/}")
            done
        fi
    done
    [ ${#options[@]} -gt 0 ] || stop "${SOURCES[*]}: neither a repository nor a folder of projects here"
    slm data collect --out "$WORK/raw" "${options[@]}"
}

evaluate() {
    if [ ${#HELD_OUT[@]} = 0 ]; then
        echo "   nothing to measure on: give --held-out PROJECT"
        return
    fi
    slm eval --model "$NAME=$WORK/exported" --gate "$(python -c 'import python_slm_model as m; print(m.__path__[0])')" \
        "${SHIP[@]}" "${HELD_OUT[@]}" --only replay --size "$EVAL" --out "$WORK/evaluation" ||
        stop "the model loses to the shipped one (above): not installed; it lies in $WORK/exported; --ship-anyway installs it"
}

install() { slm model add "$WORK/exported" --name "$NAME" && slm model use "$NAME" --everywhere; }

stage collect collect
stage curate slm data curate "$WORK/raw" --out "$WORK/corpus" --licences "${LICENCES:-permissive}"
stage tokenizer slm train tokenizer "$WORK/corpus" --out "$WORK/tokenizer" --vocab $VOCAB --sample-mb $SAMPLE_MB
stage shards slm train shards "$WORK/corpus" --tokenizer "$WORK/tokenizer" --out "$WORK/shards"
stage pretrain slm train pretrain "${PRETRAIN[@]}" --shards "$WORK/shards" --out "$WORK/pretrain" --resume
stage tasks slm train tasks "$WORK/corpus" --out "$WORK/tasks" --licences "${LICENCES:-permissive}" "${TASKS[@]}"
stage tune slm train tune --base "$WORK/pretrain/final" --tasks "$WORK/tasks" --replay "$WORK/corpus" --out "$WORK/tune" \
    "${TUNE[@]}" --resume
stage merge slm train merge "$WORK/tune/adapter" --out "$WORK/merged"
stage export slm export "$WORK/merged" --out "$WORK/exported" --name "$NAME" --data-card "$WORK/corpus/card.json"
stage evaluate evaluate
stage install install
stage serve python "$HERE/serve_once.py"
printf '== %s: installed, in use, and serving\n' "$NAME"
