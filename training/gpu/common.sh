# Sourced by the scripts beside it: where things stay between calls, and how this project runs without being installed.
set -euo pipefail
STAY=${SLM_GPU_HOME:-/tmp/slm} # outlives a call; the folder that a call runs in is replaced by the next
export PYTHONPATH=$STAY/site:$STAY/code/server:$STAY/code/training${PYTHONPATH:+:$PYTHONPATH}
export TOKENIZERS_PARALLELISM=false HF_HUB_OFFLINE=1 PYTHONUNBUFFERED=1 PYTORCH_CUDA_ALLOC_CONF=expandable_segments:True
PYTHON=${PYTHON:-python3}

train() { "$PYTHON" -m python_slm_training.cli.train "$@"; }

since() { printf '%s after the machine started\n' "$(awk '{printf "%d:%02d", $1 / 60, $1 % 60}' /proc/uptime)"; }
