"""The command line that the benchmarks share."""

import argparse


def parser(description, *, rounds=15, turn=0.2):
    """Return a parser of the arguments that every benchmark takes."""
    made = argparse.ArgumentParser(description=description.splitlines()[0])
    made.add_argument("--rounds", type=int, help=f"how often each is measured; {rounds} by default")
    made.add_argument("--turn", type=float, help=f"seconds of ours in each round; about {turn} by default")
    made.add_argument("--quick", action="store_true", help="what is tiny alone, to see that it runs")
    made.add_argument("--python", nargs="+", default=[], help="interpreters that have other libraries")
    made.set_defaults(full=(rounds, turn))
    return made


def parsed(made, arguments):
    """Parse the arguments, with the defaults of a full or of a quick run."""
    options = made.parse_args(arguments)
    rounds, turn = (2, 0.005) if options.quick else options.full
    options.rounds = options.rounds or rounds
    options.turn = options.turn or turn
    return options
