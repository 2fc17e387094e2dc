"""Real hubs and other real processes, for live tests and benchmarks."""
