"""What goes wrong around a load, made to happen: shared by `tests/test_faults_*.py` and `python -m bench.faults`.

A load of notes is killed, runs out of disk, or loses its server, while a reader looks at the store without a pause.
`case` prepares the notes and everything that a reader may see; `places` are the stores; `kill`, `disk` and `cut` do one
run each and return what was wrong about it, as lines.
"""
