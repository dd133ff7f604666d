from family_spec import *
def recurrent_cases():
    for kind in ["LSTM","GRU","SimpleRNN"]:
        for p in PATTERNS:
            for back in (False, True):
                yield sequence(f"mask-{kind}-{p}{back}", spelled(kind, units=2, return_sequences=True, return_state=True, go_backwards=back), pattern=p, init=True)
