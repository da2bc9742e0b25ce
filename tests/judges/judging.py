"""What every judge does: says what it judged, and ends at the first thing that does not hold."""


class Mismatch(Exception):
    """A judgement that did not hold."""


def judge(words, held):
    """Prints what was judged; the first that does not hold ends the run."""
    print(f"  {'ok  ' if held else 'FAIL'} {words}", flush=True)
    if not held:
        raise Mismatch(words)
