"""What `slm bench` measures: one file a benchmark, each beside a rival or a physical limit."""
