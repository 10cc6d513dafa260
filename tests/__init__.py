"""The tests: properties against oracles written separately, peers, bad input, benchmarks."""
