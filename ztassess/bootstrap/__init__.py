"""The commands `up` and `test`: from a bare checkout to a running, or tested, system; standard library only."""
